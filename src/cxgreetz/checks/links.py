"""Checks of the links: can each be followed, does it say where it leads, is it counted once?

In: the views, their email, and what came back when links were followed. Out: Findings.
Never: a network: the links were followed before, or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cxgreetz.checks._found import (
    UTM,
    Anchor,
    Place,
    Subject,
    counted,
    found,
    page_of,
    parameters_of,
    short,
)
from cxgreetz.markup import links_of
from cxgreetz.model import EmailView, Finding, ItemView, LinkAnswer, Severity

#: The page is gone, or may not be shown (RFC 9110, RFC 7725).
_GONE = {404: "is not there", 410: "is gone for good", 451: "may not be shown, for legal reasons"}
#: Link texts that say nothing of where they lead.
_BARE = {
    "hier", "klik hier", "lees hier", "lees meer", "lees verder", "meer", "meer lezen", "verder",
    "meer info", "meer informatie", "link", "deze link", "here", "click here", "click", "more",
    "read more", "read on", "learn more", "more info", "this link", "find out more", "continue",
}  # fmt: skip


def link(subject: Subject) -> Iterator[Finding]:
    """Every column leads to its page, and every link is an address that can be followed.

    A link inside the email (`#name`) needs a place of that name in it.
    """
    names = {n for e in subject.document.iter("*") for n in (e.get("id"), e.get("name")) if n}
    told: set[str] = set()
    for view, item in subject.items:
        for href in dict.fromkeys([item.url, *_links_in(item)]):
            if problem := _link_problem(href, names):
                told |= {href, item.link or href} if href == item.url else {href}
                what = "the link" if href == item.url else f"the link {href!r} in"
                yield found(
                    link,
                    Severity.ERROR,
                    (view, item),
                    f"{what} {'to ' if href == item.url else ''}“{item.title}” {problem}",
                    "mend the address at the source",
                )
    for anchor in subject.anchors:
        ours = anchor.href.startswith("cxgreetz:")
        if not ours and anchor.href not in told and (problem := _link_problem(anchor.href, names)):
            told.add(anchor.href)
            yield found(
                link,
                Severity.ERROR,
                subject.email.language,
                f"the link {anchor.href!r} ({short(anchor.text)}) {problem}",
                "mend it in the template",
            )


def _links_in(item: ItemView) -> list[str]:
    return [href for block in item.blocks for href in links_of(block.html)]


def _link_problem(href: str, names: set[str]) -> str | None:
    if not href.strip() or href.strip() == "#":
        return "leads nowhere"
    if href.startswith("#"):
        return None if href[1:] in names else "leads to a place that is not in the email"
    try:
        parts = urlsplit(href)
        if parts.scheme == "mailto":
            return None if "@" in parts.path else "names no mail address"
        if parts.scheme in ("http", "https") and parts.hostname and " " not in href:
            return None
    except ValueError:
        pass
    return "is no whole web address"


def _is_web(href: str) -> bool:
    return href.lower().startswith(("http://", "https://"))


def _owners(subject: Subject) -> dict[str, tuple[EmailView, ItemView]]:
    """By page: the first item whose page it is."""
    owners: dict[str, tuple[EmailView, ItemView]] = {}
    for view, item in subject.items:
        owners.setdefault(page_of(item.url), (view, item))
    return owners


def dead_link(subject: Subject) -> Iterator[Finding]:
    """Every link was followed, and its page was there.

    A site that lets no program look is one to open yourself. Where nothing at all answered,
    this machine had no connection, and nothing is known of the links.
    """
    anchors = _followable(subject)
    answers = {page_of(url): answer for url, answer in subject.answers.items()}
    followed = [answers[page] for page in anchors if page in answers]
    if followed and all(answer.status is None for answer in followed):
        yield found(
            dead_link,
            Severity.INFO,
            subject.email.language,
            "no link could be followed: no connection",
            "look at the connection, then: cxgreetz check",
        )
        return
    owners = _owners(subject)
    for page, anchor in anchors.items():
        if page in answers and (judged := _judge(answers[page])):
            severity, problem, remedy = judged
            where: Place = owners.get(page, subject.email.language)
            words = f"“{short(anchor.text)}”" if anchor.text else "a link without words"
            what = f"{words} leads to {page}, which {problem}"
            yield found(dead_link, severity, where, what, remedy, page)
    if left := len(anchors.keys() - answers.keys()):
        yield found(
            dead_link,
            Severity.INFO,
            subject.email.language,
            f"{counted(left, 'link')} not followed yet",
            "cxgreetz check",
        )


def _followable(subject: Subject) -> dict[str, Anchor]:
    """By page: the first link to it, with words where one has some.

    Not the email's own place on the web, nor its sister's: nothing stands there yet.
    """
    ahead = {page_of(link) for view in subject.views for link in (view.web_version, view.sister)}
    anchors: dict[str, Anchor] = {}
    for anchor in subject.anchors:
        told = anchor.page in anchors and anchors[anchor.page].text
        if _is_web(anchor.href) and anchor.page not in ahead and not told:
            anchors[anchor.page] = anchor
    return anchors


def _judge(answer: LinkAnswer) -> tuple[Severity, str, str] | None:
    """How bad an answer is, what it says of the page, and what to do; None: all is well."""
    status = answer.status
    if status is None:
        why = answer.problem or "nobody answered"
        remedy = "open it yourself; try again later with: cxgreetz check"
        return Severity.WARNING, f"did not answer ({why})", remedy
    if status in _GONE:
        remedy = "mend the address where it is written, or take the link out"
        return Severity.ERROR, f"{_GONE[status]} (it answered {status})", remedy
    if status >= 500 and status != 999:
        remedy = "open it yourself; try again later with: cxgreetz check"
        return Severity.WARNING, f"answered {status}: its site is in trouble", remedy
    if status >= 400:
        told = f"answered {status}: the site lets no program look"
        return Severity.INFO, told, "open it yourself"
    if answer.moved_to:
        told = f"has moved for good, to {answer.moved_to}"
        return Severity.INFO, told, "write the new address where you can"
    return None


def utm(subject: Subject) -> Iterator[Finding]:
    """Where readers are counted, every link to a column says which edition they came from.

    It keeps the page's own parameters beside `utm_source`, `utm_medium=email`,
    `utm_campaign` (the edition) and `utm_content`. Links to events may have them, others not.
    """
    in_text = {href for _view, item in subject.items for href in _links_in(item)}
    own = [anchor for anchor in subject.anchors if anchor.href not in in_text]
    columns = {_bare(page_of(item.url)) for _view, item in subject.items}
    linked = {_bare(anchor.page) for anchor in own}
    uncounted: list[str] = []
    for view, item in subject.items:
        if not item.link or item.link == item.url:
            continue
        page = page_of(item.url)
        there = [anchor for anchor in own if anchor.page == page]
        if page_of(item.link) != page or (not there and _bare(page) in linked):
            yield found(
                utm,
                Severity.ERROR,
                (view, item),
                f"the link to “{item.title}” has lost parameters of its own: {item.url}",
                "mend the template, or write utm = false in cxgreetz.toml",
            )
        elif any(not _is_counted(anchor.href, view.edition) for anchor in there):
            uncounted.append(item.title)
    if uncounted:
        several = f" and {len(uncounted) - 1} more" if len(uncounted) > 1 else ""
        yield found(
            utm,
            Severity.WARNING,
            subject.email.language,
            f"readers of “{short(uncounted[0])}”{several} are not counted as this edition's",
            "let the template link to item.link",
        )
    told = {page for v in subject.views for e in v.events if (page := page_of(e.url))}
    for anchor in own:
        if UTM in anchor.href and _bare(anchor.page) not in columns and anchor.page not in told:
            ours = anchor.href.startswith("cxgreetz:")
            yield found(
                utm,
                Severity.ERROR if ours else Severity.INFO,
                subject.email.language,
                f"“{short(anchor.text)}” leads to no column, and has utm_ parameters",
                "take them off in the template",
                anchor.href,
            )


def _bare(page: str) -> str:
    """A page without its parameters."""
    return page.partition("?")[0]


def _is_counted(href: str, edition: str) -> bool:
    given = parameters_of(href)
    exact = {"utm_medium": "email", "utm_campaign": edition}
    there = given.get("utm_source") and given.get("utm_content")
    return bool(there) and all(given.get(name) == value for name, value in exact.items())


def duplicate_link_text(subject: Subject) -> Iterator[Finding]:
    """A link says where it leads: who hears only the links of an email can choose.

    The same words lead to one page, and none is only “lees meer” or “read more”.
    """
    pages: dict[str, set[str]] = {}
    words: dict[str, str] = {}
    for anchor in subject.anchors:
        key = anchor.text.casefold().strip(" .!…:→›»>")
        if key:
            pages.setdefault(key, set()).add(anchor.page)
            words.setdefault(key, anchor.text)
    for key, led_to in pages.items():
        if key in _BARE:
            message = f"the link “{short(words[key])}” does not say where it leads"
        elif len(led_to) > 1:
            message = f"“{short(words[key])}” leads to {len(led_to)} different pages"
        else:
            continue
        yield found(
            duplicate_link_text,
            Severity.INFO,
            subject.email.language,
            message,
            "name what the reader will find there",
        )


def unsubscribe_missing(subject: Subject) -> Iterator[Finding]:
    """Whoever no longer wants the newsletter can leave it: law and decency ask for it."""
    token = "cxgreetz:unsubscribe"  # noqa: S105 - a link, not a secret
    for part, missing in (
        ("the email", all(anchor.href != token for anchor in subject.anchors)),
        ("the text part", token not in subject.email.text),
    ):
        if missing:
            yield found(
                unsubscribe_missing,
                Severity.ERROR,
                subject.email.language,
                f"{part} has no link to unsubscribe",
                f"the template needs a link to {token}",
            )
