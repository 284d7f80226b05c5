"""Give pieces the language they lack, and carry the memory in and out.

In: a workspace. Out: what was translated by whom, and what waits for the editor. Never: a
belief in an answer (`translation` verifies), a text sent twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

from cxgreetz.errors import UsageError
from cxgreetz.glossary import Idioms
from cxgreetz.language import detect
from cxgreetz.model import Finding, Language, Origin, Piece, Segment, Severity, Translation
from cxgreetz.pipeline.words.engines import AskedBefore, MonthBudget, Usages, ask_usage, engines_of
from cxgreetz.pipeline.workspace import DONE, HELD, Workspace
from cxgreetz.ports import Progress, no_progress
from cxgreetz.store import MemoryRow
from cxgreetz.translation.assembly import Part, assemble, segments_of
from cxgreetz.translation.coded import is_wordless, plain
from cxgreetz.translation.context import Surroundings
from cxgreetz.translation.cost import Refusals, Share, estimate
from cxgreetz.translation.memory import (
    Entry,
    Hit,
    best_hit,
    best_rewritten,
    corrected,
    mask_key,
    memory_key,
    rewritten,
)
from cxgreetz.translation.offers import Offer, Offers
from cxgreetz.translation.service import NamedEngine, translate_texts
from cxgreetz.translation.tmx import read_tmx, write_tmx
from cxgreetz.translation.verify import placeholders


class StoreMemory:
    """The translation memory in the store, in the shape that the translation room asks for."""

    def __init__(self, workspace: Workspace) -> None:
        self._store, self._now = workspace.store, workspace.now
        self._offers: Offers | None = None

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        """The best entry for each segment that has one, by the segment's key."""
        by_pair: dict[tuple[Language, Language], list[Segment]] = {}
        for segment in segments:
            by_pair.setdefault((segment.source, segment.target), []).append(segment)
        found: dict[str, Hit] = {}
        for group in by_pair.values():
            found |= self._ask(group, memory_key, best_hit)
        for group in by_pair.values():
            # Few texts have figures: the others' key is "".
            rest = [s for s in group if s.key not in found and mask_key(s.text, s.source)]
            if rest:
                self._store.mask_memory(lambda row: _entry(row).masks)
                found |= self._ask(rest, mask_key, best_rewritten, masked=True)
        return found

    def _ask(
        self,
        group: Sequence[Segment],
        key_of: Callable[[str, Language], str],
        choose: Callable[[Segment, Iterable[Entry]], Hit | None],
        *,
        masked: bool = False,
    ) -> dict[str, Hit]:
        """The best entry for segments of one pair of languages, found by one kind of key."""
        source, target = group[0].source, group[0].target
        keys = {s.key: key_of(s.text, source) for s in group}
        entries: dict[str | None, list[Entry]] = {}
        for row in self._store.find_memory(source, target, keys.values(), masked=masked):
            key = row.source_mask if masked else row.source_key
            entries.setdefault(key, []).append(_entry(row))
        hits = {s.key: choose(s, entries.get(keys[s.key], ())) for s in group}
        return {key: hit for key, hit in hits.items() if hit}

    def offer(self, segment: Segment) -> list[Offer]:
        """What the memory had that is nearly `segment` when it was first asked; best first."""
        if self._offers is None:
            self._offers = Offers(self._store.memory_texts())
        return self._offers.offer(segment)

    def remember(
        self,
        segment: Segment,
        text: str,
        origin: Origin,
        by: str | None,
        *,
        after: datetime | None = None,
    ) -> None:
        """Keep a translation as made now, and later than `after`.

        The newest of a person's words win, and times are kept to the second.
        """
        at = self._now()
        if after is not None:
            at = max(at, after + timedelta(seconds=1))
        entry = Entry(segment.source, segment.target, segment.text, text, origin, by, at)
        self._store.remember([_memory_row(entry)])

    def forget(self, segment: Segment, text: str) -> None:
        """Take a translation out again, whoever it was by."""
        entry = Entry(
            segment.source, segment.target, segment.text, text, Origin.EDITOR, None, self._now()
        )
        self._store.forget(_memory_row(entry))


def _memory_row(entry: Entry) -> MemoryRow:
    return MemoryRow(
        entry.source_language,
        entry.target_language,
        entry.source_key,
        entry.target_key,
        entry.source_text,
        entry.target_text,
        entry.origin,
        entry.author,
        entry.changed,
        *entry.masks,
        entry.note,
    )


_ORIGINS = {str(origin): origin for origin in Origin}


def _entry(row: MemoryRow) -> Entry:
    return Entry(
        cast(Language, row.source_language),
        cast(Language, row.target_language),
        row.source_text,
        row.target_text,
        _ORIGINS[row.origin],
        row.author,
        row.changed,
        row.note,
    )


@dataclass(frozen=True)
class TranslateReport:
    segments: int
    from_author: int
    from_memory: int
    from_engine: int
    characters_sent: int
    held: Sequence[Mapping[str, Any]]
    notes: Sequence[str] = ()
    #: What the memory gave with other figures than it had.
    rewritten: Sequence[Mapping[str, Any]] = ()
    #: What the memory has not, and a machine would take at its word.
    idioms: Sequence[Mapping[str, Any]] = ()
    #: What the engines' accounts had used before and after; nothing was sent: empty.
    usage: Usages = field(default_factory=dict)
    #: What engines were sent this month, and may be: month, characters, limit, engines.
    month: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_code(self) -> int:
        return HELD if self.held else DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "segments": self.segments,
            "from_author": self.from_author,
            "from_memory": self.from_memory,
            "from_engine": self.from_engine,
            "characters_sent": self.characters_sent,
            "held": list(self.held),
            "rewritten": list(self.rewritten),
            "idioms": list(self.idioms),
            "usage": self.usage,
            "month": dict(self.month),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class EstimateReport:
    """What `translate` would do; nothing was sent."""

    segments: int
    from_author: int
    exact: int
    masked: int
    #: Texts that the memory has not.
    waiting: int
    engines: Sequence[Share]
    #: Of those waiting: too long for every engine or left to a person; over the file's limit;
    #: beyond this run's.
    unsent: int
    over_limit: int
    beyond: int
    month: Mapping[str, Any]
    #: What a machine would take at its word.
    idioms: Sequence[Mapping[str, Any]] = ()
    exit_code: int = DONE

    def as_json(self) -> dict[str, Any]:
        return {
            "dry_run": True,
            "segments": self.segments,
            "from_author": self.from_author,
            "from_memory": {"exact": self.exact, "masked": self.masked},
            "waiting": self.waiting,
            "characters": sum(share.characters for share in self.engines),
            "engines": [asdict(share) for share in self.engines],
            "unsent": self.unsent,
            "over_limit": self.over_limit,
            "beyond": self.beyond,
            "idioms": list(self.idioms),
            "month": dict(self.month),
        }


class _Task:
    """What there is to translate, and what of it the memory has."""

    def __init__(self, workspace: Workspace, memory: StoreMemory, into: Sequence[str] = ()) -> None:
        self.wanted = _wanted(workspace, into)
        self.from_author = sum(
            len(segments_of(post, "en" if language == "nl" else "nl"))
            for piece, language in _to_come(workspace, into)
            if (post := piece.post(language)) and post is not piece.origin
        )
        self.segments = {part.segment.key: part.segment for _p, _l, part in self.wanted}
        hits = memory.lookup(self.segments.values())
        fitting = [s for s in self.segments.values() if s.key in hits]
        # One whose markup does not fit is none: an engine will be asked.
        self.known = {
            s.key: hits[s.key] for s in fitting if not placeholders(s.text, hits[s.key].text)
        }
        unknown = [s for key, s in self.segments.items() if key not in self.known]
        #: What engines are asked, and what is beyond `limit`.
        self.lacking = [s for s in unknown if not is_wordless(s.text)]
        self.wordless = len(unknown) - len(self.lacking)
        self.beyond: set[str] = set()

    def keep_to(self, limit: int | None, engines: Iterable[NamedEngine], before: Refusals) -> None:
        """Leave for another run what is more than `limit`, not counting what nobody is asked."""
        names = [engine.name for engine in engines]
        open_ones = [s for s in self.lacking if not all(before.why(n, s) for n in names)]
        self.beyond = {s.key for s in open_ones[limit:]} if limit is not None else set()

    def idioms(self, known: Idioms) -> list[dict[str, Any]]:
        """The Dutch idioms in what is not translated yet, but for those every machine knows."""
        lacking = {segment.key for segment in self.lacking}
        return [
            {"piece": piece.key, "title": piece.origin.title, "where": part.slot}
            | {"text": hit.text, "meaning": hit.idiom.meaning, "english": hit.idiom.english}
            for piece, _language, part in self.wanted
            if part.segment.key in lacking and part.segment.source == "nl"
            for hit in known.find_idioms(plain(part.segment.text))
            if hit.severity is Severity.WARNING
        ]


def estimate_translation(
    workspace: Workspace,
    *,
    limit: int | None = None,
    again: bool = False,
    into: Sequence[str] = (),
) -> EstimateReport:
    """Say what `translate` would send to whom, and send nothing."""
    _need_languages(workspace, into)
    task = _Task(workspace, StoreMemory(workspace), into)
    budget = MonthBudget(workspace)
    engines = engines_of(workspace)
    able = [(engine.name, engine.plugin.CAPABILITIES) for engine in engines]
    before = AskedBefore(workspace, engines, task.lacking, again=again)
    task.keep_to(limit, engines, before)
    wanted = [s for s in task.lacking if s.key not in task.beyond]
    guess = estimate(wanted, able, budget.left, before)
    masked = sum(hit.rewritten_from is not None for hit in task.known.values())
    return EstimateReport(
        segments=len(task.segments) + task.from_author,
        from_author=task.from_author + task.wordless,
        exact=len(task.known) - masked,
        masked=masked,
        waiting=len(task.lacking),
        engines=guess.shares,
        unsent=guess.unsent,
        over_limit=guess.over_limit,
        beyond=len(task.beyond),
        month=budget.as_json(),
        idioms=task.idioms(workspace.idioms),
    )


def translate(
    workspace: Workspace,
    *,
    limit: int | None = None,
    again: bool = False,
    into: Sequence[str] = (),
    progress: Progress = no_progress,
) -> TranslateReport:
    """Give every piece that waits for an edition the languages it lacks.

    What the author wrote is used, then the memory, then the engines in order, each answer
    verified and kept at once. At most `limit` segments go to engines, and no more characters
    than the file allows in a month. What an engine was asked before and answered in a way
    that was not believed is only asked of it `again` when that is said. `into` names the languages
    that are wanted (none: all). Raises HeldError while another run translates, and UsageError
    for a language that the newsletter has not.
    """
    _need_languages(workspace, into)
    # Two runs at once would both pay for what neither has kept yet.
    with workspace.store.lease("translate", seconds=6 * 3600):
        return _translate(workspace, limit, progress, again=again, into=into)


def _translate(
    workspace: Workspace,
    limit: int | None,
    progress: Progress,
    *,
    again: bool,
    into: Sequence[str],
) -> TranslateReport:
    memory = StoreMemory(workspace)
    budget = MonthBudget(workspace)
    notes: dict[str, None] = {}
    engines = engines_of(workspace, lambda line: notes.update({line: None}))
    task = _Task(workspace, memory, into)
    before = AskedBefore(workspace, engines, task.lacking, again=again)
    task.keep_to(limit, engines, before)
    wanted, beyond = task.wanted, task.beyond
    usages: Usages = {}
    if task.lacking:
        ask_usage(engines, "before", usages)
    result = translate_texts(
        [segment for key, segment in task.segments.items() if key not in beyond],
        _Known(task.known),
        engines,
        detect=detect_language,
        remember=memory.remember,
        surroundings=Surroundings(_passages(wanted), workspace.idioms),
        budget=budget,
        refusals=before,
        progress=progress,
        sleep=workspace.sleep,
    )
    if task.lacking:
        ask_usage(engines, "after", usages)
    held = [
        _place(piece, language, part)
        | {
            "reason": f"beyond this run's limit of {limit}"
            if part.segment.key in beyond
            else result.outcomes[part.segment.key].reason,
            "offer": _as_offer(memory.offer(part.segment)),
        }
        for piece, language, part in wanted
        if part.segment.key in beyond or result.outcomes[part.segment.key].origin == Origin.WAITING
    ]
    return TranslateReport(
        segments=len(task.segments) + task.from_author,
        from_author=task.from_author + result.tally.from_author,
        from_memory=result.tally.from_memory,
        from_engine=result.tally.from_engine,
        characters_sent=result.tally.characters_sent,
        held=held,
        rewritten=[
            _place(piece, language, part) | {"translation": outcome.text, "why": finding.message}
            for piece, language, part in wanted
            if (outcome := result.outcomes.get(part.segment.key))
            for finding in outcome.findings
            if finding.check == "rewritten"
        ],
        idioms=task.idioms(workspace.idioms),
        notes=[*(f"{engine}: {why}" for engine, why in result.failures.items()), *notes],
        month=budget.as_json(),
        usage={engine: row for engine, row in usages.items() if row},
    )


def _passages(wanted: Iterable[tuple[Piece, Language, Part]]) -> list[list[Segment]]:
    """The texts of each piece in one direction, in reading order."""
    passages: dict[tuple[str, Language, Language], list[Segment]] = {}
    for piece, language, part in wanted:
        passages.setdefault((piece.key, language, part.segment.source), []).append(part.segment)
    return list(passages.values())


class _Known:
    """What the memory was found to have a moment ago."""

    def __init__(self, hits: dict[str, Hit]) -> None:
        self._hits = hits

    def lookup(self, segments: Iterable[Segment]) -> dict[str, Hit]:
        return {s.key: self._hits[s.key] for s in segments if s.key in self._hits}


def _place(piece: Piece, language: Language, part: Part) -> dict[str, Any]:
    return {
        "piece": piece.key,
        "title": piece.origin.title,
        "language": language,
        "where": part.slot,
        "text": part.segment.text,
    }


def _as_offer(offers: Sequence[Offer]) -> dict[str, Any] | None:
    """The best offer, in the words that a reader sees."""
    if not offers:
        return None
    score, source, target = offers[0]
    return {"score": score, "source": plain(source), "target": plain(target)}


def detect_language(text: str) -> Language | None:
    """The language of a text when it is sure, else None."""
    verdict = detect(text)
    return verdict.language if verdict.confident else None


def import_memory(workspace: Workspace, file: Path) -> dict[str, Any]:
    """Add the entries of a TMX file to the memory; raises ConfigError naming file and line.

    What was edited in an export counts as the editor's words of this moment (`corrected`).
    """
    skipped: Counter[str] = Counter()
    corrections = _corrections(workspace, file)
    count = workspace.store.remember(
        _memory_row(corrections.get((entry.source_key, entry.target_key), entry))
        for entry in read_tmx(file, skipped)
    )
    return {
        "file": str(file),
        "entries": count,
        "corrected": len(corrections),
        "skipped": dict(skipped),
    }


def _corrections(workspace: Workspace, file: Path) -> dict[tuple[str, str], Entry]:
    """What a person corrected in `file`, by the keys of its texts, before any of it is taken in."""
    entries = read_tmx(file)
    found: dict[tuple[str, str], Entry] = {}
    while some := list(islice(entries, 500)):
        for pair in {(e.source_language, e.target_language) for e in some}:
            group = [e for e in some if (e.source_language, e.target_language) == pair]
            known: dict[str, list[Entry]] = {}
            for row in workspace.store.find_memory(*pair, {e.source_key for e in group}):
                known.setdefault(row.source_key, []).append(_entry(row))
            for entry in group:
                mended = corrected(entry, known.get(entry.source_key, ()), workspace.now())
                if mended is not None:
                    found[entry.source_key, entry.target_key] = mended
    return found


def export_memory(workspace: Workspace, file: Path, *, waiting: bool = False) -> dict[str, Any]:
    """Write the whole memory as TMX; or what waits for a translation, to be filled in."""
    if file.exists() and not file.is_file():
        # A folder or a device: it must not be replaced by a file.
        raise UsageError(f"{file} is no file; name one that ends in .tmx")
    entries: Iterable[Entry]
    if waiting:
        segments = {part.segment.key: part.segment for _p, _l, part in _wanted(workspace)}
        known = StoreMemory(workspace).lookup(segments.values())
        entries = [
            Entry(s.source, s.target, s.text, "", Origin.EDITOR, None, workspace.now())
            for key, s in segments.items()
            if key not in known
        ]
    else:
        entries = (_entry(row) for row in workspace.store.all_memory())
    regions: dict[Language, str] = {"nl": "nl-NL", "en": workspace.config.translation.english}
    return {"file": str(file), "entries": write_tmx(file, entries, regions=regions)}


def _need_languages(workspace: Workspace, into: Sequence[str]) -> None:
    """Raise UsageError for a language that the newsletter has not."""
    for language in into:
        if language not in workspace.languages:
            there = ", ".join(workspace.languages)
            raise UsageError(f"{language!r} is no language of this newsletter; it has: {there}")


def _wanted(workspace: Workspace, into: Sequence[str] = ()) -> list[tuple[Piece, Language, Part]]:
    """Everything that readers of a language cannot read yet, in pieces that go out to them."""
    return [
        (piece, language, part)
        for piece, language in _to_come(workspace, into)
        if piece.post(language) is None
        for part in segments_of(piece.origin, language)
    ]


def _to_come(workspace: Workspace, into: Sequence[str] = ()) -> Iterator[tuple[Piece, Language]]:
    """Every piece with every language (of `into`) in which it has not gone out."""
    sent = {
        (piece, language)
        for piece, email in workspace.store.carried_in()
        for language in email.split("+")
    }
    for piece in workspace.store.pieces():
        for language in workspace.languages:
            if (piece.key, language) not in sent and (not into or language in into):
                yield piece, language


def translations_of(
    memory: StoreMemory,
    wanted: Iterable[Piece],
    language: Language,
    told: list[Finding] | None = None,
) -> dict[str, Translation]:
    """What the memory makes of the pieces that lack `language`, by piece.

    `told` is given what the editor should know of the memory's answers.
    """
    lacking = [piece for piece in wanted if piece.post(language) is None]
    parts = {piece.key: segments_of(piece.origin, language) for piece in lacking}
    hits = memory.lookup([part.segment for some in parts.values() for part in some])
    if told is not None:
        told.extend(
            replace(finding, piece=key)
            for key, some in parts.items()
            for part in some
            if (hit := hits.get(part.segment.key))
            for finding in rewritten(part.segment, hit)
        )
    return {
        piece.key: assemble(
            piece, piece.origin, language, lambda s: hits.get(s.key), parts[piece.key]
        )
        for piece in lacking
    }
