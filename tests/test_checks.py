"""Each check says nothing of a good email and names what is wrong in a bad one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from cxgreetz.checks import CHECKS, Subject, blocks_approval, run_checks
from cxgreetz.model import (
    BlockView,
    Email,
    EmailView,
    Finding,
    Image,
    Language,
    Origin,
    Severity,
)
from samples import PICTURE, TEXTS, a_view, an_email, an_item


def detect(text: str) -> Language | None:
    """Enough for the samples: which of the two lists holds it."""
    return next((lang for lang, texts in TEXTS.items() if text in texts), None)


def look(
    view: EmailView | None = None,
    email: Email | None = None,
    alarms: Mapping[str, tuple[str, bool]] | None = None,
) -> list[Finding]:
    return run_checks(Subject([view or a_view()], email or an_email(), detect, alarms or {}))


def item(**changes: object) -> EmailView:
    return a_view(replace(an_item(), **changes))  # type: ignore[arg-type]


def html(body: str) -> Email:
    links = '<a href="cxgreetz:unsubscribe">Afmelden</a>'
    return an_email(html=f"<html><body>{body}{links}</body></html>")


@dataclass(frozen=True)
class Case:
    """An email, and the severities that its check is to find in it."""

    check: str
    view: EmailView | None = None
    email: Email | None = None
    finds: tuple[str, ...] = ()
    alarms: Mapping[str, tuple[str, bool]] = field(default_factory=dict)


def waiting(count: int) -> EmailView:
    blocks = tuple(BlockView(text, "nl", waiting=n < count) for n, text in enumerate(TEXTS["nl"]))
    origin = Origin.WAITING if count else Origin.MEMORY
    return item(blocks=blocks, origin=origin)


CASES = [
    Case("empty_edition"),
    Case("empty_edition", a_view(an_item(), an_item(key="b"))),
    Case("empty_edition", replace(a_view(), items=()), finds=("error",)),
    Case("source_alarm"),
    Case("source_alarm", a_view(an_item(), an_item(key="b"))),
    Case("source_alarm", finds=("error",), alarms={"blog": ("it answered 404", False)}),
    Case("source_alarm", finds=("warning",), alarms={"blog": ("one of nine is gone", True)}),
    Case("missing_translation"),
    Case("missing_translation", waiting(0)),
    Case("missing_translation", item(origin=Origin.ENGINE)),
    Case("missing_translation", waiting(2), finds=("error",)),
    Case("missing_translation", item(origin=Origin.WAITING), finds=("error",)),
    Case("missing_translation", item(waiting_below=2), finds=("warning",)),
    Case("wrong_language"),
    Case("wrong_language", item(blocks=(BlockView("What a day", "nl"),))),
    Case("wrong_language", item(blocks=(BlockView(TEXTS["en"][0], "en", waiting=True),))),
    Case("wrong_language", item(blocks=(BlockView(TEXTS["en"][0], "nl"),)), finds=("error",)),
    Case(
        "wrong_language",
        item(blocks=(BlockView(f"<em>{TEXTS['en'][0]}</em>", "nl"),)),
        finds=("error",),
    ),
    Case("link"),
    Case("link", item(blocks=(BlockView('<a href="mailto:a@b.nl">mail</a>', "nl"),))),
    Case("link", email=html('<a href="https://a.example/x?y=1&amp;z=2">x</a>')),
    Case("link", item(url=""), finds=("error",)),
    Case("link", item(url="/relative"), finds=("error",)),
    Case("link", item(blocks=(BlockView('<a href="http://">x</a>', "nl"),)), finds=("error",)),
    Case("link", email=html('<a href="">x</a>'), finds=("error",)),
    Case("link", email=html('<a href="https://[bad/">x</a>'), finds=("error",)),
    Case("image_alt"),
    Case("image_alt", item(image=PICTURE)),
    Case("image_alt", item(image=replace(PICTURE, alt=""))),
    Case("image_alt", item(image=Image("https://a.example/x.png"))),
    Case(
        "image_alt",
        item(image=Image("https://a.example/x.png")),
        html('<img src="https://a.example/x.png" alt="">'),
        finds=("warning",),
    ),
    Case("image_alt", email=html('<img src="x.png">'), finds=("error",)),
    Case("image_alt", email=html('<img src="x.png"><img src="y.png">'), finds=("error", "error")),
    Case("size"),
    Case("size", email=html("x" * 69_000)),
    Case("size", email=html("x" * 75_000), finds=("warning",)),
    Case("size", email=html("é" * 46_000), finds=("error",)),
    Case("size", email=html("x" * 200_000), finds=("error",)),
    Case("subject_line"),
    Case("subject_line", email=an_email(subject="x" * 70)),
    Case("subject_line", email=an_email(subject=""), finds=("error",)),
    Case("subject_line", email=an_email(subject="  "), finds=("error",)),
    Case("subject_line", email=an_email(subject="x" * 71), finds=("warning",)),
    Case("preheader"),
    Case("preheader", email=an_email(preheader="x" * 130)),
    Case("preheader", email=an_email(preheader=""), finds=("info",)),
    Case("preheader", email=an_email(preheader="kort"), finds=("info",)),
    Case("preheader", email=an_email(preheader="x" * 131), finds=("info",)),
    Case("preheader", email=an_email(preheader=an_email().subject), finds=("info",)),
    Case("placeholder_sender"),
    Case("placeholder_sender", email=an_email(sender="Anna <anna@example.org>")),
    Case(
        "placeholder_sender",
        email=an_email(sender="Your Name <you@example.org>"),
        finds=("warning",),
    ),
    Case("missing_credit"),
    Case("missing_credit", a_view(an_item(author="Anna"))),
    Case("missing_credit", item(author=None), finds=("warning",)),
    Case("missing_credit", item(author=""), finds=("warning",)),
    Case("leftover_tag"),
    Case("leftover_tag", email=html("<p>{ niets } * | [1]</p>")),
    Case(
        "leftover_tag",
        item(blocks=(BlockView("Schrijf {{ naam }} in je sjabloon", "nl"),)),
        html("<p>Schrijf {{ naam }} in je sjabloon</p>"),
    ),
    Case("leftover_tag", email=html("<p>Dag {{ item.title }}</p>"), finds=("error",)),
    Case("leftover_tag", email=html("<p>{% if x %}</p>"), finds=("error",)),
    Case("leftover_tag", email=html("<p>*|FNAME|*</p>"), finds=("error",)),
    Case(
        "leftover_tag",
        email=an_email(text="{{ x }} <cxgreetz:unsubscribe>"),
        finds=("error",),
    ),
    Case("unsubscribe_missing"),
    Case("unsubscribe_missing", email=html("<p>Dag</p>")),
    Case("unsubscribe_missing", email=an_email(html="<p>Dag</p>"), finds=("error",)),
    Case("unsubscribe_missing", email=an_email(text="Dag"), finds=("error",)),
    Case(
        "unsubscribe_missing", email=an_email(html="<p>x</p>", text="x"), finds=("error", "error")
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.check}-{'-'.join(c.finds) or 'good'}")
def test_a_case(case: Case) -> None:
    found = [f for f in look(case.view, case.email, case.alarms) if f.check == case.check]
    assert tuple(f.severity for f in found) == case.finds
    for finding in found:
        assert finding.message and finding.remedy and "\n" not in finding.message


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
def test_every_check_explains_itself_and_has_examples(check: Callable[..., object]) -> None:
    own = [case for case in CASES if case.check == check.__name__]
    assert check.__doc__ and check.__doc__.strip().endswith(".")
    assert sum(not case.finds for case in own) >= 2, "too few good examples"
    assert sum(bool(case.finds) for case in own) >= 1, "too few bad examples"


def test_a_good_email_has_no_findings() -> None:
    assert look() == []


def test_errors_come_first_and_block() -> None:
    found = look(replace(item(author=None), items=()), an_email(preheader=""))
    assert [f.severity for f in found][:1] == [Severity.ERROR]
    assert blocks_approval(found)
    assert not blocks_approval(look(item(author=None)))


def test_a_finding_names_its_piece_and_place() -> None:
    (finding,) = look(item(author=None))
    assert (finding.piece, finding.where) == ("koffie", "nl: koffie")
