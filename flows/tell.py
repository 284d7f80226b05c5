"""The flow that tells people of a run that failed; an automation starts it.

In: a workspace, the run's name, what it said, its address in Prefect's page. Out: a notice to
whom the workspace file names. Never: a notice of its own failure, which could go round for ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _shared import State, flow
from prefect.states import Completed, Failed

from cxgreetz import pipeline
from cxgreetz.errors import CxGreetzError


@flow(name="tell", flow_run_name="tell of {run}", persist_result=False)
def tell(workspace: Path, run: str, message: str, url: str) -> State[Any]:
    """Tell people of a run that failed.

    Args:
        workspace: The folder that holds cxgreetz.toml.
        run: The name of the run.
        message: What it said at its end.
        url: Where to look.
    """
    try:
        with pipeline.open_workspace(workspace) as opened:
            pipeline.tell_failed(opened, run, message, url)
    except CxGreetzError as error:
        return Failed(message=" ".join(str(error).split()))
    return Completed(message=f"told of {run}")
