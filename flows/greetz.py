"""The flow that does the whole month, with a person's yes in the middle.

In: a workspace and a month. Out: emails that a person approved, at the provider, once. Never:
an email that nobody approved, or another than the one that was shown.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _asking import (
    Approval,
    describe,
    is_alive,
    key_of,
    may_wait,
    request_of,
    tell_of_answer,
    this_run,
    wait_for_answer,
)
from _shared import (
    DONE,
    FLOW,
    STEP,
    State,
    Steps,
    Whole,
    alone,
    data_of,
    do,
    done,
    flow,
    month_of,
    run_as_script,
    task,
)
from assemble import ask_for_approval, make_emails
from cxgreetz import pipeline
from cxgreetz.errors import HeldError
from gather import read_the_blogs
from publish import push_due, see_approvals, to_push

#: The exit codes of what a person can mend by answering once more: a warning that is open, an
#: email that was changed since, a rejection without a note.
MENDABLE = (1, 2)


@task(name="Take the answer", tags=["edition"], **STEP)
def take_answer(
    workspace: Path, edition: str, answer: Approval, expected: dict[str, str], provider: str
) -> State[dict[str, Any]]:
    """Keep what a person decided, of the very emails that were described to her."""
    return do(
        pipeline.answer,
        workspace,
        edition,
        answer.decision,
        tell=tell_of_answer,
        artifact="answer",
        by=answer.editor,
        note=answer.note,
        send_at=answer.send_at,
        expected=expected,
        provider=provider,
    )


def draft_the_month(steps: Steps, month: Whole, edition: str) -> None:
    """Do everything that needs no person; what is approved already is not changed under her."""
    with alone(steps, month.workspace, edition):
        if to_push(steps.take(see_approvals(month.workspace)), edition):
            return
        steps.take(read_the_blogs(month.workspace, month.sources))
        make_emails(steps, month, edition)


def wait_for_yes(steps: Steps, month: Whole, edition: str, run: str) -> None:
    """Ask a person until she approves what there is.

    Ends the process while nobody has answered, and the block where it is sent back.
    """
    why = ""
    while True:
        asked = steps.take(ask_for_approval(month.workspace, edition, run, why, month.provider))
        request = asked["request"]
        if request is None or request["decision"] == "approve":
            return
        if request["decision"] == "reject" and not why:
            steps.end(sent_back(edition, request["by"], request["note"]))
        answer = wait_for_answer(describe(asked, why), key_of(request))
        prints, provider = request["fingerprints"], request["provider"]
        taken = take_answer(month.workspace, edition, answer, prints, provider)
        came_to = data_of(taken)["exit_code"]
        if answer.decision == "reject" and came_to == DONE:
            steps.end(sent_back(edition, answer.editor, answer.note))
        if came_to not in MENDABLE:
            steps.take(taken)
            return
        why = str(taken.message)


def sent_back(edition: str, by: str, note: str) -> HeldError:
    told = f"{edition} was sent back by {by}: {note}"
    return HeldError(f"{told}; mend it on the editor's page, and approve it there")


@flow(name="greetz", **FLOW)
def greetz(month: Whole = Whole()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """The whole month: gather, translate, assemble, check, ask a person, push what she approved."""
    run = this_run()
    # A run that was suspended is begun here again; what it did stands in the database.
    asked = request_of(month.workspace, run=run)
    edition = asked.edition if asked else month_of(month)
    waits = month.wait_for_approval and not month.dry_run and may_wait()
    with Steps() as steps:
        if not asked:
            other = request_of(month.workspace, edition=edition)
            if other and not other.decision and other.run != run and is_alive(other.run):
                steps.end(HeldError(f"another run asks for {edition} already; answer it there"))
            draft_the_month(steps, month, edition)
        if waits:
            wait_for_yes(steps, month, edition, run)
        elif not month.dry_run:
            # Nothing would write a rehearsal's files after the yes: it is for readers.
            steps.take(ask_for_approval(month.workspace, edition))
        else:
            steps.note(done("dry run: nobody was asked; switch it off, and a person is"))
        push_due(steps, month, edition)
    return steps.state()


if __name__ == "__main__":
    run_as_script(greetz, Whole)
