"""Checks of the columns: are they all there, whole, in the reader's language, and credited?

In: the views of an edition's emails. Out: Findings. Never: a look at how they are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator

from cxgreetz.checks._found import Subject, counted, found, one_line, short
from cxgreetz.markup import plain_text
from cxgreetz.model import LANGUAGE_NAMES, LANGUAGES, EmailView, Finding, Severity


def empty_edition(subject: Subject) -> Iterator[Finding]:
    """An email without a single column must not go out."""
    for view in subject.views:
        if not view.items:
            yield found(
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
        yield found(
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
            what = counted(count, "paragraph") if count else "the title"
            yield found(
                missing_translation,
                Severity.ERROR,
                where,
                f"{what} of “{item.title}” without a translation into {language}",
                f"translate them, or: cxgreetz piece leave-out {item.key} --reason WHY",
            )
        elif item.waiting_below:
            yield found(
                missing_translation,
                Severity.WARNING,
                where,
                f"{counted(item.waiting_below, 'paragraph')} further down in “{item.title}” "
                f"without a translation into {language}; not shown in the email",
                "translate them, or dismiss this: the email does not show them",
            )


def wrong_language(subject: Subject) -> Iterator[Finding]:
    """A paragraph that is labelled as translated still reads as the other language.

    Where the author wrote it so, as a quotation, whether readers follow is yours to say.
    """
    for view, item in subject.items:
        for number, block in enumerate(item.blocks, 1):
            text = plain_text(block.html)
            # Names and short exclamations read as any language.
            if block.waiting or len(text.split()) < 6:
                continue
            read_as = subject.detect(text)
            if read_as is not None and read_as != block.language:
                yield found(
                    wrong_language,
                    Severity.ERROR,
                    (view, item, number),
                    f"reads as {LANGUAGE_NAMES[read_as]}: “{short(text)}”",
                    f"translate it into {LANGUAGE_NAMES[block.language]}",
                )
            elif read_as is not None and read_as != view.language:
                yield found(
                    wrong_language,
                    Severity.WARNING,
                    (view, item, number),
                    f"the author wrote this in {LANGUAGE_NAMES[read_as]}: “{short(text)}”",
                    "dismiss this where it is a quotation, or mend it at the source",
                )


def missing_credit(subject: Subject) -> Iterator[Finding]:
    """Every column names its author.

    Where none does, as on a site of one person, that is only mentioned.
    """
    nameless = [(view, item) for view, item in subject.items if not item.author]
    if nameless and len(nameless) == len(list(subject.items)):
        yield found(
            missing_credit,
            Severity.INFO,
            subject.email.language,
            "no column names its author",
            "let your site name the author of each post, in its feed or on its page",
        )
        return
    for view, item in nameless:
        yield found(
            missing_credit,
            Severity.WARNING,
            (view, item),
            f"“{item.title}” names no author",
            "add the name at the source",
        )


def carried_before(subject: Subject) -> Iterator[Finding]:
    """No reader gets the same column twice: an earlier edition has carried this one.

    It may have stood there under another title, or at another address. Where only the title is
    the same, as in a series, whether it is another column is yours to say.
    """
    for view, item in subject.items:
        before = subject.carried.get(item.key)
        if before is None or before.edition == view.edition:
            continue
        there = f" as “{one_line(before.words)}”" if before.words not in ("", item.title) else ""
        what = f"“{item.title}”"
        if not before.sure:
            what, there = f"a column called {what}", there and f",{there}"
        leave_out = f"cxgreetz piece leave-out {item.key} --reason WHY"
        yield found(
            carried_before,
            Severity.ERROR if before.sure else Severity.WARNING,
            (view, item),
            f"{what} was in edition {before.edition} already{there}",
            leave_out if before.sure else f"compare the two; if they are one: {leave_out}",
        )


def language_parity(subject: Subject) -> Iterator[Finding]:
    """Readers of both languages get the same columns, in the same order.

    What the email in the other language has and this one lacks is told here.
    """
    others = [*subject.views, *subject.sisters]
    for view in subject.views:
        for other in others:
            if other.language != view.language:
                yield from _compare(view, other)


def _compare(view: EmailView, other: EmailView) -> Iterator[Finding]:
    here, there = [i.key for i in view.items], [i.key for i in other.items]
    language, theirs = LANGUAGE_NAMES[view.language], LANGUAGE_NAMES[other.language]
    remedy = f"draft the edition again: cxgreetz draft {view.edition}"
    for item in other.items:
        if item.key not in here:
            yield found(
                language_parity,
                Severity.ERROR,
                view.language,
                f"“{item.title}” is in the {theirs} email and not in the {language} one",
                remedy,
                item.key,
            )
    shared = set(here) & set(there)
    # Another order is one fault: the later language tells it.
    later = LANGUAGES.index(view.language) > LANGUAGES.index(other.language)
    if later and [k for k in here if k in shared] != [k for k in there if k in shared]:
        yield found(
            language_parity,
            Severity.ERROR,
            view.language,
            f"the columns stand in another order than in the {theirs} email",
            remedy,
        )
