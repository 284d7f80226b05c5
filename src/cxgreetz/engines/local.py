"""Converted OPUS-MT models on this machine: no text leaves it.

In: coded texts and a folder with `nl-en/` and `en-nl/`, each a model that CTranslate2 has
converted with the two sentencepiece models it was made for. Out: as many translations, or
an EngineError that holds the finished paragraphs. Never: a network, a download.

Such a model knows one sentence at a time and no markup. Placeholders around a sentence are
kept apart and put back; one inside a sentence travels as text and seldom survives, which
whoever verifies the answer will see.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from cxgreetz import sentences
from cxgreetz.engines._answers import check_pair, decode, encode, opening, speaks
from cxgreetz.engines._calls import within
from cxgreetz.errors import EngineError
from cxgreetz.model import Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

FOLDER_NAME = "CXGREETZ_LOCAL_MODELS"

#: Some seconds of work on two cores; what is finished when the time is up is kept.
CAPABILITIES = EngineCapabilities(
    tags="none", max_texts=10, max_bytes=10_000, leaves_this_machine=False
)

_FILES = ("model.bin", "source.spm", "target.spm")
#: Pieces of a sentence. OPUS-MT is trained on sentences of up to 512 and gets lost before.
_LONGEST = 400
_BEAM = 4
#: Sentences that are translated together.
_AT_ONCE = 8
_MARK = re.compile(r"(</?g\d+>|<x\d+/>)")
_EDGES = re.compile(r"((?:</?g\d+>|<x\d+/>|\s)*)(.*?)((?:</?g\d+>|<x\d+/>|\s)*)", re.S)


def translate(
    segments: Sequence[Segment],
    source_language: Language,
    target_language: Language,
    options: EngineOptions,
) -> list[str]:
    """Translate `segments`, sentence by sentence, within `options.time_limit` seconds in all.

    A text without a letter or digit comes back as it is. Raises EngineError: `unavailable`
    (no folder, no extra, too slow), `unsupported` (no usable model for this direction),
    `bad_request` (a sentence too long), `bad_response` (a translation without an end);
    `done` holds the finished texts.
    """
    check_pair("local", source_language, target_language)
    deadline = time.monotonic() + options.time_limit
    pair = f"{source_language}-{target_language}"
    done: list[str] = []
    for segment in segments:
        work = partial(_translate_one, segment.text, pair, options, deadline)
        outcome = within(deadline - time.monotonic(), work, "local")
        if isinstance(outcome, str):
            done.append(outcome)
            continue
        error = _failure(outcome, options)
        error.done = tuple(done)
        raise error
    return done


class _Model:
    """One direction: a folder's model with its two sentencepiece models, loaded once."""

    def __init__(self, folder: Path) -> None:
        """Load what is in `folder`; raises what the libraries raise."""
        from ctranslate2 import Translator
        from sentencepiece import SentencePieceProcessor

        self._folder = folder
        self._source = SentencePieceProcessor(model_file=str(folder / "source.spm"))
        self._target = SentencePieceProcessor(model_file=str(folder / "target.spm"))
        # Half of the processors: threads that wait for each other's turn cost more than they do.
        threads = max(1, min(4, (os.cpu_count() or 1) // 2))
        self._translator: Any = Translator(str(folder), device="cpu", intra_threads=threads)

    @cached_property
    def _end(self) -> list[str]:
        """What must follow a sentence: one kind of conversion adds its end by itself."""
        try:
            config = json.loads((self._folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ["</s>"]
        return [] if config.get("add_source_eos") else [config.get("eos_token", "</s>")]

    def translate(self, texts: Sequence[str], deadline: float) -> list[str]:
        """Translate plain sentences, a few at a time.

        Raises EngineError (`bad_request`, `bad_response`), and TimeoutError where `deadline`
        has passed: work that was given up must not go on for long.
        """
        pieces = [self._source.encode(text, out_type=str) for text in texts]
        for text, cut in zip(texts, pieces, strict=True):
            if len(cut) > _LONGEST:
                raise EngineError(
                    f"local takes sentences of {_LONGEST} pieces and {opening(text)} "
                    f"has {len(cut)}: put a full stop in it",
                    kind="bad_request",
                )
        found: list[list[str]] = []
        for start in range(0, len(pieces), _AT_ONCE):
            if time.monotonic() > deadline:
                raise TimeoutError
            found += self._translate_few(pieces[start : start + _AT_ONCE])
        for text, before, after in zip(texts, pieces, found, strict=True):
            if len(after) >= _most(before):
                message = f"local came to no end with {opening(text)}"
                raise EngineError(message, kind="bad_response")
        return [self._target.decode(cut) for cut in found]

    def _translate_few(self, pieces: Sequence[list[str]]) -> list[list[str]]:
        results = self._translator.translate_batch(
            [[*cut, *self._end] for cut in pieces],
            beam_size=_BEAM,
            max_decoding_length=max(map(_most, pieces)),
            max_input_length=0,
            # A sign that the model does not know, an emoji, comes back as itself.
            replace_unknowns=True,
        )
        return [result.hypotheses[0] for result in results]


def _most(pieces: Sequence[str]) -> int:
    """Pieces that no translation of `pieces` has: who writes as many repeats himself."""
    return 2 * len(pieces) + 20


@lru_cache(maxsize=2)
def _load(folder: Path, _changed: float) -> _Model:
    return _Model(folder)


def _model(options: EngineOptions, pair: str) -> _Model:
    """Find the model of a direction (`nl-en`); raises EngineError with the remedy."""
    if not options.models:
        raise EngineError(
            "local needs a folder of models: name it in the environment variable "
            f"{FOLDER_NAME}; it holds nl-en and en-nl",
            kind="unavailable",
        )
    folder = Path(options.models).expanduser() / pair
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise EngineError(
            f"local has no model for {pair}: {folder} lacks {', '.join(missing)} "
            f"({FOLDER_NAME} names the folder above it; the README says how models are made)",
            kind="unsupported",
        )
    try:
        return _load(folder, (folder / "model.bin").stat().st_mtime)
    except ImportError as error:
        raise EngineError(
            f"local needs the package {error.name}: pip install ctranslate2 sentencepiece",
            kind="unavailable",
        ) from None
    except Exception as error:  # the libraries raise RuntimeError, OSError and their own
        words = " ".join(str(error).split())[:200]
        message = f"local cannot load the model in {folder}: {words}"
        raise EngineError(message, kind="unsupported") from None


def _translate_one(text: str, pair: str, options: EngineOptions, deadline: float) -> str:
    """Translate one coded text; what stands around its sentences stays as it is."""
    if not speaks(text):
        return text
    model = _model(options, pair)
    chunks = [_edges(chunk) for chunk in _chunks(text)]
    cores = [core for _before, core, _after in chunks if speaks(core)]
    answers = iter(model.translate([decode(core) for core in cores], deadline))
    return "".join(
        before + (encode(next(answers).strip()) if speaks(core) else core) + after
        for before, core, after in chunks
    )


def _chunks(text: str) -> Iterator[str]:
    """Cut a coded text at its lines and sentences; nothing is lost between two chunks."""
    for line in text.splitlines(keepends=True):
        plain, place = "", 0
        places: list[int] = []
        for part in _MARK.split(line):
            if not _MARK.fullmatch(part):
                plain += part
                places += range(place, place + len(part))
            place += len(part)
        cuts, end = [0], 0
        for number, sentence in enumerate(sentences.split(plain)):
            start = plain.index(sentence, end)
            end = start + len(sentence)
            if number:
                cuts.append(places[start])
        for start, end in pairwise([*cuts, len(line)]):
            yield line[start:end]


def _edges(chunk: str) -> tuple[str, str, str]:
    """Part a chunk into what stands before its words, its words, and what stands after."""
    found = _EDGES.fullmatch(chunk)
    assert found is not None  # every part of it may be empty
    return found[1], found[2], found[3]


def _failure(outcome: object, options: EngineOptions) -> EngineError:
    if isinstance(outcome, EngineError):
        return outcome
    if isinstance(outcome, TimeoutError):
        message = f"local did not come to an end within {options.time_limit:g} s"
        return EngineError(message, kind="unavailable", retryable=True)
    message = f"local broke over this text ({type(outcome).__name__})"
    return EngineError(message, kind="bad_response")
