"""Markup out and back: nothing is lost, damage is found, what is harmless is mended."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxgreetz.translation import coded
from cxgreetz.translation.segments import decode, encode
from cxgreetz.translation.verify import placeholders, repair
from fragments import make_fragment

TRIPS = int(os.environ.get("CXGREETZ_TEST_EXAMPLES", "2000"))
#: Of each kind of damage.
CASES = 300
_SEEDS = st.integers(0, 2**48)
_MARK = re.compile(r"</?[gx]\d+/?>")


@settings(max_examples=TRIPS, deadline=None, database=None)
@given(_SEEDS)
def test_nothing_is_lost_on_the_way(seed: int) -> None:
    fragment = make_fragment(seed)
    cut = encode(fragment.html)
    assert decode(cut.text, cut) == fragment.clean
    assert coded.faults(cut.text, cut.text) == []
    assert repair(cut.text, cut.text) == cut.text


@settings(max_examples=300, deadline=None, database=None)
@given(_SEEDS)
def test_fragments_are_coded_as_they_say(seed: int) -> None:
    fragment = make_fragment(seed)
    cut = encode(f"{fragment.html} slot")
    assert cut.text == f"{fragment.coded} slot"


# damage


def _pairs(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"<g(\d+)>", text)]


def _voids(text: str) -> list[str]:
    return re.findall(r"<x\d+/>", text)


def drop_pair(text: str, chance: random.Random) -> str:
    number = chance.choice(_pairs(text))
    return re.sub(rf"</?g{number}>", "", text)


def drop_close(text: str, chance: random.Random) -> str:
    return text.replace(f"</g{chance.choice(_pairs(text))}>", "")


def drop_void(text: str, chance: random.Random) -> str:
    return text.replace(chance.choice(_voids(text)), "")


def double_void(text: str, chance: random.Random) -> str:
    void = chance.choice(_voids(text))
    return text.replace(void, f"{void} en {void}")


def cross_pairs(text: str, chance: random.Random) -> str:
    """Let a pair end where another one that follows or holds it has begun but not ended."""
    number = chance.choice([n for n in _pairs(text) if _next_pair_mark(text, n)])
    after = _next_pair_mark(text, number)
    assert after
    mark = f"</g{number}>"
    return text.replace(after, f"{after}{mark}", 1).replace(mark, "", 1)


def _next_pair_mark(text: str, number: int) -> str | None:
    """What opens or closes right after a pair, of another pair."""
    end = text.index(f"</g{number}>") + len(f"</g{number}>")
    found = re.search(r"</?g\d+>", text[end:])
    return found[0] if found else None


def empty_pair(text: str, chance: random.Random) -> str:
    number = chance.choice(_pairs(text))
    inside = re.search(rf"<g{number}>(.*)</g{number}>", text)
    assert inside
    return text.replace(inside[0], f"<g{number}></g{number}> {inside[1]}")


def renumber(text: str, chance: random.Random) -> str:
    marks = _MARK.findall(text)
    number = re.sub(r"\D", "", chance.choice(marks))
    return re.sub(rf"(</?[gx]){number}(/?>)", r"\g<1>77\2", text)


def escape_one(text: str, chance: random.Random) -> str:
    mark = chance.choice(_MARK.findall(text))
    return text.replace(mark, coded.escape(mark), 1)


def lose_all(text: str, chance: random.Random) -> str:
    return _MARK.sub("", text)


DAMAGES: dict[str, tuple[Callable[[str, random.Random], str], Callable[[str], object]]] = {
    "dropped pair": (drop_pair, _pairs),
    "dropped close": (drop_close, _pairs),
    "dropped void": (drop_void, _voids),
    "doubled void": (double_void, _voids),
    "crossed pairs": (
        cross_pairs,
        lambda text: [n for n in _pairs(text) if _next_pair_mark(text, n)],
    ),
    "emptied pair": (empty_pair, _pairs),
    "renumbered id": (renumber, _MARK.findall),
    # One alone is taken for one that was escaped on the way, and put right.
    "escaped markers": (escape_one, lambda text: len(_MARK.findall(text)) > 1),
    "all tags gone": (lose_all, _MARK.findall),
}


@pytest.mark.parametrize("kind", DAMAGES)
@settings(max_examples=CASES, deadline=None, database=None)
@given(_SEEDS)
def test_damage_is_found(kind: str, seed: int) -> None:
    damage, applies = DAMAGES[kind]
    chance = random.Random(seed)
    source = make_fragment(seed).coded
    while not applies(source):
        source = make_fragment(chance.randrange(2**48)).coded
    answer = damage(source, chance)
    assert answer != source
    assert placeholders(source, repair(source, answer)), answer


# harmless changes


def capitals(mark: str, chance: random.Random) -> str:
    return mark.upper()


def spaces(mark: str, chance: random.Random) -> str:
    parts = re.fullmatch(r"<(/?)([gx]\d+)(/?)>", mark)
    assert parts
    gaps = [" " * chance.randint(0, 2) for _ in range(4)]
    return f"<{gaps[0]}{parts[1]}{gaps[1]}{parts[2]}{gaps[2]}{parts[3]}{gaps[3]}>"


def open_and_close(mark: str, chance: random.Random) -> str:
    return re.sub(r"<(x\d+)/>", r"<\1></\1>", mark)


def all_of_them(mark: str, chance: random.Random) -> str:
    return chance.choice([capitals, spaces, open_and_close])(mark, chance)


@pytest.mark.parametrize("change", [capitals, spaces, open_and_close, all_of_them])
@settings(max_examples=CASES, deadline=None, database=None)
@given(_SEEDS)
def test_harmless_changes_are_mended_exactly(
    change: Callable[[str, random.Random], str], seed: int
) -> None:
    chance = random.Random(seed)
    source = make_fragment(seed).coded
    answer = _MARK.sub(lambda match: change(match[0], chance), source)
    assert repair(source, answer) == source


@settings(max_examples=CASES, deadline=None, database=None)
@given(_SEEDS)
def test_markers_that_were_all_escaped_are_mended_exactly(seed: int) -> None:
    source = make_fragment(seed).coded.replace("&lt;g1&gt;", "g1")
    answer = _MARK.sub(lambda match: coded.escape(match[0]), source)
    assert repair(source, answer) == source
