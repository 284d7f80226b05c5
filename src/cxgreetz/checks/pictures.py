"""Checks of the pictures: are they described, can they be shown, are they light?

In: the views, their email, and what pictures turned out to be when they were fetched. Out:
Findings. Never: a network, a picture itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from lxml import html as lxml_html

from cxgreetz.checks._found import Place, Subject, found, pictures_of, short
from cxgreetz.model import Finding, PictureFacts, Severity

#: Bytes of one picture that are mentioned, and that want a person's word; and of all.
PICTURE_MUCH, PICTURE_MOST, PICTURES_MUCH = 200_000, 1_000_000, 800_000
#: What programs do not show that many readers have.
_UNSEEN = {
    "webp": "Outlook on Windows shows nothing",
    "avif": "Outlook on Windows, and others, show nothing",
    "svg": "Gmail and Outlook show nothing",
}


def image_alt(subject: Subject) -> Iterator[Finding]:
    """Readers who do not see a picture read its description instead."""
    told: set[str] = set()
    for image in subject.document.iter("img"):
        src = image.get("src", "")
        if image.get("alt") is None and src not in told:
            told.add(src)
            yield found(
                image_alt,
                Severity.ERROR,
                subject.email.language,
                f"the picture {src!r} has no alt attribute",
                "give it one in the template",
            )
    # Short reads show no picture.
    shown = {image.get("src", "") for image in subject.document.iter("img")} - told
    for view, item in subject.items:
        for picture_there in pictures_of(item):
            src = picture_there.src
            if picture_there.alt is None and src in shown and src not in told:
                told.add(src)
                yield found(
                    image_alt,
                    Severity.WARNING,
                    (view, item),
                    f"the picture of “{item.title}” has no description",
                    'describe it at the source, or mark it as decoration (alt="")',
                    src,
                )


def picture(subject: Subject) -> Iterator[Finding]:
    """Every picture is there, is shown by every mail program, and comes quickly.

    Best are png, jpeg and gif from an https address, twice as wide as they are shown, under
    200 KB each and 800 KB together.
    """
    owners: dict[str, Place] = {}
    for view, item in subject.items:
        for one in pictures_of(item):
            owners.setdefault(one.src, (view, item))
    shown = {e.get("src", ""): e for e in reversed(list(subject.document.iter("img")))}
    shown = {src: e for src, e in reversed(shown.items()) if src}
    for src, element in shown.items():
        where = owners.get(src, subject.email.language)
        for severity, problem, remedy in _judge(src, element, subject.pictures.get(src)):
            what = f"the picture {_name(src)} {problem}"
            yield found(picture, severity, where, what, remedy, src)
    sizes = {src: subject.pictures[src].size or 0 for src in shown if src in subject.pictures}
    heaviest = max(sizes, key=lambda src: sizes[src], default="")
    # One picture that weighs as much by itself was told above.
    if sum(sizes.values()) > PICTURES_MUCH >= sizes[heaviest]:
        yield found(
            picture,
            Severity.INFO,
            subject.email.language,
            f"the pictures weigh {_kb(sum(sizes.values()))} together; {_name(heaviest)} is the "
            f"heaviest, with {_kb(sizes[heaviest])}",
            f"smaller files at the source; {_kb(PICTURES_MUCH)} together come quickly",
        )


def _judge(
    src: str, element: lxml_html.HtmlElement, facts: PictureFacts | None
) -> Iterator[tuple[Severity, str, str]]:
    if src.lower().startswith("http:"):
        yield (
            Severity.INFO,
            "comes from an http address, and many programs show nothing",
            "give it an https address at the source",
        )
    if facts and not facts.kind:
        gone = facts.status in (404, 410)
        yield (
            Severity.ERROR if gone else Severity.INFO,
            f"could not be had: {facts.problem or 'nobody answered'}",
            "put it back at the source, or another in its place" if gone else "open it yourself",
        )
        return
    kind = facts.kind if facts else _suffix(src)
    if kind in _UNSEEN:
        # A webp is what many sites give by themselves; of a svg most readers see nothing.
        severity = Severity.WARNING if kind == "svg" else Severity.INFO
        yield severity, f"is {kind}: {_UNSEEN[kind]}", "give it as png or jpeg at the source"
    if facts is None:
        return
    if facts.size and facts.size > PICTURE_MUCH:
        heavy = facts.size > PICTURE_MOST
        yield (
            Severity.WARNING if heavy else Severity.INFO,
            f"weighs {_kb(facts.size)}",
            f"a smaller file at the source; {_kb(PICTURE_MUCH)} come quickly on a phone",
        )
    told = re.fullmatch(r"\d{1,5}", element.get("width", ""))
    width = int(told[0]) if told else 0
    if facts.width and facts.width < width and kind != "svg":
        yield (
            Severity.INFO,
            f"is {facts.width} pixels wide and shown at {width}: it looks blurred",
            f"a file of {2 * width} pixels is sharp on every screen",
        )


def _suffix(src: str) -> str:
    try:
        return PurePosixPath(urlsplit(src).path).suffix[1:].lower()
    except ValueError:
        return ""


def _name(src: str) -> str:
    """The file's name, which says more than its address."""
    return short(src.partition("?")[0].rstrip("/").rpartition("/")[2] or src)


def _kb(count: int) -> str:
    return f"{count / 1000:.0f} KB"
