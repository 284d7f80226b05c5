"""A translation engine that works in this process and can be told to misbehave.

In: segments. Out: their text in capitals, or what a dictionary says. Never: a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

_MARK_OR_ENTITY = re.compile(r"(</?[gx]\d+/?>|&\w+;)")
_MARK = re.compile(r"</?[gx]\d+/?>")

#: What a call may be told to do instead of its work:
#: "short" leaves the last answer out, "swap" turns the order round, "mangle" loses every
#: placeholder, "crash" raises what no engine should; an EngineError is raised.
Fault = str | EngineError | None


class FakeEngine:
    """As a module on the shelf: `CAPABILITIES` and `translate`.

    `faults` are used up one per call; `always` is for every call after them. `dictionary`
    has the translation by text, both coded; what it has not is written in capitals, marks
    and entities as they are.
    """

    def __init__(
        self,
        dictionary: Mapping[str, str] | None = None,
        *,
        faults: Iterable[Fault] = (),
        always: Fault = None,
        max_texts: int = 50,
        max_bytes: int = 60_000,
        context: bool = False,
    ) -> None:
        self.CAPABILITIES = EngineCapabilities(
            max_texts=max_texts, max_bytes=max_bytes, context=context, leaves_this_machine=True
        )
        self.dictionary = dict(dictionary or {})
        self._faults, self._always = list(faults), always
        #: The texts of each call.
        self.calls: list[list[str]] = []
        #: What came with each call.
        self.options: list[EngineOptions] = []

    @property
    def characters(self) -> int:
        """Characters asked, whatever came of it."""
        return sum(len(text) for call in self.calls for text in call)

    def translate(
        self,
        segments: Sequence[Segment],
        source_language: Language,
        target_language: Language,
        options: EngineOptions,
    ) -> list[str]:
        for segment in segments:
            assert (segment.source, segment.target) == (source_language, target_language)
        self.calls.append([segment.text for segment in segments])
        self.options.append(options)
        fault = self._faults.pop(0) if self._faults else self._always
        if isinstance(fault, EngineError):
            raise fault
        if fault == "crash":
            raise RuntimeError("key=secret")
        answers = [self._say(segment.text) for segment in segments]
        if fault == "short":
            return answers[:-1]
        if fault == "swap":
            return answers[::-1]
        if fault == "mangle":
            return [_MARK.sub("", answer) for answer in answers]
        return answers

    def _say(self, text: str) -> str:
        if text in self.dictionary:
            return self.dictionary[text]
        runs = _MARK_OR_ENTITY.split(text)
        return "".join(run if n % 2 else run.upper() for n, run in enumerate(runs))
