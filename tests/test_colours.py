"""Colours: read as CSS writes them, measured as WCAG measures, mended by lightness alone."""

from __future__ import annotations

import colorsys

import pytest

from cxgreetz.colours import Colour, contrast, luminance, parse, readable


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#1b4b91", Colour(27, 75, 145)),
        (" #1B4B91 ", Colour(27, 75, 145)),
        ("#fc0", Colour(255, 204, 0)),
        ("rgb(27, 75,145)", Colour(27, 75, 145)),
        ("rgb(27 75 145)", Colour(27, 75, 145)),
        ("White", Colour(255, 255, 255)),
        ("rebeccapurple", Colour(102, 51, 153)),
    ],
)
def test_a_colour_is_read_as_css_writes_it(text: str, colour: Colour) -> None:
    assert parse(text) == colour
    assert parse(str(colour)) == colour


@pytest.mark.parametrize(
    "text",
    ["", "#12345", "#12345g", "1b4b91", "rgb(1,2)", "rgb(256,0,0)", "rgba(0,0,0,.5)", "roze"],
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no colour"):
        parse(text)


def test_contrast_is_wcags() -> None:
    assert luminance("#000000") == 0
    assert luminance("#ffffff") == pytest.approx(1)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    # Both are well-known edges of 4.5 on white: the first grey passes, the next one does not.
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#fff", "#777777") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(
    ("ink", "grounds"),
    [
        ("#aaaaaa", ["#ffffff"]),
        ("#9cc3ff", ["#ffffff", "#fbf7f1", "#eaf1fb"]),
        ("#12305e", ["#101a28", "#203450"]),
        ("#b4432a", ["#182537"]),
    ],
)
def test_a_readable_shade_is_the_nearest_one(ink: str, grounds: list[str]) -> None:
    found = readable(ink, grounds, 4.5)
    assert found
    worst = min(contrast(found, ground) for ground in grounds)
    # A shade of one part in 255 nearer would fail: so it cannot pass by much.
    assert 4.5 <= worst < 4.75
    hues = [colorsys.rgb_to_hls(*(c / 255 for c in parse(c)))[0] for c in (ink, found)]
    assert hues[0] == pytest.approx(hues[1], abs=0.01)


def test_what_can_be_read_stays_and_what_cannot_be_is_said() -> None:
    assert readable("#22303f", ["#ffffff"], 4.5) == "#22303f"
    assert readable("#22303f", ["#ffffff", "#000000"], 4.6) is None
