"""The tags of MJML, as far as our engine draws them: where they stand, what they take.

In: nothing. Out: tables: each tag's attributes with what they may hold, the tags in it, and
what a template may not use, with the reason. Never: a document.

They are MJML 4.18's own tables (allowedAttributes, dependencies) less what the engine was
measured to ignore: every attribute here changes what it draws.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from cxgreetz import colours

#: Says what is wrong with a value; "" when nothing is.
Kind = Callable[[str], str]

_NUMBER = r"\d+(?:\.\d+)?"


def _like(pattern: str, wanted: str) -> Kind:
    matches = re.compile(pattern).fullmatch

    def judge(value: str) -> str:
        if matches(value):
            return ""
        if re.search(r"(?<![\w.#])\d+(?![\w.%#])", value):
            mended = re.sub(r"(?<![\w.#])(\d+)(?![\w.%#])", r"\1px", value)
            if matches(mended):
                return f'has a number without its px; write "{mended}"'
        return f"is not {wanted}"

    return judge


def _one_of(*values: str) -> Kind:
    shown = [value for value in values if value]
    wanted = ", ".join(shown[:-1]) + " or " * (len(shown) > 1) + shown[-1]
    return lambda value: "" if value in values else f"is not {wanted}"


def free_text(_value: str) -> str:
    """The kind of what may hold anything."""
    return ""


def _colour(value: str) -> str:
    if re.fullmatch(r"#[0-9a-fA-F]{3}", value):
        return f'has three digits, which not every mail program reads; write "{_six(value)}"'
    if value == "transparent" or re.fullmatch(r"rgba\([\d\s.,%]+\)", value):
        return ""
    try:
        colours.parse(value)
    except ValueError:
        return 'is no colour; write one of six digits, like "#1b4b91"'
    return ""


def _border(value: str) -> str:
    if short := re.search(r"#[0-9a-fA-F]{3}(?![0-9a-fA-F])", value):
        return f'has a colour of three digits; write "{_six(short[0])}"'
    return ""


def _six(short: str) -> str:
    return str(colours.parse(short))


_px = _like(rf"{_NUMBER}px", "a length in px, like 24px")
_px_or_share = _like(rf"{_NUMBER}(?:px|%)", "a length in px or a percentage, like 24px or 50%")


def _sides(value: str) -> str:
    """Padding. The engine counts the room that is left only where all of it is in px."""
    wrong = _like(rf"{_NUMBER}px(?: {_NUMBER}px){{0,3}}", "one to four lengths in px")
    found = wrong(value)
    if found.startswith("has a number") or "%" in value:
        return (found or "is not in px") + " (else it does not count when widths are reckoned)"
    return found


def _many(kinds: Iterable[Kind]) -> Kind:
    """What is right for one of `kinds`."""
    every = list(kinds)

    def judge(value: str) -> str:
        said = [kind(value) for kind in every]
        return "" if "" in said else said[0]

    return judge


_corners = _like(
    rf"{_NUMBER}(?:px|%)(?: {_NUMBER}(?:px|%)){{0,3}}", "one to four lengths, like 12px"
)
_line_height = _like(rf"{_NUMBER}(?:px|%)?", "a length in px, a percentage or a number")
_spacing = _like(rf"-?{_NUMBER}(?:px|em)", "a length in px or em, like 1px")
_whole = _like(r"\d+", "a whole number")
#: By the end of an attribute's name, the longest that fits; everything else is text.
_KINDS: Mapping[str, Kind] = {
    "color": _colour,
    "border": _border,
    "border-top": _border,
    "border-bottom": _border,
    "border-left": _border,
    "border-right": _border,
    "border-width": _px,
    "border-radius": _corners,
    "padding": _sides,
    "padding-top": _px,
    "padding-bottom": _px,
    "padding-left": _px,
    "padding-right": _px,
    "font-size": _px,
    "line-height": _line_height,
    "letter-spacing": _spacing,
    "width": _px_or_share,
    "height": _px_or_share,
    "max-height": _px_or_share,
    "icon-size": _px_or_share,
    "align": _one_of("left", "center", "right"),
    "text-align": _one_of("left", "center", "right"),
    "vertical-align": _one_of("top", "middle", "bottom"),
    "direction": _one_of("ltr", "rtl"),
    "dir": _one_of("ltr", "rtl"),
    "full-width": _one_of("full-width", "false", ""),
    "fluid-on-mobile": _one_of("true", "false"),
    "background-repeat": _one_of("repeat", "no-repeat"),
    "table-layout": _one_of("auto", "fixed", "initial", "inherit"),
    "cellpadding": _whole,
    "cellspacing": _whole,
}


def _kind(attribute: str) -> Kind:
    parts = attribute.split("-")
    tails = ("-".join(parts[n:]) for n in range(len(parts)))
    return next((_KINDS[tail] for tail in tails if tail in _KINDS), free_text)


@dataclass(frozen=True, slots=True)
class Tag:
    #: What it takes, and what each may hold.
    takes: Mapping[str, Kind]
    #: The tags that may stand in it.
    holds: tuple[str, ...] = ()
    #: "tags": those alone; "html": HTML; "text": text alone; "nothing".
    inside: str = "tags"
    #: What it must have.
    needs: tuple[str, ...] = ()
    #: What MJML knows and the engine does not draw, and what to do instead.
    without: Mapping[str, str] = field(default_factory=dict)


_PADDING = "padding padding-top padding-bottom padding-left padding-right "
_BORDER = "border border-top border-bottom border-left border-right border-radius "
_GROUND = (
    "background-color background-url background-repeat background-size background-position "
    "background-position-x background-position-y "
)
_LETTERS = "color font-family font-size font-style font-weight line-height text-decoration "
_ROOM = _PADDING + "container-background-color vertical-align "
#: What stands in a column.
_CONTENT = "mj-button mj-divider mj-image mj-raw mj-social mj-spacer mj-table mj-text"


def _tag(
    takes: str = "",
    holds: str = "",
    *,
    inside: str = "",
    needs: str = "",
    without: Mapping[str, str] | None = None,
    body: bool = True,
    **special: Kind,
) -> Tag:
    names = [*takes.split(), *(("css-class", "mj-class") if body else ())]
    kinds = {name: special.get(name.replace("-", "_")) or _kind(name) for name in names}
    how = inside or ("tags" if holds else "nothing")
    return Tag(kinds, tuple(holds.split()), how, tuple(needs.split()), without or {})


@cache
def tags() -> Mapping[str, Tag]:
    """Every tag that a template may use."""
    row = {
        "gap": "put a section with an <mj-spacer> between two others",
        "text-padding": "give padding to what stands inside",
    }
    return {
        "mjml": _tag("lang dir", "mj-head mj-body", body=False, without={"owa": "", "version": ""}),
        "mj-head": _tag(
            "", "mj-attributes mj-breakpoint mj-raw mj-style mj-title", inside="tags", body=False
        ),
        "mj-title": _tag(inside="text", body=False),
        "mj-breakpoint": _tag("width", needs="width", body=False, width=_px),
        "mj-style": _tag(
            inside="text",
            body=False,
            without={"inline": "what it holds stays a <style>; write style= on the elements"},
        ),
        "mj-attributes": _tag(inside="tags", body=False),
        "mj-raw": _tag(
            inside="html",
            body=False,
            without={"position": "it cannot stand before the document"},
        ),
        "mj-body": _tag(
            "width background-color", "mj-section mj-wrapper mj-hero mj-raw", width=_px
        ),
        "mj-wrapper": _tag(
            _PADDING + _BORDER + _GROUND + "direction full-width text-align",
            "mj-section mj-hero mj-raw",
            without=row,
        ),
        "mj-section": _tag(
            _PADDING + _BORDER + _GROUND + "direction full-width text-align",
            "mj-column mj-group mj-raw",
            without=row,
        ),
        "mj-group": _tag("background-color direction vertical-align width", "mj-column mj-raw"),
        "mj-column": _tag(
            _PADDING + _BORDER + "background-color direction vertical-align width "
            "inner-background-color inner-border inner-border-top inner-border-bottom "
            "inner-border-left inner-border-right inner-border-radius",
            _CONTENT,
        ),
        "mj-hero": _tag(
            _PADDING + "height width mode background-color background-url background-width "
            "background-height background-position vertical-align inner-background-color "
            "inner-padding inner-padding-top inner-padding-bottom inner-padding-left "
            "inner-padding-right",
            _CONTENT,
            mode=_one_of("fixed-height"),
            without={
                "border-radius": "",
                "container-background-color": "use background-color",
            },
        ),
        "mj-text": _tag(
            _ROOM + _LETTERS + "align height letter-spacing text-transform",
            inside="html",
            align=_one_of("left", "center", "right", "justify"),
            without={"background-color": "use container-background-color"},
        ),
        "mj-button": _tag(
            _ROOM + _BORDER + _LETTERS + "align background-color height href inner-padding "
            "letter-spacing name rel target text-align text-transform width",
            inside="html",
            without={"title": "say in its text where it leads"},
        ),
        "mj-image": _tag(
            _ROOM + "align alt border border-left border-right border-radius fluid-on-mobile "
            "font-size height href max-height name rel src srcset target title usemap width",
            needs="src alt",
            width=_px,
            height=_many([_px, _one_of("auto")]),
            without={"sizes": "", "border-top": "use border", "border-bottom": "use border"},
        ),
        "mj-divider": _tag(_ROOM + "align border-color border-style border-width width"),
        "mj-spacer": _tag(_ROOM + "height"),
        "mj-table": _tag(
            _ROOM + "align border cellpadding cellspacing color font-family font-size "
            "line-height table-layout width",
            inside="html",
            width=_many([_px_or_share, _one_of("auto")]),
            without={
                "role": "",
                "font-weight": "write style= on its cells",
            },
        ),
        "mj-social": _tag(
            _ROOM + _LETTERS + "align border-radius icon-height icon-padding icon-size "
            "inner-padding mode text-padding",
            "mj-social-element mj-raw",
            mode=_one_of("horizontal", "vertical"),
            without={"table-layout": ""},
        ),
        "mj-social-element": _tag(
            _PADDING + _LETTERS + "align alt background-color border-radius href icon-height "
            "icon-padding icon-size name rel src target text-padding title vertical-align",
            inside="html",
            needs="alt",
            without={"icon-position": "", "srcset": "", "sizes": ""},
        ),
    }


_INSTEAD_OF_MANY = "show it all, or link to a page: few mail programs open and close anything"
#: What MJML has and a template may not use: why, and what to do.
REFUSED: Mapping[str, str] = {
    "mj-font": "fetches a font from elsewhere, which tells its owner who reads, and most mail "
    "programs show another one anyway; name fonts that readers have, in theme.toml",
    "mj-preview": "is white text, which spam filters count as hiding something; write the "
    "inbox line in a hidden <div> in the first <mj-raw> of <mj-body>",
    "mj-include": "loses the width of what it takes in; use {% include %} or a macro",
    "mj-html-attributes": "is unknown to the engine; write the attributes on the elements",
    "mj-selector": "is unknown to the engine; write the attributes on the elements",
    "mj-html-attribute": "is unknown to the engine; write the attributes on the elements",
    "mj-carousel": "stands still in most mail programs; use one <mj-image>",
    "mj-carousel-image": "stands still in most mail programs; use one <mj-image>",
    "mj-accordion": _INSTEAD_OF_MANY,
    "mj-accordion-element": _INSTEAD_OF_MANY,
    "mj-accordion-title": _INSTEAD_OF_MANY,
    "mj-accordion-text": _INSTEAD_OF_MANY,
    "mj-navbar": "falls apart in many mail programs; put links in an <mj-text>",
    "mj-navbar-link": "falls apart in many mail programs; put links in an <mj-text>",
}
#: The icons that the engine has an address of; "-noshare" may follow.
ICONS = (
    "dribbble", "facebook", "github", "google", "instagram", "linkedin", "medium", "pinterest",
    "snapchat", "soundcloud", "tumblr", "twitter", "vimeo", "web", "x", "xing", "youtube",
)  # fmt: skip


@cache
def parents(name: str) -> tuple[str, ...]:
    """The tags that the tag `name` may stand in."""
    return tuple(parent for parent, tag in tags().items() if name in tag.holds)


@cache
def any_attribute() -> Mapping[str, Kind]:
    """What mj-all and mj-class take: whatever some tag of the body takes."""
    kinds = defaultdict(list)
    for tag in tags().values():
        if "css-class" in tag.takes:
            for name, kind in tag.takes.items():
                kinds[name].append(kind)
    return {name: _many(every) for name, every in kinds.items() if name != "mj-class"}
