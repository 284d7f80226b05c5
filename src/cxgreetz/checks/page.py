"""Checks of the email as a page: its size, headings, contrast, buttons, leftovers.

In: an email's HTML. Out: Findings. Never: a browser; what is computed of styles is `_looks`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import html as lxml_html

from cxgreetz.checks._colours import tell_ratio
from cxgreetz.checks._found import Subject, counted, found, one_line, short, words_in
from cxgreetz.checks._looks import Look, texts_in
from cxgreetz.colours import contrast as contrast_between
from cxgreetz.markup import plain_text
from cxgreetz.model import Finding, Severity

#: Bytes. Gmail clips above 102,400, and the provider's pixel and footer come on top.
SIZE_WARNING, SIZE_ERROR = 70_000, 90_000
#: WCAG 2.2, 1.4.3: what text needs, and what large text needs.
CONTRAST_LEAST, CONTRAST_LEAST_LARGE = 4.5, 3.0
#: Pixels: what a thumb hits (WCAG 2.2, 2.5.5), and the least there must be (2.5.8).
TAP_GOOD, TAP_LEAST = 44, 24
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
#: What is left where a template did not become text.
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\*\|\w+\|\*|<mj-\w+|\[\[\w+\]\]")


def size(subject: Subject) -> Iterator[Finding]:
    """Mail programs cut long emails off: Gmail shows 102 KB.

    What the provider adds to every link to count clicks is part of it.
    """
    own, total = subject.email.weight(0), subject.email.weight(subject.link_overhead)
    if total <= SIZE_WARNING:
        return
    what = f"the email is {_kb(own)}"
    if total > own:
        links = (total - own) // subject.link_overhead
        what += f", and {_kb(total)} with what the provider adds to its {counted(links, 'link')}"
    yield found(
        size,
        Severity.ERROR if total > SIZE_ERROR else Severity.WARNING,
        subject.email.language,
        f"{what}; above {_kb(SIZE_ERROR)} it may be cut off",
        "leave pieces out for the next edition"
        + (", or send each language its own email (newsletter.layout)" * (len(subject.views) > 1)),
    )


def _kb(count: int) -> str:
    return f"{count / 1000:.0f} KB"


def heading_order(subject: Subject) -> Iterator[Finding]:
    """Who hears an email steps from heading to heading, as others look down the page.

    One heading of the first level names the newsletter; below it no level is left out, and
    none is empty.
    """
    headings = [
        (int(element.tag[1]), words_in(element))
        for element, look in subject.light.items()
        if element.tag in _HEADINGS and not look.hidden
    ]
    told: list[tuple[Severity, str]] = []
    first = [words for level, words in headings if level == 1]
    if len(first) != 1:
        names = ", ".join(f"“{short(words)}”" for words in first)
        many = f"{len(first)} headings of the first level: {names}"
        told.append((Severity.WARNING, many if first else "there is no heading of the first level"))
    if empty := sum(not words for _level, words in headings):
        are = "heading is" if empty == 1 else "headings are"
        told.append((Severity.WARNING, f"{empty} {are} empty"))
    before = 0
    for level, words in headings:
        if level > before + 1 and before:
            told.append(
                (Severity.INFO, f"“{short(words)}” is of level {level} and follows one of {before}")
            )
        before = level
    for severity, message in dict.fromkeys(told):
        yield found(
            heading_order, severity, subject.email.language, message, "mend it in the template"
        )


def contrast(subject: Subject) -> Iterator[Finding]:
    """Words stand out from what is behind them, on a light and on a dark device.

    Text needs a contrast of 4.5 to 1, large letters of 3 to 1 (the Web Content Accessibility
    Guidelines 2.2, level AA).
    """
    faults: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for scheme, seen in (("light", subject.light), ("dark", subject.dark)):
        for text, look in texts_in(seen):
            # A mark between two words, or what fills the inbox line, is not read.
            if not any(character.isalnum() for character in text):
                continue
            ground = look.ground.colour
            colour = look.colour.faded(look.opacity).over(look.ground).colour
            ratio = contrast_between(colour, ground)
            if ratio < (CONTRAST_LEAST_LARGE if look.is_large else CONTRAST_LEAST):
                pair = (str(colour), str(ground), tell_ratio(ratio))
                faults.setdefault(pair, {}).setdefault(scheme, []).append(one_line(text))
    for (ink, behind, told_ratio), by_scheme in faults.items():
        texts = list(dict.fromkeys(words for told in by_scheme.values() for words in told))
        more = f" and {len(texts) - 1} more" if len(texts) > 1 else ""
        yield found(
            contrast,
            Severity.ERROR,
            subject.email.language,
            f"“{short(texts[0])}”{more}: {ink} on {behind} has a contrast of {told_ratio} "
            f"to 1 on a {' and on a '.join(by_scheme)} device",
            "give it a colour with more contrast in the template",
            texts[0],
        )


def tap_target(subject: Subject) -> Iterator[Finding]:
    """A button is tall enough for a thumb: 44 pixels, and never less than 24."""
    for element, look in subject.light.items():
        if element.tag != "a" or look.hidden or not _is_button(element, look, subject.light):
            continue
        height = round(look.padding + look.line, 1)
        if height < TAP_GOOD:
            yield found(
                tap_target,
                Severity.WARNING if height < TAP_LEAST else Severity.INFO,
                subject.email.language,
                f"the button “{short(words_in(element))}” is {height:g} pixels tall",
                f"more padding in the template; {TAP_GOOD} is good",
            )


def _is_button(
    element: lxml_html.HtmlElement, look: Look, seen: Mapping[lxml_html.HtmlElement, Look]
) -> bool:
    """Whether a link is drawn as a block with a ground: its own, or that of its table cell."""
    if look.display not in ("inline-block", "block") or element.find(".//img") is not None:
        return False
    cell = element.getparent()
    if look.painted or cell is None or cell.tag != "td":
        return look.painted
    alone = one_line(cell.text_content()) == one_line(element.text_content())
    return seen[cell].painted and alone


def leftover_tag(subject: Subject) -> Iterator[Finding]:
    """A reader must never see the inside of a template."""
    # A column about templates may well quote one.
    written = " ".join(
        [view.greeting + view.subject for view in subject.views]
        + [item.title for _view, item in subject.items]
        + [plain_text(block.html) for _view, item in subject.items for block in item.blocks]
    )
    visible = subject.document.text_content()
    for part, text in (("the email", visible), ("the text part", subject.email.text)):
        for tag in dict.fromkeys(_TAGS.findall(text)):
            if tag in written:
                continue
            yield found(
                leftover_tag,
                Severity.ERROR,
                subject.email.language,
                f"{part} shows the template tag {tag!r}",
                "mend the template, or write it differently in the column",
            )
