"""How often the checks of a translation cry wolf, and how much of what is wrong they find.

In: lines of `pairs`, and of the demo's memory. Out: counts. Never: a text of somebody else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.resources import as_file, files

import pairs
from cxgreetz import language
from cxgreetz.glossary import starter_glossary, starter_idioms
from cxgreetz.model import Language, Severity
from cxgreetz.translation import coded
from cxgreetz.translation.checks import Pair, Words, run
from cxgreetz.translation.tmx import read_tmx

Found = set[tuple[str, Severity]]
WORDS = Words(starter_glossary(), starter_idioms(), "je", "en-GB")
WAYS: tuple[tuple[Language, Language], ...] = (("nl", "en"), ("en", "nl"))


def detect(text: str) -> Language | None:
    verdict = language.detect(text)
    return verdict.language if verdict.confident else None


def find(source: str, target: str, way: tuple[Language, Language]) -> Found:
    """Which checks say what of a machine's `target`; both plain."""
    pair = Pair(coded.escape(source), coded.escape(target), *way, detect, WORDS)
    return {(finding.check, finding.severity) for finding in run(pair)}


def turned(lines: Sequence[pairs.Line], way: tuple[Language, Language]) -> list[pairs.Line]:
    return [line if way[0] == "nl" else (line[1], line[0]) for line in lines]


def false_alarms(
    lines: Sequence[pairs.Line], way: tuple[Language, Language]
) -> tuple[Counter[str], Counter[Severity]]:
    """How many good lines each check flags, and how many have a finding of each severity."""
    by_check: Counter[str] = Counter()
    by_severity: Counter[Severity] = Counter()
    for source, target in turned(lines, way):
        found = find(source, target, way)
        by_check.update({check for check, _severity in found})
        by_severity.update({severity for _check, severity in found})
    return by_check, by_severity


def caught(
    lines: Sequence[pairs.Line], damage: pairs.Damage, way: tuple[Language, Language]
) -> tuple[int, Counter[Severity]]:
    """How many lines were damaged; and of how many the worst new finding has each severity."""
    count, worst = 0, Counter[Severity]()
    for (source, target), spoilt in pairs.damaged(turned(lines, way), damage):
        count += 1
        new = find(source, spoilt, way) - find(source, target, way)
        said = {severity for _check, severity in new}
        worst.update([severity for severity in Severity if severity in said][:1])
    return count, worst


def own_lines() -> list[pairs.Line]:
    """The pairs that the repository holds anyway: the demo's memory, the checks' examples."""
    with as_file(files("cxgreetz.demo") / "memory.tmx") as file:
        entries = list(read_tmx(file))
    lines = {(coded.plain(e.source_text), coded.plain(e.target_text)) for e in entries}
    return sorted(lines)
