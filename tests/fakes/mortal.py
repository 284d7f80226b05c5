"""An engine that writes down what it was sent, in a file that outlives its process.

In: segments. Out: their text in capitals; a line per text in `sent`. Its process can be ended,
once for each text, before it counts what it was sent or after.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineOptions
from fakes.engine import FakeEngine


class MortalEngine(FakeEngine):
    def __init__(self, folder: Path, *, max_texts: int = 1, dies: str = "") -> None:
        super().__init__(max_texts=max_texts)
        self._sent, self._died = folder / "sent.jsonl", folder / "died.jsonl"
        #: "before" the texts are counted as sent, or once they are "answered".
        self._dies = dies

    @property
    def sent(self) -> Counter[str]:
        return Counter(_lines(self._sent))

    def translate(
        self,
        segments: Sequence[Segment],
        source_language: Language,
        target_language: Language,
        options: EngineOptions,
    ) -> list[str]:
        texts = [segment.text for segment in segments]
        if self._dies == "before":
            self._die_for(texts)
        for text in texts:
            _add(self._sent, text)
        answers = super().translate(segments, source_language, target_language, options)
        if self._dies == "answered":
            self._die_for(texts)
        return answers

    def _die_for(self, texts: Sequence[str]) -> None:
        for text in texts:
            if text not in _lines(self._died):
                _add(self._died, text)
                os.kill(os.getpid(), signal.SIGKILL)


#: What a workspace names as `fakes.mortal:engine`; a test puts one here.
engine: MortalEngine | None = None


def _lines(file: Path) -> list[str]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _add(file: Path, text: str) -> None:
    with file.open("a") as out:
        out.write(json.dumps(text) + "\n")
