"""Carry the translation memory in and out as TMX 1.4: the one door to defusedxml.

In: a TMX file of any tool, or entries. Out: entries, or a file written whole or not at all.
Never: an entity expanded, an external file read, more than one unit in memory.

Source: "TMX 1.4b Specification" (LISA OSCAR, 2005). A pair is written `bpt` and `ept`, a
void element `ph`; the attribute `x` ties a source's markup to its translation's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError, iterparse

from cxgreetz import __version__
from cxgreetz.errors import ConfigError, Problem
from cxgreetz.model import LANGUAGES, Language, Origin
from cxgreetz.translation import coded
from cxgreetz.translation.coded import Mark
from cxgreetz.translation.memory import RANKS, Entry

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
#: Ours alone: whose words they are, so that machine text comes back as machine text.
_ORIGIN = "x-cxgreetz-origin"
_DATE = "%Y%m%dT%H%M%SZ"
_SPACES = re.compile(r"[ \t\r\n]+")
#: What XML 1.0 cannot hold.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_tmx(path: Path, skipped: Counter[str] | None = None) -> Iterator[Entry]:
    """Give the Dutch-English entries of a TMX file, one by one as they are read.

    Languages go by their primary subtag: NL-NL is Dutch. `skipped` counts what is left out,
    by reason: "another language", "empty", "markup differs". An entry without a date has
    the file's. Raises ConfigError naming the line; what came before it was given.
    """
    skipped = Counter() if skipped is None else skipped
    parser: Any = DefusedXMLParser()
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        with path.open("rb") as file:
            events = iterparse(file, ("start", "end"), parser)
            _, root = next(events)
            if root.tag != "tmx":
                raise _wrong(path, 1, f"a TMX file begins with <tmx>, this one with <{root.tag}>")
            header: dict[str, str] = {}
            for event, element in events:
                if event == "end" and element.tag == "header":
                    header = dict(element.attrib)
                    written = _date(header.get("creationdate")) or written
                elif event == "end" and element.tag == "tu":
                    entry = _entry(element, header.get("srclang", ""), written, skipped)
                    if entry is not None:
                        yield entry
                elif event == "start" and element.tag == "tu":
                    # The units before this one are done with.
                    for body in root.iter("body"):
                        del body[:-1]
    except ParseError as error:
        what = str(error.msg).partition(":")[0]
        raise _wrong(path, error.position[0], f"this is no whole XML ({what})") from None
    except DefusedXmlException:
        line = parser.parser.CurrentLineNumber
        raise _wrong(path, line, "it declares an entity: remove the declaration") from None
    except (LookupError, ValueError) as error:
        raise _wrong(path, 1, f"its encoding cannot be read ({error}): save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(str(path), [Problem("", f"cannot be read: {error.strerror}")]) from None


def write_tmx(
    path: Path,
    entries: Iterable[Entry],
    *,
    created: datetime | None = None,
    regions: Mapping[Language, str] | None = None,
) -> int:
    """Write `entries` as TMX 1.4, replacing the file at `path` when all are written.

    `regions` has the codes that languages are written with, as some tools want them:
    {"en": "en-GB"}. Gives how many entries there were. Raises ConfigError when the file
    cannot be written; the old one stays.
    """
    part = path.with_name(f"{path.name}.part")
    when = f' creationdate="{_write_date(created)}"' if created else ""
    count = 0
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(
                '<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
                f'<header creationtool="cxgreetz" creationtoolversion="{__version__}" '
                'segtype="paragraph" o-tmf="cxgreetz" adminlang="en" srclang="*all*" '
                f'datatype="html"{when}/>\n<body>\n'
            )
            for entry in entries:
                file.write(_unit(entry, regions or {}))
                count += 1
            file.write("</body>\n</tmx>\n")
        part.replace(path)
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise ConfigError(str(path), [Problem("", message)]) from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _wrong(path: Path, line: int, message: str) -> ConfigError:
    return ConfigError(str(path), [Problem(f"line {line}", message)])


def _entry(unit: Any, srclang: str, written: datetime, skipped: Counter[str]) -> Entry | None:
    """Read one `tu`; None, and counted, when it is of no use here."""
    variants: dict[Language, Any] = {}
    for variant in unit.iter("tuv"):
        language = _language(variant.get(_XML_LANG) or variant.get("lang") or "")
        if language is not None:
            variants.setdefault(language, variant)
    if len(variants) < 2:
        skipped["another language"] += 1
        return None
    declared = _language(unit.get("srclang") or srclang)
    source = declared if declared is not None else next(iter(variants))
    target = next(language for language in variants if language != source)
    source_text, source_names = _read_segment(variants[source])
    target_text, target_names = _read_segment(variants[target])
    if not source_text or not target_text:
        skipped["empty"] += 1
        return None
    target_text = coded.renumber(target_text, _tie(source_names, target_names))
    if coded.faults(source_text, target_text):
        skipped["markup differs"] += 1
        return None
    told = {**unit.attrib, **variants[target].attrib}
    origin = next((p.text for p in unit.iter("prop") if p.get("type") == _ORIGIN), "")
    return Entry(
        source,
        target,
        source_text,
        target_text,
        Origin(origin) if origin in RANKS else Origin.MEMORY,
        told.get("changeid") or told.get("creationid"),
        _date(told.get("changedate")) or _date(told.get("creationdate")) or written,
        _notes(unit),
    )


def _notes(unit: Any) -> str | None:
    """What people noted in a unit, of either language; each on a line."""
    noted = (" ".join("".join(note.itertext()).split()) for note in unit.iter("note"))
    return "\n".join(dict.fromkeys(filter(None, noted))) or None


def _read_segment(variant: Any) -> tuple[str, dict[int, str]]:
    """Give a variant's coded text, and by number the name its markup goes by in the file."""
    runs: list[str | tuple[str, str, str]] = []
    for segment in variant.iter("seg"):
        _walk(segment, runs)
    opened = {run[1] for run in runs if not isinstance(run, str) and run[0] == "bpt"}
    closed = {run[1] for run in runs if not isinstance(run, str) and run[0] == "ept"}
    numbers: dict[str, int] = {}
    names: dict[int, str] = {}
    text = ""
    for run in runs:
        if isinstance(run, str):
            text += coded.escape(_SPACES.sub(" ", run))
            continue
        kind, i, x = run
        if kind == "ept" and i in numbers:
            text += str(Mark("close", numbers[i]))
            continue
        number = len(names) + 1
        is_pair = kind == "bpt" and i in closed and i in opened
        names[number] = f"{'pair' if is_pair else 'void'} {x or i or number}"
        if is_pair:
            numbers[i] = number
        text += str(Mark("open" if is_pair else "void", number))
    return text.strip(), names


def _walk(element: Any, runs: list[str | tuple[str, str, str]]) -> None:
    """Flatten a `seg`: its text, and its markup as (element, i, x); native codes are left out."""
    runs.append(element.text or "")
    for child in element:
        if child.tag in ("bpt", "ept", "ph", "it", "ut"):
            runs.append((child.tag, child.get("i", ""), child.get("x", "")))
        else:
            # `hi` only points at words.
            _walk(child, runs)
        runs.append(child.tail or "")


def _tie(source: dict[int, str], target: dict[int, str]) -> dict[int, int]:
    """Give each of the target's numbers the source's: by name, else by order."""
    by_name = {name: number for number, name in source.items()}
    if set(by_name) == set(target.values()) and len(by_name) == len(source) == len(target):
        return {number: by_name[name] for number, name in target.items()}
    return {}


def _unit(entry: Entry, regions: Mapping[Language, str]) -> str:
    source, other = (
        quoteattr(regions.get(language, language))
        for language in (entry.source_language, entry.target_language)
    )
    target = f' changedate="{_write_date(entry.changed)}"'
    if entry.author:
        target += f" changeid={quoteattr(_FORBIDDEN.sub('', entry.author))}"
    notes = _FORBIDDEN.sub("", entry.note or "").split("\n")
    note = "".join(f"<note>{coded.escape(line)}</note>" for line in notes if line.strip())
    return (
        f"<tu srclang={source}>{note}"
        f'<prop type="{_ORIGIN}">{entry.origin}</prop>\n'
        f"<tuv xml:lang={source}><seg>{_segment(entry.source_text)}</seg></tuv>\n"
        f"<tuv xml:lang={other}{target}>"
        f"<seg>{_segment(entry.target_text)}</seg></tuv></tu>\n"
    )


def _segment(text: str) -> str:
    """Write coded text as TMX; what an element holds is for people in other tools."""
    written = ""
    for run in coded.parts(_FORBIDDEN.sub("", text)):
        if isinstance(run, str):
            written += coded.escape(coded.unescape(run))
        elif run.kind == "void":
            written += f'<ph x="{run.number}">{coded.escape(str(run))}</ph>'
        elif run.kind == "open":
            written += f'<bpt i="{run.number}" x="{run.number}">{coded.escape(str(run))}</bpt>'
        else:
            written += f'<ept i="{run.number}">{coded.escape(str(run))}</ept>'
    return written


def _language(tag: str) -> Language | None:
    """NL-NL, nl_BE, nl: Dutch. None for any language but ours."""
    primary = re.split("[-_]", tag.strip().lower())[0]
    return next((language for language in LANGUAGES if language == primary), None)


def _date(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", _DATE).replace(tzinfo=UTC)
    except ValueError:
        return None


def _write_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_DATE)
