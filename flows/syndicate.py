"""The flow that takes approved translations back to the blog.

In: a workspace that names a blog. Out: a draft there for each translation. Never: a post that
goes live by itself, a second one, words that no person approved.
"""

from __future__ import annotations

from typing import Any

from _shared import (
    FLOW,
    STEP,
    Outward,
    State,
    Steps,
    Told,
    count,
    do,
    flow,
    link,
    log_progress,
    page,
    run_as_script,
    table,
    task,
    text,
)
from cxgreetz import pipeline


@task(name="Send translations back to the blog", tags=["blog"], **STEP)
def send_back(month: Outward) -> State[dict[str, Any]]:
    """Make every approved translation a draft on the blog, once; if the workspace names one."""
    return do(
        syndicate_if_named,
        month.workspace,
        idle="no blog is named",
        tell=tell_of_posts,
        artifact="blog",
        edition=month.edition or None,
        languages=month.languages,
        dry_run=month.dry_run,
        progress=log_progress("blog"),
    )


def syndicate_if_named(
    workspace: pipeline.Workspace, **options: Any
) -> pipeline.SyndicateReport | None:
    """Send back to the blog that the workspace file names; None: it names none."""
    return pipeline.syndicate(workspace, **options) if workspace.config.blog.name else None


def tell_of_posts(report: dict[str, Any]) -> Told:
    """Say what became of each translation on the blog."""
    posts = report["posts"]
    rows = [
        [
            link(post["title"], post["url"]),
            post["language"],
            post["step"],
            post["state"],
            text("; ".join([post["why"], *post["notes"]])),
        ]
        for post in posts
    ]
    steps = [post["step"] for post in posts if post["step"] != "none"]
    told = ", ".join(f"{steps.count(step)} {step}" for step in dict.fromkeys(steps))
    return Told(
        f"{count(len(posts), 'translation')} for {report['site']}: {told or 'nothing to do'}",
        page(("Back to the blog", table(["post", "language", "step", "state", "why"], rows))),
        quiet=not steps,
    )


@flow(name="syndicate", **FLOW)
def syndicate(month: Outward = Outward()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """Make approved translations drafts on the blog; left empty, of every month."""
    with Steps() as steps:
        steps.take(send_back(month))
    return steps.state()


if __name__ == "__main__":
    run_as_script(syndicate, Outward)
