"""The engines that a workspace names, with what each may be told, and what they have used.

In: a workspace. Out: engines ready to be asked; what their accounts say. Never: a text sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from cxgreetz.config import api_key, models_folder, service_url
from cxgreetz.errors import EngineError
from cxgreetz.model import Language
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


def _pairs(workspace: Workspace) -> GlossaryPairs:
    """The program's own terms, with those of the workspace before them."""
    from cxgreetz.glossary import starter_glossary

    glossary = starter_glossary()
    if workspace.terms is not None:
        glossary = glossary.merge(workspace.terms)
    directions: list[tuple[Language, Language]] = [("nl", "en"), ("en", "nl")]
    terms = {direction: glossary.pairs(*direction) for direction in directions}
    return GlossaryPairs(workspace.config.newsletter.name, glossary.fingerprint, terms)
