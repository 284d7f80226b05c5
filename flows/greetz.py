"""The flow that does the whole month.

In: a workspace and a month. Out: emails ready for the editor, and at the provider those
that are approved already. Never: an email that nobody approved.
"""

from __future__ import annotations

from typing import Any

from _shared import FLOW, Delivery, State, Steps, flow, run_as_script
from assemble import assemble_edition, check_emails, translate
from gather import read_the_blogs
from publish import push_approved, see_approvals, to_push


@flow(name="greetz", **FLOW)
def greetz(month: Delivery = Delivery()) -> State[dict[str, Any]]:  # noqa: B008 - it is frozen
    """The whole month: gather, translate, assemble, check, and push only what is approved."""
    with Steps() as steps:
        steps.take(read_the_blogs(month.workspace))
        steps.take(translate(month.workspace))
        edition = steps.take(assemble_edition(month.workspace, month.edition))["edition"]
        steps.take(check_emails(month.workspace, edition))
        for approved in to_push(steps.take(see_approvals(month.workspace)), edition):
            steps.take(push_approved(month.workspace, approved, month.dry_run))
    return steps.state()


if __name__ == "__main__":
    run_as_script(greetz, Delivery)
