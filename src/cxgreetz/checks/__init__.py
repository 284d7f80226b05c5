"""The preflight: look at an email as a careful colleague would, before it is approved.

In: the EmailViews that an email was made from, and the Email. Out: Findings, the worst
first. Never: network, SQL, a change to what it looks at.

An error blocks approval, a warning wants a person's word, an info is only shown. Each
check is one function; its docstring is the explanation that the editor reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from urllib.parse import urlsplit

from lxml import html as lxml_html

from cxgreetz.markup import links_of, plain_text
from cxgreetz.model import (
    LANGUAGE_NAMES,
    Email,
    EmailView,
    Finding,
    ItemView,
    Language,
    LinkAnswer,
    PictureFacts,
    Severity,
    fingerprint,
)

#: Bytes. Gmail clips above 102,400; a provider's tracking links and pixel come on top.
SIZE_WARNING, SIZE_ERROR = 70_000, 90_000
SUBJECT_MOST, PREHEADER_LEAST, PREHEADER_MOST = 70, 30, 130
#: What is left where a template did not become text.
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\*\|\w+\|\*|<mj-\w+|\[\[\w+\]\]")
_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True)
class Subject:
    """What the checks look at."""

    views: Sequence[EmailView]
    email: Email
    #: Gives the language of a text when it is sure, else None.
    detect: Callable[[str], Language | None]
    #: By source: why what it gave last may not be the whole of it, and whether it gave some.
    alarms: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    #: By address: what came back when it was followed; what is missing was never followed.
    answers: Mapping[str, LinkAnswer] = field(default_factory=dict)
    #: By address: what a picture turned out to be; what is missing was never fetched.
    pictures: Mapping[str, PictureFacts] = field(default_factory=dict)
    #: By piece: the earlier edition that carried it, and there under which title or address.
    carried: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    #: The views of the edition's other emails.
    sisters: Sequence[EmailView] = ()
    #: Bytes that the provider adds to every link when it counts clicks.
    link_overhead: int = 0

    @property
    def items(self) -> Iterator[tuple[EmailView, ItemView]]:
        return ((view, item) for view in self.views for item in view.items)

    @cached_property
    def document(self) -> lxml_html.HtmlElement:
        return lxml_html.document_fromstring(self.email.html)


Check = Callable[[Subject], Iterator[Finding]]


def run_checks(subject: Subject) -> list[Finding]:
    """Give every finding, errors first, in the order of the email."""
    return worst_first(
        # A word given about this edition is not one about the next.
        replace(f, about=fingerprint(subject.email.edition, f.check, f.where, f.message, f.excerpt))
        for check in CHECKS
        for f in check(subject)
    )


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, warnings, infos, each in the order given."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def blocks_approval(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == Severity.ERROR for finding in findings)


def _found(
    check: Check,
    severity: Severity,
    where: str | tuple[EmailView, ItemView] | tuple[EmailView, ItemView, int],
    message: str,
    remedy: str,
    excerpt: str = "",
) -> Finding:
    """`where` is a language, or an item, or the n-th paragraph of an item."""
    if isinstance(where, str):
        return Finding(check.__name__, severity, where, message, remedy, excerpt=excerpt)
    view, item, *paragraph = where
    place = f"{view.language}: {item.key}" + "".join(f", paragraph {n}" for n in paragraph)
    number = next(iter(paragraph), None)
    return Finding(check.__name__, severity, place, message, remedy, item.key, number, excerpt)


def empty_edition(subject: Subject) -> Iterator[Finding]:
    """An email without a single column must not go out."""
    for view in subject.views:
        if not view.items:
            yield _found(
                empty_edition,
                Severity.ERROR,
                view.language,
                "there is no column in this edition",
                "gather again, or skip this month",
            )


def source_alarm(subject: Subject) -> Iterator[Finding]:
    """A source that failed or fell silent may hold a column that this edition lacks.

    Where it gave some posts and names others that could not be read, that is yours to weigh.

    Gather again when it is back. A source that is gone for good is taken out of the
    workspace file; one that has become slower gets another `expected_per_month`.
    """
    for source, (message, partial) in subject.alarms.items():
        yield _found(
            source_alarm,
            Severity.WARNING if partial else Severity.ERROR,
            f"source {source}",
            message,
            "gather again, or change the source in the workspace file",
        )


def missing_translation(subject: Subject) -> Iterator[Finding]:
    """Readers would see text in a language that is not theirs.

    What is shown in the email must be translated. What follows below the excerpt, on the
    page it links to, is only mentioned.
    """
    for view, item in subject.items:
        language, where = LANGUAGE_NAMES[view.language], (view, item)
        if item.waiting:
            count = sum(block.waiting for block in item.blocks)
            what = _paragraphs(count) if count else "the title"
            yield _found(
                missing_translation,
                Severity.ERROR,
                where,
                f"{what} of “{item.title}” without a translation into {language}",
                f"translate them, or: cxgreetz piece leave-out {item.key} --reason WHY",
            )
        elif item.waiting_below:
            yield _found(
                missing_translation,
                Severity.WARNING,
                where,
                f"{_paragraphs(item.waiting_below)} further down in “{item.title}” without a "
                f"translation into {language}; not shown in the email",
                "translate them when you have time",
            )


def wrong_language(subject: Subject) -> Iterator[Finding]:
    """A paragraph that is labelled as translated still reads as the other language."""
    for view, item in subject.items:
        for number, block in enumerate(item.blocks, 1):
            text = plain_text(block.html)
            # Names and short exclamations read as any language.
            if block.waiting or len(text.split()) < 6:
                continue
            found = subject.detect(text)
            if found is not None and found != block.language:
                yield _found(
                    wrong_language,
                    Severity.ERROR,
                    (view, item, number),
                    f"reads as {LANGUAGE_NAMES[found]}: “{_short(text)}”",
                    f"translate it into {LANGUAGE_NAMES[block.language]}",
                )


def link(subject: Subject) -> Iterator[Finding]:
    """Every column leads to its page, and every link can be followed."""
    for view, item in subject.items:
        if problem := _link_problem(item.url):
            yield _found(
                link,
                Severity.ERROR,
                (view, item),
                f"the link to “{item.title}” {problem}",
                "mend the address at the source",
            )
        for block in item.blocks:
            for href in links_of(block.html):
                if problem := _link_problem(href):
                    yield _found(
                        link,
                        Severity.ERROR,
                        (view, item),
                        f"the link {href!r} in “{item.title}” {problem}",
                        "mend the address at the source",
                    )
    for anchor in subject.document.iter("a"):
        href = anchor.get("href", "")
        if not href.startswith("cxgreetz:") and (problem := _link_problem(href)):
            yield _found(
                link,
                Severity.ERROR,
                subject.email.language,
                f"the link {href!r} ({_short(anchor.text_content())}) {problem}",
                "mend it in the template",
            )


def _link_problem(href: str) -> str | None:
    if not href.strip():
        return "leads nowhere"
    try:
        parts = urlsplit(href)
        if parts.scheme == "mailto":
            return None if "@" in parts.path else "names no mail address"
        if parts.scheme in ("http", "https") and parts.hostname and " " not in href:
            return None
    except ValueError:
        pass
    return "is no whole web address"


def image_alt(subject: Subject) -> Iterator[Finding]:
    """Readers who do not see a picture read its description instead."""
    for view, item in subject.items:
        # Short reads show no picture.
        shown = item.image is not None and item.image.src in subject.email.html
        if shown and item.image and item.image.alt is None:
            yield _found(
                image_alt,
                Severity.WARNING,
                (view, item),
                f"the picture of “{item.title}” has no description",
                'describe it at the source, or mark it as decoration (alt="")',
                item.image.src,
            )
    for image in subject.document.iter("img"):
        if image.get("alt") is None:
            yield _found(
                image_alt,
                Severity.ERROR,
                subject.email.language,
                f"the picture {image.get('src', '')!r} has no alt attribute",
                "give it one in the template",
            )


def size(subject: Subject) -> Iterator[Finding]:
    """Mail programs cut long emails off: Gmail shows 102 KB, the provider adds its own part."""
    count = len(subject.email.html.encode())
    if count > SIZE_WARNING:
        severity = Severity.ERROR if count > SIZE_ERROR else Severity.WARNING
        yield _found(
            size,
            severity,
            subject.email.language,
            f"the email is {count / 1000:.0f} KB; above {SIZE_ERROR / 1000:.0f} KB it is cut off",
            "leave pieces out for the next edition",
        )


def subject_line(subject: Subject) -> Iterator[Finding]:
    """The subject is read before anything else: it is there, and it fits."""
    text, where = subject.email.subject, subject.email.language
    if not text.strip():
        yield _found(subject_line, Severity.ERROR, where, "there is no subject", "write one")
    elif len(text) > SUBJECT_MOST:
        yield _found(
            subject_line,
            Severity.WARNING,
            where,
            f"the subject has {len(text)} characters; an inbox shows {SUBJECT_MOST}",
            "shorten it",
            text,
        )


def preheader(subject: Subject) -> Iterator[Finding]:
    """The line that an inbox shows behind the subject adds to it.

    It is made of the titles below the lead, so this is only shown.
    """
    text, where = subject.email.preheader.strip(), subject.email.language
    if not text:
        message, remedy = "there is no preheader", "a column with text gives one"
    elif text == subject.email.subject.strip():
        message, remedy = "the preheader only repeats the subject", "change the lead's first words"
    elif not PREHEADER_LEAST <= len(text) <= PREHEADER_MOST:
        message = f"the preheader has {len(text)} characters"
        remedy = f"between {PREHEADER_LEAST} and {PREHEADER_MOST} read best; it is made of titles"
    else:
        return
    yield _found(preheader, Severity.INFO, where, message, remedy)


def placeholder_sender(subject: Subject) -> Iterator[Finding]:
    """Readers must see who writes to them, not the words of the starter file."""
    if "Your Name" in subject.email.sender or "you@example.org" in subject.email.sender:
        yield _found(
            placeholder_sender,
            Severity.WARNING,
            subject.email.language,
            f"the sender is still {subject.email.sender}",
            "put your own name and address at newsletter.from in cxgreetz.toml",
        )


def missing_credit(subject: Subject) -> Iterator[Finding]:
    """Every column names its author."""
    for view, item in subject.items:
        if not item.author:
            yield _found(
                missing_credit,
                Severity.WARNING,
                (view, item),
                f"“{item.title}” names no author",
                "set author for its source, or add it at the source",
            )


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
            yield _found(
                leftover_tag,
                Severity.ERROR,
                subject.email.language,
                f"{part} shows the template tag {tag!r}",
                "mend the template, or write it differently in the column",
            )


def unsubscribe_missing(subject: Subject) -> Iterator[Finding]:
    """Whoever no longer wants the newsletter can leave it: law and decency ask for it."""
    token = "cxgreetz:unsubscribe"  # noqa: S105 - a link, not a secret
    there = {a.get("href") for a in subject.document.iter("a")}
    for part, missing in (
        ("the email", token not in there),
        ("the text part", token not in subject.email.text),
    ):
        if missing:
            yield _found(
                unsubscribe_missing,
                Severity.ERROR,
                subject.email.language,
                f"{part} has no link to unsubscribe",
                f"the template needs a link to {token}",
            )


def _paragraphs(count: int) -> str:
    return "1 paragraph" if count == 1 else f"{count} paragraphs"


def _short(text: str, length: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


CHECKS: tuple[Check, ...] = (
    empty_edition,
    source_alarm,
    missing_translation,
    wrong_language,
    link,
    image_alt,
    size,
    subject_line,
    preheader,
    placeholder_sender,
    missing_credit,
    leftover_tag,
    unsubscribe_missing,
)
