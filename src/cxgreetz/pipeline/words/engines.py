"""The engines that a workspace names: what each may be told, what was and may be sent to them.

In: a workspace. Out: engines ready to be asked; what their accounts say; the month's budget.
Never: a text sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from cxgreetz.config import api_key, models_folder, service_url
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment, fingerprint
from cxgreetz.pipeline.workspace import Workspace
from cxgreetz.ports import EngineOptions, GlossaryPairs, Note, ReportsUsage, no_note, plugin
from cxgreetz.translation.service import NamedEngine

#: By engine: `before` and `after`, each with `count` and `limit`; or `error`.
Usages = dict[str, dict[str, Any]]


def engines_of(workspace: Workspace, note: Note = no_note) -> list[NamedEngine]:
    """The engines of the workspace file in its order; `note` is told what they do without."""
    translation = workspace.config.translation
    found = []
    for number, name in enumerate(translation.engines):
        engine = plugin("engines", name, f"translation.engines[{number}]")
        options = EngineOptions(
            address=translation.address,
            api_key=api_key(name),
            url=service_url(name),
            models=models_folder(name),
            english=translation.english,
            glossary=_pairs(workspace) if engine.CAPABILITIES.glossary else None,
            note=note,
        )
        found.append(NamedEngine(name, engine, options))
    return found


def ask_usage(engines: Iterable[NamedEngine], when: str, usages: Usages) -> None:
    """Note under `when` what the engines' accounts have used; one that failed is left alone."""
    for engine in engines:
        row = usages.setdefault(engine.name, {})
        if not isinstance(engine.plugin, ReportsUsage) or "error" in row:
            continue
        try:
            row[when] = asdict(engine.plugin.usage(engine.options))
        except EngineError as error:
            row["error"] = " ".join(str(error).split())
        except Exception as error:
            # A third party's plug-in. Its message may hold a key: only the type is told.
            row["error"] = f"broke ({type(error).__name__})"


class MonthBudget:
    """Every character that leaves for an engine, counted in the store before it does."""

    def __init__(self, workspace: Workspace) -> None:
        self._store = workspace.store
        self.limit = workspace.config.translation.monthly_characters
        #: The calendar month that it is for the newsletter; a run counts in the one it began in.
        self.month = f"{workspace.now().astimezone(workspace.config.zone):%Y-%m}"

    @property
    def used(self) -> int:
        return sum(self._store.spent(self.month).values())

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    def reserve(self, engine: str, sizes: Sequence[int]) -> int:
        return self._store.spend(self.month, engine, sizes, self.limit)

    def release(self, engine: str, characters: int) -> None:
        self._store.unspend(self.month, engine, characters)

    def refusal(self) -> str:
        return (
            f"it would pass monthly_characters = {self.limit} in the file; "
            f"{self.used} are used in {self.month}"
        )

    def as_json(self) -> dict[str, Any]:
        spent = self._store.spent(self.month)
        return {
            "month": self.month,
            "characters": sum(spent.values()),
            "limit": self.limit,
            "engines": spent,
        }


class AskedBefore:
    """The answers that were paid for and not believed, as long as the question is the same.

    Another glossary, another English or another address of the reader is another question.
    """

    def __init__(
        self,
        workspace: Workspace,
        engines: Iterable[NamedEngine],
        segments: Iterable[Segment],
        *,
        again: bool = False,
    ) -> None:
        """`again`: everything is asked again, whatever became of it."""
        self._workspace, self._again = workspace, again
        self._asked = {engine.name: _question(engine.options) for engine in engines}
        keys = [self._key(name, segment) for name in self._asked for segment in segments]
        self._known = {} if again else workspace.store.refusals(keys)

    def why(self, engine: str, segment: Segment) -> str | None:
        return self._known.get(self._key(engine, segment))

    def keep(self, engine: str, segment: Segment, reason: str) -> None:
        key = self._key(engine, segment)
        self._workspace.store.keep_refusal(key, reason, self._workspace.now())

    def _key(self, engine: str, segment: Segment) -> str:
        return fingerprint(engine, self._asked[engine], segment.key)


def _question(options: EngineOptions) -> tuple[str | None, ...]:
    glossary = options.glossary.fingerprint if options.glossary else None
    return (options.address, options.english, options.models, glossary)


def _pairs(workspace: Workspace) -> GlossaryPairs:
    """The program's own terms, with those of the workspace before them."""
    glossary = workspace.glossary
    directions: list[tuple[Language, Language]] = [("nl", "en"), ("en", "nl")]
    terms = {direction: glossary.pairs(*direction) for direction in directions}
    return GlossaryPairs(workspace.config.newsletter.name, glossary.fingerprint, terms)
