"""What stands around a text, for engines that read more than they translate.

In: the texts of each piece in reading order. Out: for those of one call, a plain text to go
with them. Never: markup, a text of another piece.

DeepL's context holds for a whole call and costs nothing, while each text of a call is
translated for itself. So the context of a call is its own paragraphs in reading order, two
before the first and one after the last; and what the Dutch idioms in them mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxgreetz.glossary import Idioms
from cxgreetz.model import Segment
from cxgreetz.translation import coded

_BEFORE, _AFTER = 2, 1
#: Characters: a column as a rule fits whole; a call may hold 128 KiB.
_LONGEST = 6000
_MOST_IDIOMS = 12


class Surroundings:
    """Where each segment stands."""

    def __init__(
        self, passages: Iterable[Sequence[Segment]] = (), idioms: Idioms | None = None
    ) -> None:
        """A passage holds the segments of one piece, known or not, in reading order."""
        self._idioms = idioms
        self._passages = [list(passage) for passage in passages]
        self._place: dict[str, tuple[int, int]] = {}
        for number, passage in enumerate(self._passages):
            for index, segment in enumerate(passage):
                # What stands in two pieces is read in the first.
                self._place.setdefault(segment.key, (number, index))

    def passage_of(self, segment: Segment) -> int | None:
        """The number of the passage that holds `segment`."""
        return self._place.get(segment.key, (None, 0))[0]

    def around(self, batch: Sequence[Segment]) -> str | None:
        """The context of segments of one passage; None: there is nothing to tell."""
        places = [self._place[s.key] for s in batch if s.key in self._place]
        paragraphs: list[str] = []
        if places and len({number for number, _index in places}) == 1:
            passage, asked = self._passages[places[0][0]], sorted(index for _n, index in places)
            window = range(max(0, asked[0] - _BEFORE), min(asked[-1] + _AFTER + 1, len(passage)))
            # A text that goes alone is no context of its own.
            paragraphs = [
                coded.plain(passage[n].text) for n in window if len(asked) > 1 or n not in asked
            ]
        said = "\n\n".join(paragraphs)
        if len(said) > _LONGEST:
            said = said[:_LONGEST].rpartition(" ")[0]
        return "\n\n".join(filter(None, [said, *self._meanings(batch)])) or None

    def _meanings(self, batch: Sequence[Segment]) -> list[str]:
        """What the idioms of Dutch texts mean, one line each."""
        if batch[0].source != "nl" or self._idioms is None:
            return []
        hits = {
            hit.idiom.name: f"“{hit.idiom.name}”: {hit.idiom.meaning}; in English: "
            f"{' / '.join(hit.idiom.english)}"
            for segment in batch
            for hit in self._idioms.find_idioms(coded.plain(segment.text))
        }
        return list(hits.values())[:_MOST_IDIOMS]
