"""What Prefect does by itself when a run dies: says so, and tells a person.

In: the ids of deployments. Out: two kinds of automations, made or brought up to date by their
names. Never: a second one of the same name, one switched on that a person switched off.

A run whose process and worker are both gone stays "Running" for ever: only its heartbeats stop.
They come every 30 seconds (prefect.yaml sets it, it is Prefect's shortest), and three that do not
come are enough. A run that waits for a person sends none, and its last event is not a heartbeat.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

__all__ = ["apply", "failed_runs", "killed_runs"]

#: Seconds without a heartbeat after which a run is taken for dead.
SILENCE = 90
_RUN = {"prefect.resource.id": "prefect.flow-run.*"}


def killed_runs() -> AutomationCore:
    """Say of a run that fell silent that it crashed."""
    return AutomationCore(
        name="cxgreetz: a run that was killed has crashed",
        description="A run that sends no heartbeat any more is dead, whatever it says.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            match=_RUN,
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            threshold=1,
            within=timedelta(seconds=SILENCE),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message="its process is gone (killed, or the machine); run it again, "
                "nothing is lost",
            )
        ],
    )


def failed_runs(
    slug: str, deployments: Iterable[UUID], tell: UUID, workspace: str, page: str
) -> AutomationCore:
    """Tell of a newsletter's runs that failed; `tell` is the deployment that does, `page` the
    address of Prefect's page.

    The runs are known by their deployments, among which `tell` is not: it cannot set itself off.
    """
    return AutomationCore(
        name=f"cxgreetz: tell of failed runs of {slug}",
        description="A run that failed, crashed or took too long is told to the people named "
        "under [notify] in the workspace file.",
        trigger=EventTrigger(
            posture=Posture.Reactive,
            match=_RUN,
            match_related={
                "prefect.resource.role": "deployment",
                "prefect.resource.id": [f"prefect.deployment.{one}" for one in deployments],
            },
            expect={f"prefect.flow-run.{name}" for name in ("Failed", "Crashed", "TimedOut")},
            for_each={"prefect.resource.id"},
            threshold=1,
        ),
        actions=[
            RunDeployment(
                deployment_id=tell,
                parameters={
                    "workspace": workspace,
                    "run": _filled("{{ flow_run.name }}"),
                    "message": _filled("{{ flow_run.state.name }}: {{ flow_run.state.message }}"),
                    "url": _filled(page + "/runs/flow-run/{{ flow_run.id }}"),
                },
            )
        ],
    )


def _filled(template: str) -> dict[str, str]:
    return {"__prefect_kind": "jinja", "template": template}


async def apply(client: PrefectClient, wanted: AutomationCore) -> UUID:
    """Make the automation of this name, or bring it up to date; gives its id."""
    found = await client.read_automations_by_name(wanted.name)
    if not found:
        return await client.create_automation(wanted)
    kept, *doubles = sorted(found, key=lambda one: str(one.id))
    for double in doubles:
        await client.delete_automation(double.id)
    # Whether it is on is a person's choice.
    values: dict[str, Any] = {"enabled": kept.enabled}
    await client.update_automation(kept.id, wanted.model_copy(update=values))
    return kept.id
