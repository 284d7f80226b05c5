"""Translate texts: the memory first, then the engines in order, each answer verified.

In: segments, a memory, engines. Out: for each segment its translation and where it comes
from, or why it waits. Never: network, SQL, an answer that was not verified, a text paid twice.

What is believed is handed to `remember` after each call to an engine: a run that is killed
loses at most the call it was in.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from cxgreetz.errors import EngineError
from cxgreetz.model import Finding, Language, Origin, Segment, Severity
from cxgreetz.ports import EngineCapabilities, EngineOptions, EnginePlugin, Progress, no_progress
from cxgreetz.translation.coded import is_wordless, opening, plain
from cxgreetz.translation.context import Surroundings
from cxgreetz.translation.cost import Budget, NoLimit, NoRefusals, Refusals, size
from cxgreetz.translation.memory import Memory, rewritten
from cxgreetz.translation.putback import bare_texts, put_back
from cxgreetz.translation.verify import Detect, placeholders, repair, verify

#: Keeps a believed translation: segment, its translation, its origin, by whom.
Remember = Callable[[Segment, str, Origin, str], None]

#: How often a call is repeated after a failure that may pass.
_RETRIES = 2
#: Seconds; an engine that asks for more is left for another run.
_PATIENCE = 60.0
#: Texts refused one after the other before an engine is given up.
_STRIKES = 3
#: Failures after which nothing was translated; after others nobody knows.
_NOT_CHARGED = frozenset(
    {"left_to_editor", "auth", "quota", "rate_limit", "bad_request", "unsupported"}
)
#: Failures over one text, the first without an answer; others are the engine's own.
_OF_ONE_TEXT = frozenset({"bad_request", "bad_response"})
_LEFT_TO_EDITOR = "left to the editor"

#: Takes texts and the answers to the first of them; gives those to ask again.
_Judge = Callable[[list[Segment], Sequence[str]], list[Segment]]
#: What stands around texts of which nothing is told.
NOWHERE = Surroundings()
NO_LIMIT = NoLimit()
NO_REFUSALS = NoRefusals()

_Pair = tuple[Language, Language]
#: A pair of languages, and the passage for engines that read on.
_Group = tuple[Language, Language, int | None]


@dataclass(frozen=True, slots=True)
class NamedEngine:
    """An engine as the workspace names it, with what it may be told."""

    name: str
    plugin: EnginePlugin
    options: EngineOptions = field(default_factory=EngineOptions)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a segment."""

    #: Coded; the segment's own text while it waits.
    text: str
    origin: Origin
    #: The engine or editor it comes from.
    by: str | None = None
    #: What speaks against the translation; of a waiting segment, against those refused.
    findings: tuple[Finding, ...] = ()
    #: Why it waits, in one line.
    reason: str = ""


@dataclass(slots=True)
class Tally:
    """Counts of distinct segments; `characters_sent` are those an engine answered."""

    segments: int = 0
    from_author: int = 0
    from_memory: int = 0
    #: Of `from_memory`: those whose figures were rewritten.
    rewritten: int = 0
    from_engine: int = 0
    waiting: int = 0
    characters_sent: int = 0
    by_engine: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave."""

    #: By `Segment.key`, in the order of the segments.
    outcomes: dict[str, Outcome]
    tally: Tally
    #: By engine: what it failed with first, in one line.
    failures: dict[str, str]


def translate_texts(
    segments: Sequence[Segment],
    memory: Memory,
    engines: Sequence[NamedEngine],
    *,
    detect: Detect,
    remember: Remember,
    surroundings: Surroundings = NOWHERE,
    budget: Budget = NO_LIMIT,
    refusals: Refusals = NO_REFUSALS,
    progress: Progress = no_progress,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Translate `segments`, each distinct one once.

    An engine that reads `surroundings` is asked for the texts of one piece in one call; the
    others' calls are filled without regard to pieces. Text without a letter is its own
    translation. A memory entry is taken when its markup fits. An engine's answer with an
    error is refused and the text goes to the next engine. Nothing is sent that `budget` has
    not counted, nor to an engine whose answer to it was not believed before (`refusals`).
    Engines that fail are named in the result; nothing is raised.
    """
    run = _Run(segments, detect, remember, surroundings, budget, refusals, progress, sleep)
    run.take_wordless()
    run.take_from(memory)
    for engine in engines:
        if run.open:
            _Desk(run, engine).work()
    return run.result()


class _Run:
    """The state of one run: what is decided, what is open, and why."""

    def __init__(
        self,
        segments: Sequence[Segment],
        detect: Detect,
        remember: Remember,
        surroundings: Surroundings,
        budget: Budget,
        refusals: Refusals,
        progress: Progress,
        sleep: Callable[[float], None],
    ) -> None:
        self.detect, self.remember, self.sleep = detect, remember, sleep
        self.surroundings, self.budget, self.refusals = surroundings, budget, refusals
        self._progress = progress
        self._segments = {segment.key: segment for segment in segments}
        self.open = dict(self._segments)
        self._outcomes: dict[str, Outcome] = {}
        self._refused: dict[str, list[Finding]] = {}
        self._reasons: dict[str, list[str]] = {}
        self.tally = Tally(segments=len(self._segments))
        self.failures: dict[str, str] = {}

    def decide(self, segment: Segment, outcome: Outcome) -> None:
        self._outcomes[segment.key] = outcome
        self.open.pop(segment.key, None)
        self._progress("translate", len(self._outcomes), len(self._segments))

    def wait(self, segment: Segment, reason: str, findings: Iterable[Finding] = ()) -> None:
        """Keep why `segment` is still open; forgotten when a later answer is believed."""
        reasons = self._reasons.setdefault(segment.key, [])
        if reason not in reasons:
            reasons.append(reason)
        self._refused.setdefault(segment.key, []).extend(findings)

    def take_wordless(self) -> None:
        for segment in list(self.open.values()):
            if is_wordless(segment.text):
                self.decide(segment, Outcome(segment.text, Origin.AUTHOR))
                self.tally.from_author += 1

    def take_from(self, memory: Memory) -> None:
        hits = memory.lookup(list(self.open.values()))
        for segment in list(self.open.values()):
            hit = hits.get(segment.key)
            if hit is None:
                continue
            if wrong := placeholders(segment.text, hit.text):
                self.wait(segment, f"placeholders: {wrong[0].message} in the memory", wrong)
                continue
            findings = (*self.verify(segment, hit.text), *rewritten(segment, hit))
            self.decide(segment, Outcome(hit.text, hit.origin, hit.by, findings))
            self.tally.from_memory += 1
            self.tally.rewritten += hit.rewritten_from is not None

    def verify(self, segment: Segment, text: str) -> list[Finding]:
        return verify(segment.text, text, segment.source, segment.target, self.detect)

    def result(self) -> Result:
        for key, segment in self.open.items():
            reason = "; ".join(self._reasons.get(key, [])) or _LEFT_TO_EDITOR
            findings = tuple(dict.fromkeys(self._refused.get(key, [])))
            outcome = Outcome(segment.text, Origin.WAITING, None, findings, reason)
            self._outcomes[key] = outcome
        self.tally.waiting = len(self.open)
        ordered = {key: self._outcomes[key] for key in self._segments}
        return Result(ordered, self.tally, self.failures)


class _Desk:
    """One engine at work on what is open in a run."""

    def __init__(self, run: _Run, engine: NamedEngine) -> None:
        self._run, self._name, self._options = run, engine.name, engine.options
        self._plugin = engine.plugin
        #: The budget is for what leaves this machine.
        self._leaves = engine.plugin.CAPABILITIES.leaves_this_machine
        self._strikes: Counter[_Pair] = Counter()
        #: Why it is asked no more: for one pair of languages, or (None) for any.
        self._closed: dict[_Pair | None, str] = {}
        #: Why its answers were not believed, by segment.
        self._refused: dict[str, str] = {}

    def work(self) -> None:
        limits = self._plugin.CAPABILITIES
        for segment in self._run.open.values():
            if (size := _bytes(segment)) > limits.max_bytes:
                said = f"{size} bytes is more than {self._name} takes ({limits.max_bytes})"
                self._run.wait(segment, said)
        fitting = [s for s in self._run.open.values() if _bytes(s) <= limits.max_bytes]
        fitting = [s for s in fitting if not self._was_refused(s)]
        for batch in _batches(fitting, limits, self._group_of):
            damaged = self._exchange(batch, self._judge)
            # No engine answers the same way twice: lost markup is worth one more question.
            if damaged := damaged and self._exchange(damaged, self._judge):
                self._ask_bare(damaged)
            for segment in batch:
                if segment.key in self._refused and segment.key in self._run.open:
                    self._run.refusals.keep(self._name, segment, self._refused[segment.key])

    def _was_refused(self, segment: Segment) -> bool:
        """Whether an answer was paid for before and not believed; the text then waits."""
        said = self._run.refusals.why(self._name, segment)
        if said:
            self._run.wait(segment, f"{said} (before; it is not asked again)")
        return bool(said)

    def _ask_bare(self, damaged: list[Segment]) -> None:
        """Have texts translated without their markup, and put it back where it surely belongs."""
        wanted = {
            bare.key: bare
            for segment in damaged
            for text in bare_texts(segment.text)
            if (bare := Segment(text, segment.source, segment.target))
        }
        said: dict[str, str] = {}

        def keep(batch: list[Segment], answers: Sequence[str]) -> list[Segment]:
            pairs = zip(batch, answers, strict=False)
            said.update({asked.text: repair(asked.text, answer) for asked, answer in pairs})
            return []

        for batch in _batches(wanted.values(), self._plugin.CAPABILITIES, self._group_of):
            self._exchange(batch, keep, about=damaged)
        for segment in damaged:
            text = put_back(segment.text, said, segment.source, segment.target)
            if text is None:
                lost = markup_lost(segment.text)
                self._refuse(segment, f"{lost.check}: {lost.message} by {self._name}", [lost])
            else:
                self._judge([segment], [text])

    def _group_of(self, segment: Segment) -> _Group:
        """What the texts of one call have in common."""
        reads_on = self._plugin.CAPABILITIES.context
        passage = self._run.surroundings.passage_of(segment) if reads_on else None
        return segment.source, segment.target, passage

    def _exchange(
        self, batch: list[Segment], judge: _Judge, about: list[Segment] | None = None
    ) -> list[Segment]:
        """Have `batch` translated, part by part; give what `judge` gives of its answers.

        `about` are the texts that `batch` was made of, if it is not they themselves.
        """
        pair = (batch[0].source, batch[0].target)
        damaged: list[Segment] = []
        attempt = 0
        while batch and not (reason := self._closed_for(pair)):
            budget = self._run.budget if self._leaves else NO_LIMIT
            allowed = batch[: budget.reserve(self._name, [size(s) for s in batch])]
            if not allowed:
                self._run.wait(batch[0], budget.refusal())
                batch = batch[1:]
                continue
            answers, error = self._ask(allowed, about or batch)
            damaged += judge(allowed, answers)
            batch = batch[len(answers) :]
            if answers:
                attempt = self._strikes[pair] = 0
            if error is None:
                continue
            if batch and error.retryable and attempt < _RETRIES and _pause(error, 0) <= _PATIENCE:
                self._run.sleep(_pause(error, attempt))
                attempt += 1
                continue
            attempt = 0
            said = self._fail(error, pair)
            if batch:
                self._run.wait(batch[0], said)
                batch = batch[1:]
        for segment in batch:
            self._run.wait(segment, reason)
        return damaged

    def _closed_for(self, pair: _Pair) -> str:
        return self._closed.get(None) or self._closed.get(pair, "")

    def _ask(
        self, batch: list[Segment], about: list[Segment]
    ) -> tuple[Sequence[str], EngineError | None]:
        """One call: the answers to the first of `batch`, and what went wrong."""
        pair = (batch[0].source, batch[0].target)
        error: EngineError | None = None
        try:
            answers: Sequence[str] = self._plugin.translate(batch, *pair, self._told(about))
            paid = len(batch)
            if len(answers) != paid or not all(isinstance(answer, str) for answer in answers):
                # Which answer belongs to which text cannot be known, now or later.
                said = f"did not give {paid} translations for {paid} texts"
                answers, error = (), EngineError(said, kind="unsupported")
        except EngineError as failure:
            answers, error = failure.done[: len(batch)], failure
            paid = len(answers)
            if failure.kind in _NOT_CHARGED:
                budget = self._run.budget if self._leaves else NO_LIMIT
                budget.release(self._name, sum(size(s) for s in batch[paid:]))
        except Exception as failure:
            # A third party's plug-in. Its message may hold a key: only the type is told.
            answers, paid = (), 0
            error = EngineError(f"broke ({type(failure).__name__})", kind="bad_response")
        self._run.tally.characters_sent += sum(size(s) for s in batch[:paid])
        return answers, error

    def _told(self, about: list[Segment]) -> EngineOptions:
        if not self._plugin.CAPABILITIES.context:
            return self._options
        return replace(self._options, context=self._run.surroundings.around(about))

    def _judge(self, batch: list[Segment], answers: Sequence[str]) -> list[Segment]:
        """Believe or refuse each answer; give the segments whose markup was damaged."""
        run, damaged = self._run, []
        for segment, answer in zip(batch, answers, strict=False):
            text = repair(segment.text, answer)
            findings = run.verify(segment, text)
            wrong = [f for f in findings if f.severity is Severity.ERROR]
            if not wrong:
                run.remember(segment, text, Origin.ENGINE, self._name)
                run.decide(segment, Outcome(text, Origin.ENGINE, self._name, tuple(findings)))
                run.tally.from_engine += 1
                run.tally.by_engine[self._name] += 1
                continue
            said = f"{wrong[0].check}: {wrong[0].message} in the answer of {self._name}"
            self._refuse(segment, said, wrong)
            if any(finding.check == "placeholders" for finding in wrong):
                damaged.append(segment)
        return damaged

    def _refuse(self, segment: Segment, reason: str, findings: Iterable[Finding]) -> None:
        self._refused[segment.key] = reason
        self._run.wait(segment, reason, findings)

    def _fail(self, error: EngineError, pair: _Pair) -> str:
        """Note a failure that stays, and whom it stops; give why its texts wait."""
        if error.kind == "left_to_editor":
            reason = _LEFT_TO_EDITOR
        else:
            message = " ".join(str(error).split()).removeprefix(f"{self._name} ")
            reason = f"{self._name}: {message}"
            self._run.failures.setdefault(self._name, message)
        self._strikes[pair] += 1
        if error.kind not in _OF_ONE_TEXT | {"unsupported"}:
            self._closed[None] = reason
        elif error.kind == "unsupported" or self._strikes[pair] >= _STRIKES:
            self._closed[pair] = reason
        return reason


def markup_lost(text: str) -> Finding:
    """Say of a coded text that its markup did not survive: an error, so that no link is lost."""
    return Finding(
        "markup_lost",
        Severity.ERROR,
        opening(plain(text)),
        "a link or other markup was lost and could not be put back",
        "Translate this text by hand, with its markup.",
    )


def _pause(error: EngineError, attempt: int) -> float:
    """Seconds until a call may be repeated: what the engine says, else 1, 2."""
    return error.retry_after if error.retry_after is not None else 2.0**attempt


def _bytes(segment: Segment) -> int:
    return len(segment.text.encode())


def _batches(
    segments: Iterable[Segment],
    limits: EngineCapabilities,
    group_of: Callable[[Segment], _Group],
) -> Iterator[list[Segment]]:
    """Cut `segments` into calls of one group within `limits`, in order."""
    groups: dict[_Group, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(group_of(segment), []).append(segment)
    for wanted in groups.values():
        batch: list[Segment] = []
        size = 0
        for segment in wanted:
            more = _bytes(segment)
            if batch and (len(batch) >= limits.max_texts or size + more > limits.max_bytes):
                yield batch
                batch, size = [], 0
            batch.append(segment)
            size += more
        yield batch
