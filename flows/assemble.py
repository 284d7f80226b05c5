"""The flow that makes the month's emails from what was gathered.

In: a workspace and a month. Out: the edition with its emails, ready for the editor.
Never: an approval, a message that leaves.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from _shared import (
    AGAIN,
    DONE,
    FLOW,
    STEP,
    Month,
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


@task(name="Translate", tags=["translation"], **AGAIN)
def translate(workspace: Path) -> State[dict[str, Any]]:
    """Give every piece the language it lacks: the author's own, the memory, an engine."""
    return do(
        pipeline.translate,
        workspace,
        tell=tell_of_translation,
        artifact="translation",
        progress=log_progress(),
    )


@task(name="Assemble the edition", tags=["edition"], **STEP)
def assemble_edition(workspace: Path, edition: str) -> State[dict[str, Any]]:
    """Put every piece that no edition has carried into this one and render its emails."""
    return do(
        pipeline.draft,
        workspace,
        edition or None,
        tell=tell_of_edition,
        artifact="edition",
    )


@task(name="Check the emails", tags=["edition"], **STEP)
def check_emails(workspace: Path, edition: str) -> State[dict[str, Any]]:
    """Look through the emails for what would embarrass, and follow their links."""
    return do(
        pipeline.preflight,
        workspace,
        edition,
        tell=tell_of_findings,
        artifact="findings",
    )


def tell_of_translation(report: dict[str, Any]) -> Told:
    """Say who translated how much, what it cost and what waits for the editor."""
    sources = {"from_author": "author", "from_memory": "memory", "from_engine": "engine"}
    held = report["held"]
    parts = [f"{report[key]} from the {who}" for key, who in sources.items() if report[key]]
    parts += [f"{count(len(held), 'place')} held for the editor"] if held else []
    rows = [[f"from the {who}", str(report[key])] for key, who in sources.items()]
    rows += [["places held", str(len(held))], ["all segments", str(report["segments"])]]
    rows += [["characters sent to engines", str(report["characters_sent"])]]
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
        ),
        quiet=not report["segments"],
    )


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
    severities = Counter(row[1] for row in rows)
    found = ", ".join(count(severities[s], s) for s in ("error", "warning") if severities[s])
    empty = not any(email["items"] for email in report["languages"].values())
    line = f"the checks of {report['edition']} found {found or 'nothing to mend'}"
    head = ["language", "severity", "check", "where", "what", "remedy"]
    return Told(
        f"there is nothing in {report['edition']}" if empty else line,
        page(("Findings", table(head, rows) or "None.")),
        quiet=empty,
    )


@flow(name="assemble", **FLOW)
def assemble(month: Month = Month()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """Translate, assemble and check a month's emails; an editor then reviews them."""
    with Steps() as steps:
        steps.take(translate(month.workspace))
        drafted = steps.take(assemble_edition(month.workspace, month.edition))
        steps.take(check_emails(month.workspace, drafted["edition"]))
    return steps.state()


if __name__ == "__main__":
    run_as_script(assemble, Month)
