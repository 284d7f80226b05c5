"""What translating costs, counted before anything is sent.

In: texts and engines. Out: who would get how much. Never: a text sent, a price.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cxgreetz.model import Segment
from cxgreetz.ports import EngineCapabilities


class Budget(Protocol):
    """What may be sent."""

    def reserve(self, engine: str, sizes: Sequence[int]) -> int:
        """Count texts of so many characters as sent; give how many of the first may be.

        0: not even the first one may, and nothing was counted.
        """
        ...

    def release(self, engine: str, characters: int) -> None:
        """Take back what was reserved and surely not charged."""
        ...

    def refusal(self) -> str:
        """Why a text may not be sent, in one line."""
        ...


class NoLimit:
    """The budget of whoever counts nothing."""

    def reserve(self, engine: str, sizes: Sequence[int]) -> int:  # noqa: ARG002
        return len(sizes)

    def release(self, engine: str, characters: int) -> None:
        pass

    def refusal(self) -> str:
        return "nothing may be sent"


class Refusals(Protocol):
    """Which engine's answers to which texts were not believed before: they are not paid again."""

    def why(self, engine: str, segment: Segment) -> str | None:
        """Why its answer was not believed; None: it was not asked, or is to be asked again."""
        ...

    def keep(self, engine: str, segment: Segment, reason: str) -> None:
        """Keep that an answer was not believed, and why."""
        ...


class NoRefusals:
    """For whoever asks every time."""

    def why(self, engine: str, segment: Segment) -> str | None:
        pass

    def keep(self, engine: str, segment: Segment, reason: str) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Share:
    """What one engine would get."""

    engine: str
    texts: int
    characters: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would send, if every engine answers what it is asked."""

    shares: tuple[Share, ...]
    #: Texts too long for every engine, asked in vain before, or left to a person.
    unsent: int
    #: Texts that would pass the limit.
    over_limit: int


def size(segment: Segment) -> int:
    """Characters as they are counted: the markers with them, though no service charges these."""
    return len(segment.text)


def estimate(
    segments: Iterable[Segment],
    engines: Iterable[tuple[str, EngineCapabilities]],
    left: int | None,
    refusals: Refusals,
) -> Estimate:
    """Say who would get how much of `segments`, with `left` characters to spend (None: any).

    The first engine gets all that it can take; the next one what was too long for it, and
    what it was asked before in vain.
    """
    rest, shares, over = list(segments), [], 0
    for name, able in engines:
        texts, characters, longer = 0, 0, []
        for segment in rest:
            too_long = len(segment.text.encode()) > able.max_bytes
            if able.by_hand or too_long or refusals.why(name, segment):
                longer.append(segment)
            elif able.leaves_this_machine and left is not None and size(segment) > left:
                over += 1
            else:
                texts, characters = texts + 1, characters + size(segment)
                if able.leaves_this_machine and left is not None:
                    left -= size(segment)
        shares.append(Share(name, texts, characters))
        rest = longer
    return Estimate(tuple(shares), len(rest), over)
