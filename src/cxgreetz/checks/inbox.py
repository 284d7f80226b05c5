"""Checks of what a reader meets first: the sender, the subject, the line behind it, the letter.

In: the views and their email. Out: Findings. Never: a judgement on an author's column. The
phrases of spam stand in `spam.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from email.utils import parseaddr
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from cxgreetz.checks._found import Subject, counted, found, one_line
from cxgreetz.model import EmailView, Finding, Severity

SUBJECT_MOST, PREHEADER_LEAST, PREHEADER_MOST = 70, 30, 130
#: Words of the letter before the columns: what is read in half a minute.
LETTER_LEAST, LETTER_MOST = 60, 90
#: Shorter words in capitals are names of things (CX, NPS, CSAT) more often than shouts.
_SHOUT = re.compile(r"\b[^\W\d_]{5,}\b")


def subject_line(subject: Subject) -> Iterator[Finding]:
    """The subject is read before anything else: it is there, it fits, and it does not shout."""
    text, where = subject.email.subject, subject.email.language
    if not text.strip():
        yield found(
            subject_line, Severity.ERROR, where, "there is no subject", _write(subject.views[0])
        )
        return
    if len(text) > SUBJECT_MOST:
        yield found(
            subject_line,
            Severity.WARNING,
            where,
            f"the subject has {len(text)} characters; an inbox shows {SUBJECT_MOST}",
            f"shorten it: {_write(subject.views[0])}",
            text,
        )
    if shouted := _shouted(_phrases().loud.sub(" ", text)):
        yield found(
            subject_line,
            Severity.INFO,
            where,
            f"the subject shouts: {shouted}",
            f"say it calmly: {_write(subject.views[0])}",
            text,
        )


def preheader(subject: Subject) -> Iterator[Finding]:
    """The line that an inbox shows behind the subject adds to it.

    It is made of the titles below the lead, so this is only shown.
    """
    text, where = subject.email.preheader.strip(), subject.email.language
    if not text:
        message, remedy = "there is no preheader", "a column with text gives one"
    elif one_line(text).casefold() == one_line(subject.email.subject).casefold():
        message, remedy = "the preheader only repeats the subject", "change the lead's first words"
    elif not PREHEADER_LEAST <= len(text) <= PREHEADER_MOST:
        message = f"the preheader has {len(text)} characters"
        remedy = f"between {PREHEADER_LEAST} and {PREHEADER_MOST} read best; it is made of titles"
    elif shouted := _shouted(text):
        message, remedy = f"the preheader shouts: {shouted}", "mend the title at its source"
    else:
        return
    yield found(preheader, Severity.INFO, where, message, remedy)


def _write(view: EmailView, what: str = "--subject TEXT") -> str:
    """How an editor writes it herself."""
    return f"cxgreetz write {view.edition} --language {view.language} {what} --by NAME"


def _shouted(text: str) -> str:
    """What of `text` is said too loudly; "" for nothing."""
    # Two words: one may be a name that is always written so.
    words = [word for word in _SHOUT.findall(text) if word.isupper()]
    if len(words) > 1:
        return f"“{' '.join(words)}”"
    return "several exclamation marks" if text.count("!") > 1 else ""


def placeholder_sender(subject: Subject) -> Iterator[Finding]:
    """Readers must see who writes to them, not the words of the starter file."""
    if _is_placeholder(subject.email.sender):
        yield found(
            placeholder_sender,
            Severity.WARNING,
            subject.email.language,
            f"the sender is still {subject.email.sender}",
            "put your own name and address at newsletter.from in cxgreetz.toml",
        )


def _is_placeholder(sender: str) -> bool:
    return "Your Name" in sender or "you@example.org" in sender


def own_name(subject: Subject) -> Iterator[Finding]:
    """People open a letter from a person: the sender has a name, and so has the author.

    A sender that is only the newsletter's name, or an address, is opened less. The author's
    name stands somewhere in the email.
    """
    name, where = parseaddr(subject.email.sender)[0], subject.email.language
    titles = {view.newsletter.casefold() for view in subject.views}
    if not _is_placeholder(subject.email.sender) and (not name or name.casefold() in titles):
        yield found(
            own_name,
            Severity.INFO,
            where,
            f"the sender is {subject.email.sender}, which names no person",
            'write newsletter.from in cxgreetz.toml as "First name of Newsletter <address>"',
        )
    read = subject.visible.casefold()
    authors = dict.fromkeys(item.author for _view, item in subject.items if item.author)
    for author in authors:
        if one_line(author).casefold() not in read:
            yield found(
                own_name,
                Severity.INFO,
                where,
                f"the name of {author} stands nowhere in the email",
                "let the template show who wrote each column",
            )


def postal_address(subject: Subject) -> Iterator[Finding]:
    """Readers can see where the sender is: several countries' laws ask for an address."""
    if not any(view.postal_address.strip() for view in subject.views):
        yield found(
            postal_address,
            Severity.INFO,
            subject.email.language,
            "the email names no postal address",
            "write one at newsletter.postal_address in cxgreetz.toml",
        )


def letter(subject: Subject) -> Iterator[Finding]:
    """A few words of your own before the columns make it a letter.

    From 60 to 90 words is what people read before they scroll.
    """
    for view in subject.views:
        count = len(view.greeting.split())
        if not count:
            message, remedy = "there is no letter before the columns", _write(view, "--letter FILE")
        elif not LETTER_LEAST <= count <= LETTER_MOST:
            message = f"the letter has {counted(count, 'word')}"
            remedy = f"between {LETTER_LEAST} and {LETTER_MOST} read best"
        else:
            continue
        yield found(letter, Severity.INFO, view.language, message, remedy)


class _Phrases(NamedTuple):
    told: re.Pattern[str]
    loud: re.Pattern[str]


@lru_cache
def _phrases() -> _Phrases:
    """Of both languages: a Dutch letter may well shout in English."""
    text = (files("cxgreetz.checks") / "spam.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text).values()
    phrases = (re.escape(phrase) for one in lists for phrase in one["phrases"])
    told = "|".join(phrase.replace(r"\ ", r"\s+") for phrase in phrases)
    loud = "|".join(pattern for one in lists for pattern in one["loud"])
    return _Phrases(re.compile(rf"(?<!\w)(?:{told})(?!\w)", re.I), re.compile(loud, re.I))


def spam_wording(subject: Subject) -> Iterator[Finding]:
    """Words that spam is known by bring a letter nearer to the spam folder.

    Only the subject, the line behind it and the letter are read; what an author writes in a
    column is never judged. What shouts for money in a subject wants your word.
    """
    email, phrases = subject.email, _phrases()
    told: set[str] = set()
    for match in phrases.loud.finditer(email.subject):
        if match[0].casefold() not in told:
            told.add(match[0].casefold())
            yield found(
                spam_wording,
                Severity.WARNING,
                email.language,
                f"the subject says “{match[0]}”, as spam does",
                "say it in other words",
                email.subject,
            )
    for place, text in (
        ("the subject", phrases.loud.sub(" ", email.subject)),
        ("the preheader", email.preheader),
        *(("the letter", view.greeting) for view in subject.views),
    ):
        for match in phrases.told.finditer(text):
            phrase = one_line(match[0]).casefold()
            if phrase not in told:
                told.add(phrase)
                yield found(
                    spam_wording,
                    Severity.INFO,
                    email.language,
                    f"{place} says “{phrase}”, as spam often does",
                    "say it in other words, if others do as well",
                    phrase,
                )
