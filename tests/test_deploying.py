"""The deployments of newsletters that come, go and come back, on a real Prefect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FLOWS = Path(__file__).parent.parent / "flows"
NEWSLETTER = """
[newsletter]
name = "{name}"
from = "Marijke <marijke@example.org>"
start = 2026-01-01
[[sources]]
name = "blog"
url = "http://127.0.0.1:1/feed/"
[review]
port = {port}
"""
#: One process, so that one server does for all of it.
SCRIPT = """
import asyncio, json, sys
from pathlib import Path
import deploying
from prefect.client.orchestration import get_client

here = Path(sys.argv[1])

def letters(*names):
    return deploying.read_newsletters([here / name for name in names])

async def stand():
    async with get_client() as client:
        found = {}
        for one in await client.read_deployments():
            flow = await client.read_flow(one.flow_id)
            active = {s.slug: s.active for s in one.schedules}
            found[f"{flow.name}/{one.name}"] = [one.paused, active, sorted(one.tags)]
        return found

async def main():
    said = []
    first = await deploying.deploy(letters("een", "twee"), are_all=True)
    async with get_client() as client:
        held = await client.read_deployment_by_name("syndicate/twee")
        await client.pause_deployment(held.id)
        held = await client.read_deployment_by_name("assemble/twee")
        (schedule,) = held.schedules
        await client.update_deployment_schedule(held.id, schedule.id, active=False)
    said.append([await deploying.deploy(letters("een")), await stand()])
    said.append([await deploying.deploy(letters("een"), are_all=True), await stand()])
    said.append([await deploying.deploy(letters("een"), are_all=True), await stand()])
    said.append([await deploying.deploy(letters("een", "twee"), are_all=True), await stand()])
    file = here / "een" / "cxgreetz.toml"
    file.write_text(file.read_text().replace('"een"', '"drie"'))
    said.append([await deploying.deploy(letters("een", "twee"), are_all=True), await stand()])
    print(json.dumps([first, said]))

asyncio.run(main())
"""


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_newsletter_left_out_rests_and_comes_back_as_it_was(tmp_path: Path) -> None:
    for port, name in ((8801, "een"), (8802, "twee")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cxgreetz.toml").write_text(NEWSLETTER.format(name=name, port=port))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")} | {
        "PREFECT_HOME": str(tmp_path / "prefect"),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "DO_NOT_TRACK": "1",
        "PYTHONPATH": os.pathsep.join([str(FLOWS), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, (alone, left, again, back, renamed) = json.loads(done.stdout.splitlines()[-1])
    assert len(first) == 14 and not [line for line in first if " " in line]

    def of(stand: dict[str, list[object]], newsletter: str) -> dict[str, list[object]]:
        return {name: one for name, one in stand.items() if name.endswith(f"/{newsletter}")}

    # Somebody deploys one of them by hand, and has not said that there are no others.
    said, before = alone
    assert not [line for line in said if " " in line]
    assert [name for name, one in before.items() if one[0]] == ["syndicate/twee"]
    said, stands = left
    assert [line for line in said if " " in line] == [
        f"twee rests until {tmp_path / 'twee'} is named again: its schedules are paused in Prefect"
    ]
    assert all(one[0] for one in of(stands, "twee").values())
    assert of(stands, "een") == of(before, "een")
    # Said once; and a person's own pauses are as she left them when it comes back.
    assert not [line for line in again[0] if " " in line] and again[1] == stands
    assert not [line for line in back[0] if " " in line] and back[1] == before
    assert of(back[1], "twee")["assemble/twee"][1] == {"first-of-the-month": False}
    said, stands = renamed
    assert [line for line in said if " " in line] == [
        "een is paused in Prefect: its newsletter is drie now"
    ]
    assert all(one[0] for one in of(stands, "een").values())
    assert not any(one[0] for one in of(stands, "drie").values())
