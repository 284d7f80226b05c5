"""The deployments of newsletters: one for each flow and newsletter, as prefect.yaml says.

In: workspace folders; the server that PREFECT_API_URL names. Out: work pool, deployments and
automations, and a line `flow/newsletter` for each; after them a line of words for each newsletter
that is put to rest. Never: a second deployment of the same, a schedule switched on that a person
paused, a schedule removed that a person added.

prefect.yaml has the last word on everything else, times included, and `prefect deploy` reads the
same file. That one sends a deployment's schedules as one list, which replaces all of them, and
switches paused ones on, as soon as a person has added one of her own; hence this.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import (
    DeploymentScheduleCreate,
    DeploymentUpdate,
    WorkPoolCreate,
)
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyOptions
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import PREFECT_UI_URL
from prefect.utilities.callables import parameter_schema
from prefect.utilities.templating import apply_values

import automations
from cxgreetz.errors import CxGreetzError
from cxgreetz.up.plan import Newsletter, read_newsletters

__all__ = ["deploy", "placeholders"]

#: Prefect gives no more at once.
_PAGE = 200
PROJECT = Path(__file__).resolve().parent.parent
#: The flow that tells of others' failures; its own are told by nobody.
TELL = "tell"
#: The flow that helps another one; what it cannot do that one does, and tells.
HELP = "read"
#: Marks what was paused here, so that it goes on where its newsletter comes back: what has no such
#: tag a person paused, and it stays so.
RESTS = "cxgreetz: rests"
#: Said by whoever names all newsletters there are: the others' deployments are put to rest.
ALL = "--all"


def placeholders(newsletter: Newsletter) -> dict[str, str]:
    """What stands for `{{ $CXGREETZ_... }}` in prefect.yaml."""
    return {
        "CXGREETZ_NEWSLETTER": newsletter.slug,
        "CXGREETZ_TIMEZONE": newsletter.timezone,
        "CXGREETZ_WORKSPACE": str(newsletter.folder),
    }


async def deploy(newsletters: tuple[Newsletter, ...], *, are_all: bool = False) -> list[str]:
    """Make every deployment and automation, or bring it up to date; gives `flow/newsletter`s.

    After those, in words, what was put to rest: what stands under a former name of a newsletter,
    and if these are all there are, what is of another one.
    """
    document = yaml.safe_load((PROJECT / "prefect.yaml").read_text(encoding="utf-8"))
    # Entrypoints in the file are relative to it.
    os.chdir(PROJECT)
    made = []
    async with get_client() as client:
        for one in document["deployments"]:
            await _make_pool(client, one["work_pool"]["name"])
        for newsletter in newsletters:
            # The forms offer what is in this workspace.
            os.environ.update(placeholders(newsletter))
            ids: dict[str, UUID] = {}
            for one in document["deployments"]:
                wanted = apply_values(one, os.environ)
                flow, made_id = await _deploy_one(client, wanted)
                ids[flow] = made_id
                made.append(f"{flow}/{newsletter.slug}")
            tell = ids.pop(TELL)
            ids.pop(HELP)
            folder = str(newsletter.folder)
            page = str(PREFECT_UI_URL.value()).rstrip("/")
            failed = automations.failed_runs(newsletter.slug, ids.values(), tell, folder, page)
            await automations.apply(client, failed)
        await automations.apply(client, automations.killed_runs())
        slugs = {str(one.folder): one.slug for one in newsletters}
        made += await _rest_others(client, slugs, are_all=are_all)
    return made


async def _rest_others(
    client: PrefectClient, slugs: Mapping[str, str], *, are_all: bool
) -> list[str]:
    """Pause what stands under a former name of a newsletter, since both would do the same work,
    and if `slugs` names all there are, what is of one left out: its runs would only come late.

    They are not deleted, since a run of theirs may wait for a person. Gives a line for each name.
    """
    told = dict[str, str]()
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=["cxgreetz"]))
    # Those of many newsletters come in several pages.
    found = list[DeploymentResponse]()
    while page := await client.read_deployments(
        deployment_filter=ours, limit=_PAGE, offset=len(found)
    ):
        found += page
    for one in found:
        given = one.parameters.get("month", one.parameters)
        folder = str(given.get("workspace"))
        is_left_out = are_all and folder not in slugs and one.name not in slugs.values()
        if one.paused or not (is_left_out or slugs.get(folder, one.name) != one.name):
            continue
        # Marked first: cut off between the two it is paused by the next start.
        await client.update_deployment(one.id, DeploymentUpdate(tags=[*one.tags, RESTS]))
        await client.pause_deployment(one.id)
        told[one.name] = (
            f"{one.name} rests until {folder} is named again: its schedules are paused in Prefect"
            if is_left_out
            else f"{one.name} is paused in Prefect: its newsletter is {slugs[folder]} now"
        )
    return list(told.values())


async def _make_pool(client: PrefectClient, name: str) -> None:
    try:
        await client.read_work_pool(name)
    except ObjectNotFound:
        # Another may be as quick.
        try:
            await client.create_work_pool(WorkPoolCreate(name=name, type="process"))
        except ObjectAlreadyExists:
            return


async def _deploy_one(client: PrefectClient, wanted: Mapping[str, Any]) -> tuple[str, UUID]:
    flow = load_flow_from_entrypoint(wanted["entrypoint"])
    limit, pool = wanted["concurrency_limit"], wanted["work_pool"]
    values: dict[str, Any] = {
        "description": wanted["description"],
        "tags": wanted["tags"],
        "entrypoint": wanted["entrypoint"],
        "work_pool_name": pool["name"],
        "job_variables": pool["job_variables"],
        "parameters": wanted["parameters"],
        "parameter_openapi_schema": parameter_schema(flow).model_dump(exclude_unset=True),
        "enforce_parameter_schema": True,
        "pull_steps": [
            {"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT)}}
        ],
        "concurrency_limit": limit["limit"],
        "concurrency_options": ConcurrencyOptions(collision_strategy=limit["collision_strategy"]),
    }
    schedules = {one["slug"]: one for one in wanted["schedules"]}
    try:
        kept = await client.read_deployment_by_name(f"{flow.name}/{wanted['name']}")
    except ObjectNotFound:
        flow_id = await client.create_flow_from_name(flow.name)
        new = [_new_schedule(one) for one in schedules.values()]
        made = await client.create_deployment(flow_id, wanted["name"], schedules=new, **values)
        return flow.name, made
    if RESTS in kept.tags:
        # Before the mark goes: cut off between the two it goes on at the next start.
        await client.resume_deployment(kept.id)
    await client.update_deployment(kept.id, DeploymentUpdate(**values))
    present = {one.slug: one for one in kept.schedules}
    for slug, one in schedules.items():
        if slug not in present:
            await client.create_deployment_schedules(kept.id, [_new_schedule(one)])
        elif present[slug].schedule != _cron(one):
            await client.update_deployment_schedule(kept.id, present[slug].id, schedule=_cron(one))
    return flow.name, kept.id


def _cron(schedule: Mapping[str, Any]) -> CronSchedule:
    return CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])


def _new_schedule(schedule: Mapping[str, Any]) -> DeploymentScheduleCreate:
    parameters = schedule.get("parameters", {})
    return DeploymentScheduleCreate(
        slug=schedule["slug"], schedule=_cron(schedule), parameters=parameters
    )


def main() -> None:
    """Deploy the newsletters of the workspaces that are named; a failure is one line."""
    try:
        folders = [Path(given) for given in sys.argv[1:] if given != ALL] or [Path()]
        newsletters = read_newsletters(folders)
        for name in asyncio.run(deploy(newsletters, are_all=ALL in sys.argv)):
            print(name, flush=True)
    except CxGreetzError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except (httpx.HTTPError, RuntimeError) as error:
        print(f"Prefect: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
