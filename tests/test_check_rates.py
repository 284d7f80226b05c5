"""How rarely the checks cry wolf, and how much they find, on lines made here."""

from __future__ import annotations

from collections import Counter

import pytest

import measuring
import pairs
from cxgreetz.model import Language, Severity

LINES = pairs.good_lines(150, seed=3)
Way = tuple[Language, Language]
BY_WAY = pytest.mark.parametrize("way", measuring.WAYS, ids="-".join)


def test_the_lines_are_many_and_varied() -> None:
    many = pairs.good_lines(1000)
    assert len(set(many)) == 1000
    dutch = [line[0] for line in many]
    for kind in "?!:‘“(%€":
        wanted = "procent" if kind == "%" else kind
        assert sum(wanted in line for line in dutch) >= 10, f"too few with {kind}"
    assert sum(line.count(". ") >= 2 for line in dutch) >= 100, "too few paragraphs"
    assert pairs.good_lines(20, seed=5) == pairs.good_lines(20, seed=5)


@BY_WAY
@pytest.mark.parametrize("own", [False, True], ids=["made", "demo"])
def test_good_lines_are_seldom_flagged(way: Way, own: bool) -> None:
    lines = measuring.own_lines() if own else LINES
    by_check, found = measuring.false_alarms(lines, way)
    assert found[Severity.ERROR] < 0.02 * len(lines), by_check
    assert found[Severity.WARNING] < 0.05 * len(lines), by_check


@BY_WAY
@pytest.mark.parametrize(
    ("damage", "rate"),
    [(damage, rate) for _name, damage, rate in pairs.DAMAGES if rate is not None],
    ids=[name for name, _damage, rate in pairs.DAMAGES if rate is not None],
)
def test_damage_is_found_at_the_rate_that_was_measured(
    way: Way, damage: pairs.Damage, rate: int
) -> None:
    count, worst = measuring.caught(LINES, damage, way)
    assert count >= 20
    assert worst.total() >= count * rate / 100, dict(worst)
    if damage not in (pairs.name_swapped, pairs.negation_dropped):
        shown: Counter[Severity] = worst - Counter({Severity.INFO: worst[Severity.INFO]})
        assert shown.total() >= count * rate / 100, "what is only shown waits for nobody"
