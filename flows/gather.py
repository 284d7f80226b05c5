"""The flow that reads the blogs.

In: a workspace. Out: its database knows every post there is. Never: a judgement of a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from _shared import (
    AGAIN,
    FLOW,
    Month,
    State,
    Steps,
    Told,
    count,
    do,
    flow,
    link,
    log_progress,
    open_workspace,
    page,
    run_as_script,
    runtime,
    table,
    task,
    text,
)
from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError
from read import read_share, shares_wanted, sharing


@task(name="Read the blogs", tags=["sources"], **AGAIN)
def read_sources(
    workspace: Path, sources: Sequence[str] = (), gathering: str = ""
) -> State[dict[str, Any]]:
    """Read every source that nobody has read for this gathering, judge and store every post."""
    return do(
        gather_and_tell,
        workspace,
        tell=tell_of_sources,
        artifact="sources",
        only=sources,
        gathering=gathering,
        progress=log_progress("sources"),
    )


def gather_and_tell(workspace: pipeline.Workspace, **options: Any) -> pipeline.GatherReport:
    """Gather, and send the notice of a source that has fallen silent, once as long as it lasts."""
    report = pipeline.gather(workspace, **options)
    pipeline.tell_alarms(workspace)
    return report


judge_what_was_read = read_sources.with_options(name="Judge what was read")


def read_the_blogs(workspace: Path, sources: Sequence[str] = ()) -> State[dict[str, Any]]:
    """Read the sources, all or those named: by one task where they are few, else by several.

    What a process cannot do is left to the others, and in the end to the task that judges.
    """
    try:
        with open_workspace(workspace) as opened:
            shares = shares_wanted(len(sources or opened.config.sources))
            if shares > 1:
                pipeline.open_gathering(opened, str(runtime.flow_run.id), sources)
    except CxGreetzError as error:
        wrong = error

        def refuse(_workspace: object) -> NoReturn:
            raise wrong

        return do(refuse, workspace, tell=tell_of_sources, artifact="sources")
    if shares == 1:
        return read_sources(workspace, sources)
    gathering = str(runtime.flow_run.id)
    with sharing(workspace, gathering, shares):
        read_share(workspace, gathering, 1, wait=True)
        return judge_what_was_read(workspace, sources, gathering)


def tell_of_sources(report: dict[str, Any]) -> Told:
    """Say what each source gave and what became of the posts that matter now."""
    sources, counts = report["sources"], ("new", "edited", "held", "skipped")
    rows = [
        [
            text(s["name"]),
            s["status"],
            str(s["seen"]),
            *(str(s[kind]) for kind in counts),
            text(s["error"] or ""),
        ]
        for s in sources
    ]
    posts = [
        [
            link(p["title"], p["url"]),
            p["language"] or "other",
            (p["published"] or "no date")[:10],
            text(p["source"]),
            p["decision"],
            text(p["reason"]),
        ]
        for p in report["posts"]
        if p["decision"] in ("taken", "held")
    ]
    totals = [(kind, sum(s[kind] for s in sources)) for kind in counts[:3]]
    failures = [f"{s['name']}: {s['error']}" for s in sources if s["error"]]
    all_of_them = count(len(sources), "source")
    read = f"{len(sources) - len(failures)} of {all_of_them}" if failures else all_of_them
    found = ", ".join(f"{number} {kind}" for kind, number in totals if number) or "nothing new"
    return Told(
        "; ".join([f"{read} read: {found}", *failures]),
        page(
            ("Sources", table(["source", "status", "seen", *counts, "error"], rows)),
            (
                "Posts taken or held",
                table(["post", "language", "published", "source", "decision", "why"], posts),
            ),
        ),
        quiet=not any(number for _kind, number in totals),
    )


@flow(name="gather", **FLOW)
def gather(month: Month = Month()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """Read every source and store what is new; safe to run as often as you like."""
    with Steps() as steps:
        steps.take(read_the_blogs(month.workspace, month.sources))
    return steps.state()


if __name__ == "__main__":
    run_as_script(gather, Month)
