"""The flow that tells people of a run that failed; an automation starts it.

In: a workspace, the run's name, what it said, its address in Prefect's page. Out: a notice to
whom the workspace file names. Never: a notice of its own failure, which could go round for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _shared import State, Told, do, flow
from cxgreetz import pipeline


@flow(name="tell", flow_run_name="tell of {run}", persist_result=False)
def tell(workspace: Path, run: str, message: str, url: str) -> State[dict[str, Any]]:
    """Tell people of a run that failed.

    Args:
        workspace: The folder that holds cxgreetz.toml.
        run: The name of the run.
        message: What it said at its end.
        url: Where to look.
    """
    return do(
        pipeline.tell_failed, workspace, run, message, url, tell=tell_of_notice, artifact="notice"
    )


def tell_of_notice(report: dict[str, Any]) -> Told:
    """Say whom the notice reached; quiet where nobody is named under [notify]."""
    addresses = report["addresses"]
    if not addresses:
        return Told("nobody is named under [notify] in the workspace file", "", quiet=True)
    lines = [f"{one['place']} ({one['service']}): {one['error'] or 'told'}" for one in addresses]
    return Told("; ".join(lines), "")
