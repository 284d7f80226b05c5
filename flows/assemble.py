"""The flow that makes the month's emails from what was gathered, and asks a person for a yes.

In: a workspace and a month. Out: the edition with its emails, ready for the editor, who is told.
Never: an approval, a message to readers.
"""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from typing import Any

from _asking import tell_of_request
from _shared import (
    AGAIN,
    DONE,
    FLOW,
    STEP,
    Month,
    State,
    Steps,
    Told,
    alone,
    count,
    create_image_artifact,
    do,
    done,
    flow,
    link,
    log_progress,
    month_of,
    one_line,
    open_workspace,
    page,
    run_as_script,
    table,
    task,
    text,
)
from _told import to_mend
from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError
from gather import read_the_blogs


@task(name="Translate", tags=["translation"], **AGAIN)
def translate(workspace: Path, languages: tuple[str, ...] = ()) -> State[dict[str, Any]]:
    """Give every piece the language it lacks: the author's own, the memory, an engine."""
    return do(
        pipeline.translate,
        workspace,
        tell=tell_of_translation,
        artifact="translation",
        into=languages,
        progress=log_progress("translation"),
    )


@task(name="Assemble the edition", tags=["edition"], **STEP)
def assemble_edition(workspace: Path, edition: str) -> State[dict[str, Any]]:
    """Put every piece that no edition has carried into this one and render its emails."""
    return do(pipeline.draft, workspace, edition, tell=tell_of_edition, artifact="edition")


@task(name="Check the emails", tags=["edition"], **STEP)
def check_emails(workspace: Path, edition: str) -> State[dict[str, Any]]:
    """Look through the emails for what would embarrass, and follow their links."""
    return do(pipeline.preflight, workspace, edition, tell=tell_of_findings, artifact="findings")


@task(name="Photograph the emails", tags=["edition"], **STEP)
def photograph(workspace: Path, edition: str) -> State[dict[str, Any]]:
    """Show each email as it will be read, on a desk and on a phone."""
    try:
        with open_workspace(workspace) as opened:
            pictures = pipeline.photograph_emails(opened, edition).pictures
    except CxGreetzError as error:
        # Whatever it is, the emails are there, and a person is to be asked.
        return done(one_line(f"no picture: {error}"), quiet=True)
    missing = dict.fromkeys(f"no picture: {p}" for p in pictures.values() if isinstance(p, str))
    for name, picture in pictures.items():
        if isinstance(picture, bytes):
            create_image_artifact(
                f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}",
                key=f"email-{name.replace('+', '-')}",
                description=f"{edition} {name}, on a desk and on a phone",
            )
    # Pictures are no news: whether there is any, the other tasks say.
    told = "; ".join(missing) or f"{count(len(pictures), 'email')} photographed"
    return done(told, quiet=True)


@task(name="Ask for approval", tags=["edition"], **STEP)
def ask_for_approval(
    workspace: Path, edition: str, run: str = "", why: str = "", provider: str = ""
) -> State[dict[str, Any]]:
    """Keep what a person is asked to approve, and tell her that it is ready."""
    return do(
        pipeline.ask_and_show,
        workspace,
        edition,
        tell=tell_of_request,
        artifact="approval",
        run=run,
        why=why,
        provider=provider,
    )


@task(name="See when the blogs were read", tags=["sources"], **STEP)
def see_readings(workspace: Path) -> State[dict[str, Any]]:
    """Look whether every source was read lately."""
    return do(pipeline.last_readings, workspace, tell=tell_of_readings)


def tell_of_readings(report: dict[str, Any]) -> Told:
    """Say when the source was read that has waited longest."""
    return Told(f"the sources were last read {report['oldest'] or 'never'}", "", quiet=True)


def make_emails(steps: Steps, month: Month, edition: str) -> dict[str, Any]:
    """Do the tasks from the translation to the pictures; give the edition as it was checked."""
    steps.take(translate(month.workspace, month.languages))
    steps.take(assemble_edition(month.workspace, edition))
    checked = steps.take(check_emails(month.workspace, edition))
    steps.take(photograph(month.workspace, edition))
    return checked


#: Shown in the artifact; all of them stand on the editor's page.
_MOST_OFFERS = 20


def tell_of_translation(report: dict[str, Any]) -> Told:
    """Say who translated how much, what it cost and what waits for the editor."""
    sources = {"from_author": "author", "from_memory": "memory", "from_engine": "engine"}
    held = report["held"]
    parts = [f"{report[key]} from the {who}" for key, who in sources.items() if report[key]]
    parts += [f"{count(len(held), 'place')} held for the editor"] if held else []
    rows = [[f"from the {who}", str(report[key])] for key, who in sources.items()]
    rows += [["places held", str(len(held))], ["all segments", str(report["segments"])]]
    rows += [["characters sent to engines", str(report["characters_sent"])]]
    budget = report["month"]
    if budget:
        most = f" of at most {budget['limit']}" if budget["limit"] is not None else ""
        rows += [[f"characters sent in {budget['month']}{most}", str(budget["characters"])]]
    rows += [[f"account at {text(name)}", _usage(row)] for name, row in report["usage"].items()]
    offers = [
        [text(h["text"]), text(h["offer"]["target"]), f"{h['offer']['score']:.0%}"]
        for h in held
        if h["offer"]
    ]
    waiting = Counter((h["title"], h["language"], h["reason"]) for h in held)
    line = f"{count(report['segments'], 'segment')} to translate: {', '.join(parts) or 'nothing'}"
    return Told(
        "; ".join([line, *report["notes"]]),
        page(
            ("What it took", table(["segments", "number"], rows)),
            ("Engines", "\n".join(f"- {text(note)}" for note in report["notes"])),
            (
                "Held for the editor",
                table(
                    ["piece", "into", "places", "why"],
                    [
                        [text(title), language, str(number), text(why)]
                        for (title, language, why), number in waiting.items()
                    ],
                ),
            ),
            (
                "Nearly the same in the memory",
                table(["waits", "the memory has", "alike"], offers[:_MOST_OFFERS]),
            ),
        ),
        quiet=not report["segments"],
    )


def _usage(row: dict[str, Any]) -> str:
    """What an engine's account had used before and after, in characters."""
    if "error" in row:
        return text(row["error"])
    parts = [f"{when} {row[when]['count']}" for when in ("before", "after") if when in row]
    most = next((row[when]["limit"] for when in ("after", "before") if when in row), None)
    return ", ".join(parts) + (f" of {most}" if most else "")


def tell_of_edition(report: dict[str, Any]) -> Told:
    """Say what the edition holds in each language, and what was left out of it."""
    languages = report["languages"]
    number = len({item["piece"] for email in languages.values() for item in email["items"]})
    parts = [
        (
            f"{language}: {email['subject']}",
            table(
                ["piece", "text by"],
                [[link(i["title"], i["url"]), i["origin"]] for i in email["items"]],
            )
            or "Nothing.",
        )
        for language, email in languages.items()
    ]
    left_out = [[text(row["piece"]), text(row["reason"])] for row in report["left_out"]]
    parts += [("Left out", table(["piece", "why"], left_out))]
    parts += [("Notes", "\n".join(f"- {text(note)}" for note in report["notes"]))]
    line = f"{report['edition']} has {count(number, 'piece')} ({report['state']})"
    return Told(
        "; ".join([line, *report["notes"]]),
        page(*parts),
        quiet=not number,
        exit_code=DONE,
    )


def tell_of_findings(report: dict[str, Any]) -> Told:
    """Say what the checks found in each language."""
    rows = [
        [
            language,
            f["severity"],
            text(f["check"]),
            text(f["where"]),
            text(f["message"]),
            text(f["remedy"] or ""),
        ]
        for language, email in report["languages"].items()
        for f in email["findings"]
    ]
    found = to_mend(f for email in report["languages"].values() for f in email["findings"])
    empty = not any(email["items"] for email in report["languages"].values())
    line = f"the checks of {report['edition']} found {found}"
    head = ["language", "severity", "check", "where", "what", "remedy"]
    return Told(
        f"there is nothing in {report['edition']}" if empty else line,
        page(("Findings", table(head, rows) or "None.")),
        quiet=empty,
    )


@flow(name="assemble", **FLOW)
def assemble(month: Month = Month()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """Translate, assemble and check a month's emails, then tell the editor that they wait.

    Where nobody has read the blogs for half a day, because the machine was off, it does so first.
    """
    edition = month_of(month)
    with Steps() as steps:
        with alone(steps, month.workspace, edition):
            if steps.take(see_readings(month.workspace))["is_stale"]:
                steps.take(read_the_blogs(month.workspace, month.sources))
            make_emails(steps, month, edition)
        steps.take(ask_for_approval(month.workspace, edition))
    return steps.state()


if __name__ == "__main__":
    run_as_script(assemble, Month)
