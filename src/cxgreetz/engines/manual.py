"""The engine of those who want none: every text waits for the editor.

In: segments. Out: always an EngineError of kind `left_to_editor`. Never: a network, a
file, a copy of the text.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxgreetz.errors import EngineError
from cxgreetz.model import LANGUAGE_NAMES, Language, Segment
from cxgreetz.ports import EngineCapabilities, EngineOptions

CAPABILITIES = EngineCapabilities(
    tags="xml", max_texts=1000, max_bytes=10_000_000, by_hand=True, leaves_this_machine=False
)


def translate(
    segments: Sequence[Segment],
    source_language: Language,  # noqa: ARG001
    target_language: Language,
    options: EngineOptions,  # noqa: ARG001
) -> list[str]:
    """Leave `segments` to the editor: raises EngineError (`left_to_editor`), whatever is asked."""
    count = f"{len(segments)} paragraph{'' if len(segments) == 1 else 's'}"
    language = LANGUAGE_NAMES[target_language]
    raise EngineError(
        f"{count} left for the editor to write in {language}, on the review page",
        kind="left_to_editor",
    )
