"""The email: one view per language in, HTML and plain text out.

In: an EmailView (two for the combined layout) in which which pieces, what text and which
links are already decided, and a template folder. Out: an Email; the same view and template
always give the same bytes. Never: a network, SQL, a clock, a provider's tags. Templates link
to `cxgreetz:unsubscribe` and `cxgreetz:web_version`, which a provider's adapter swaps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from cxgreetz.errors import TemplateError
from cxgreetz.model import Email, EmailView, EventView, Image, ItemView
from cxgreetz.render import prose
from cxgreetz.render.mjml_html import MjmlError, to_html
from cxgreetz.render.template import MARK, TOKEN, Template, find_template
from cxgreetz.render.theme import load_theme

__all__ = ["find_template", "render"]

#: Where an inbox stops showing a subject, in characters.
SUBJECT_LIMIT = 70
#: And what stands behind it.
PREHEADER_LIMIT = 130
_WORD = re.compile(r"\S+")


def render(view: EmailView | Sequence[EmailView], template_folder: Path | None = None) -> Email:
    """Make the email of one view; of several, the combined layout, in their order.

    `template_folder` is what `find_template` gave; None: the built-in one. A folder may hold
    just the files (and of words.toml and theme.toml just the lines) that differ from the
    built-in template. Raises TemplateError with all that is wrong, each with file, line and
    column, ConfigError for a wrong words.toml or theme.toml.
    """
    views = (view,) if isinstance(view, EmailView) else tuple(view)
    if not views:
        raise ValueError("nothing to render: no view was given")
    first = views[0]
    template = Template(template_folder)
    words = template.table("words.toml")
    subject, preheader = _subject(views), _preheader(views)
    context = {
        "parts": [{"view": _safe(v), "words": words[v.language]} for v in views],
        "subject": subject,
        "preheader": preheader,
        "words": words,
        "theme": load_theme(template.layers("theme.toml")),
        "sender": dict(zip(("name", "address"), parseaddr(first.sender), strict=True)),
    }
    return Email(
        edition=first.edition,
        language="+".join(v.language for v in views),
        subject=subject,
        preheader=preheader,
        html=TOKEN.sub(r"\1&#58;", _html(template, context)).replace(MARK, "cxgreetz:"),
        text=_WORD.sub(_defuse, _text(template, context)).replace(MARK, "cxgreetz:"),
        sender=first.sender,
    )


def _html(template: Template, context: dict[str, Any]) -> str:
    try:
        return to_html(template.fill("email.mjml", context))
    except MjmlError as error:
        spots = [(fault.line, fault.mark, fault.nth) for fault in error.faults]
        places = template.places("email.mjml", context, spots)
        said = [f"{p}: {f.message}" for p, f in zip(places, error.faults, strict=True)]
        # What stands in a loop is wrong once, however often it is gone through.
        raise TemplateError(*dict.fromkeys(said)) from error


def _text(template: Template, context: dict[str, Any]) -> str:
    text = re.sub(r"[ \t]+$", "", template.fill("email.txt", context), flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _defuse(found: re.Match[str]) -> str:
    """Break a token in a word of someone's text: in an address by an escape, else by a joiner."""
    return TOKEN.sub(r"\1%3A" if "://" in found[0] else "\\1\u2060:", found[0])


def _safe(view: EmailView) -> EmailView:
    """Take away addresses that are no web addresses."""

    def picture(image: Image | None) -> Image | None:
        src = prose.web_address(image.src) if image else ""
        return replace(image, src=src) if image and src else None

    def item(given: ItemView) -> ItemView:
        blocks = tuple(replace(b, image=picture(b.image)) for b in given.blocks)
        url, link = prose.web_address(given.url), prose.web_address(given.link or given.url)
        return replace(given, url=url, link=link, image=picture(given.image), blocks=blocks)

    events = tuple(_event(e) for e in view.events)
    return replace(view, items=tuple(map(item, view.items)), events=events)


def _event(given: EventView) -> EventView:
    url, link = prose.web_address(given.url), prose.web_address(given.link or given.url)
    return replace(given, url=url, link=link)


def _subject(views: Sequence[EmailView]) -> str:
    """Both subjects where both fit, the newsletter's name only once; else the first."""
    ending = f" · {views[0].newsletter}"
    titles = dict.fromkeys(view.subject.removesuffix(ending) for view in views)
    named = any(view.subject.endswith(ending) for view in views)
    both = " / ".join(titles)
    fitting = [s for s in ([both + ending] if named else []) + [both] if len(s) <= SUBJECT_LIMIT]
    return fitting[0] if len(views) > 1 and fitting else views[0].subject


def _preheader(views: Sequence[EmailView]) -> str:
    """Both preheaders where both fit, else the first."""
    both = " / ".join(dict.fromkeys(view.preheader for view in views if view.preheader))
    return both if len(both) <= PREHEADER_LIMIT else views[0].preheader
