"""Render the sample editions and photograph them, to look at the template while changing it.

In: nothing but the templates and the samples of the tests. Out: a folder with an email per
sample, its pictures as readers meet it (wide and narrow, light and dark, images off) and an
index.html that shows all; with --readme the README's own pictures. Never: a network.
"""

from __future__ import annotations

import argparse
import html
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, FloatRect

from cxgreetz.render import render

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import browser as browsers
import sample_editions as samples


@dataclass(frozen=True, slots=True)
class Way:
    """How a reader meets an email."""

    name: str
    width: int
    dark: bool = False
    images: bool = True


WAYS = (
    Way("600 light", 600),
    Way("600 dark", 600, dark=True),
    Way("375 light", 375),
    Way("375 dark", 375, dark=True),
    Way("600 images off", 600, images=False),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in the README: a sample as one way shows it, from `top` and so many px high."""

    file: str
    sample: str
    way: Way
    height: int
    top: int = 0


#: As large as a page about a letter should be: none over 250 KB.
SHOWN = (
    Shown("email-light.png", "en-5", WAYS[0], 1335),
    Shown("email-dark-phone.png", "nl-5", WAYS[3], 1494),
    Shown("email-combined.png", "nl+en-2", WAYS[0], 1340, top=1384),
)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("names", nargs="*", help="samples; without: all", metavar="NAME")
    asked.add_argument("--readme", type=Path, help="where the README's pictures go")
    options = asked.parse_args()
    known = {sample.name: sample for sample in samples.all_samples()}
    if unknown := set(options.names) - set(known):
        sys.exit(f"{', '.join(sorted(unknown))}: no such sample; there are: {', '.join(known)}")
    chosen = [known[name] for name in options.names or known]
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        with browsers.open_browser() as browser:
            samples.draw_pictures(browser, options.folder / "pictures")
            for sample in chosen:
                _write(sample, options.folder)
            for way in WAYS:
                _photograph(browser, way, chosen, options.folder)
            if options.readme:
                _photograph_for_readme(browser, options.folder, options.readme)
    except FileNotFoundError as error:
        sys.exit(str(error))
    index = options.folder / "index.html"
    index.write_text(_index([s for s in known.values() if _file(options.folder, s).exists()]))
    print(index)


def _file(folder: Path, sample: samples.Sample, ending: str = "html") -> Path:
    return folder / f"{sample.name}.{ending}"


def _write(sample: samples.Sample, folder: Path) -> None:
    email = render(sample.views)
    _file(folder, sample).write_text(samples.at_home(email.html, "pictures"), encoding="utf-8")
    _file(folder, sample, "txt").write_text(email.text, encoding="utf-8")


def _picture(sample: samples.Sample, way: Way) -> str:
    return f"{sample.name}-{way.name.replace(' ', '-')}.png"


def _photograph(browser: Browser, way: Way, chosen: Sequence[samples.Sample], folder: Path) -> None:
    with browsers.a_page(browser, width=way.width, dark=way.dark, images=way.images) as page:
        for sample in chosen:
            page.goto(_file(folder, sample).resolve().as_uri())
            page.screenshot(path=folder / _picture(sample, way), full_page=True)


def _photograph_for_readme(browser: Browser, folder: Path, target: Path) -> None:
    for shown in SHOWN:
        width, dark = shown.way.width, shown.way.dark
        with browsers.a_page(browser, width=width, dark=dark) as page:
            page.goto((folder / f"{shown.sample}.html").resolve().as_uri())
            clip = FloatRect(x=0, y=shown.top, width=width, height=shown.height)
            page.screenshot(path=target / shown.file, full_page=True, clip=clip)


def _index(shown: Sequence[samples.Sample]) -> str:
    """A page of all pictures: a row for each sample, a column for each way."""
    rows = []
    for sample in shown:
        name = html.escape(sample.name)
        cells = "".join(
            f'<figure><a href="{_picture(sample, way)}"><img src="{_picture(sample, way)}"'
            f' loading="lazy" width="{way.width // 2}" alt="{name}, {way.name}"></a>'
            f"<figcaption>{way.name}</figcaption></figure>"
            for way in WAYS
        )
        links = f'<a href="{name}.html">HTML</a> · <a href="{name}.txt">text</a>'
        rows.append(f'<h2 id="{name}">{name}</h2><p>{links}</p><div class="row">{cells}</div>')
    jumps = " · ".join(f'<a href="#{html.escape(s.name)}">{html.escape(s.name)}</a>' for s in shown)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sample editions</title><style>'
        "body{font:16px/1.5 sans-serif;margin:24px;color:#22303f}"
        ".row{display:flex;gap:16px;align-items:start;overflow-x:auto}figure{margin:0}"
        "img{border:1px solid #ccc;display:block}figcaption{color:#3d4d60}</style>"
        f"<h1>Sample editions</h1><p>{jumps}</p>{''.join(rows)}</html>\n"
    )


if __name__ == "__main__":
    main()
