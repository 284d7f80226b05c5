"""What a run is asked: one model for the flows, their forms and the command line.

In: a form, a schedule, options. Out: frozen values that the verbs take. Never: Prefect, a
key, a judgement that needs the workspace (the verbs make those, in a sentence).

The descriptions are the form's help. What can be chosen in a workspace (its sources, its
provider) is offered as a list where the deployment is made: `CXGREETZ_WORKSPACE` names it
then, and a form that offers what is not there any more is mended by deploying again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cxgreetz.config import Config, load_config
from cxgreetz.errors import CxGreetzError
from cxgreetz.ports import plugin

__all__ = ["WORKSPACE", "Delivery", "Month", "Outward", "Whole", "wrong_month"]

#: Names the workspace whose sources and provider a form offers.
WORKSPACE = "CXGREETZ_WORKSPACE"
#: "" is this month. A form that refuses a value shows the pattern and nothing else, so there
#: are words in it, which never match: Python and browsers both read `(?!)` as "not this".
_MONTH = r"^(?:(?:19|20)\d\d-(?:0[1-9]|1[0-2])|(?!)a year and a month, such as 2026-11)?$"


def _offered() -> Config | None:
    """The workspace that a deployment is being made for; None: nobody said, or it is wrong."""
    folder = os.environ.get(WORKSPACE)
    try:
        return load_config(Path(folder), plugin) if folder else None
    except CxGreetzError:
        # Whoever deploys is told what is wrong there; a schema has no place for it.
        return None


def _offer_sources(schema: dict[str, Any]) -> None:
    if config := _offered():
        schema["items"] = {"type": "string", "enum": [source.name for source in config.sources]}


def _offer_providers(schema: dict[str, Any]) -> None:
    if config := _offered():
        schema["enum"] = list(dict.fromkeys(["", config.provider.name, "outbox"]))


class Month(BaseModel):
    """Which newsletter, and which month of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: Path = Field(
        default=Path(),
        title="Workspace",
        description="The folder that holds cxgreetz.toml, on the machine that does the work.",
    )
    edition: str = Field(
        default="",
        title="Month",
        json_schema_extra={"pattern": _MONTH},
        description="A year and a month, such as 2026-11; left empty, this month. "
        "Where only publishing is asked: left empty, every month.",
    )
    languages: tuple[Literal["nl", "en"], ...] = Field(
        default=(),
        title="Languages",
        description="Into which languages to translate, and whose emails go out; none: all.",
    )
    sources: tuple[str, ...] = Field(
        default=(),
        title="Sources",
        description="Which of the newsletter's sources to read; none: all.",
        json_schema_extra=_offer_sources,
    )

    @field_validator("edition", mode="before")
    @classmethod
    def _none_is_this_month(cls, value: object) -> object:
        return "" if value is None else value

    @field_validator("edition")
    @classmethod
    def _is_month(cls, value: str) -> str:
        if not re.match(_MONTH, value):
            raise ValueError(wrong_month(value))
        return value


class Outward(Month):
    """Which newsletter, which month of it, and whether anything may change outside."""

    dry_run: bool = Field(
        default=False,
        title="Dry run",
        description="Only say what would be done elsewhere; change nothing there.",
    )


class Delivery(Outward):
    """Which newsletter, which month of it, and how its emails leave."""

    provider: str = Field(
        default="",
        title="Provider",
        description="Who takes the emails; left empty, the one in the workspace file. "
        "`outbox` only writes files, to look at: a rehearsal, in which a yes is for those files "
        "alone.",
        json_schema_extra=_offer_providers,
    )
    test_address: str = Field(
        default="",
        title="Test address",
        pattern=r"^([^@\s,;<>]+@[^@\s,;<>]+)?$",
        description="With the push a test mail goes here, where the provider can send one.",
    )


class Whole(Delivery):
    """The whole of a month: what is read, what leaves, and who is asked in between."""

    wait_for_approval: bool = Field(
        default=True,
        title="Wait for approval",
        description="Ask a person, wait as long as that takes, then push what was approved. "
        "Switched off, the run ends with the draft and pushes only what is approved already.",
    )


def wrong_month(given: object) -> str:
    """Say in a sentence what is wrong with a month."""
    return f"{given!r} is no month; write the year and the month, such as 2026-11"
