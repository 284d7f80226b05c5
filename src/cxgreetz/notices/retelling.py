"""What the program said in English, in the language of a notice.

In: a sentence of the program, the kind of notice it is told in. Out: the same in that language.
Never: a translation by a machine; words that say more than the English did.

The program speaks English to whoever types commands. People who get notices may read none; what
they are told often stands in `said.toml`, and for the rest a sentence says where to look.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from cxgreetz.model import Language


def retell(kind: str, message: str, language: Language) -> str:
    """Say `message` in `language` for a notice of a kind that `said.toml` knows; KeyError else."""
    tables = _tables()
    if language not in tables:
        return message
    words = tables[language]
    message = " ".join(message.split())
    known = (one for name in words["lists"][kind] for one in words[name])
    matches = ((one["says"], re.search(one["when"], message)) for one in known)
    said = list(dict.fromkeys(says.format_map(hit.groupdict()) for says, hit in matches if hit))
    if kind in words["also"]:
        said.append(words["also"][kind].format(message=message))
    return "; ".join(said) or str(words["otherwise"][kind])


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files("cxgreetz.notices") / "said.toml").read_text(encoding="utf-8"))
