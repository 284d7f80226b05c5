"""Each check says nothing of a good email and names what is wrong in a bad one."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from check_cases import columns, inbox, links, page, pictures, text_part
from check_cases._base import Case, a_view, an_email, detect, item, look
from cxgreetz.checks import (
    CHECKS,
    Subject,
    blocks_approval,
    check_table,
    explain,
    run_checks,
)
from cxgreetz.checks._looks import looks, texts_in
from cxgreetz.checks.page import contrast
from cxgreetz.model import EmailView, Language, Severity
from cxgreetz.render import render
from cxgreetz.translation.checks import CHECKS as TRANSLATION_CHECKS
from samples import PICTURE, an_item

#: What XML 1.0 cannot hold, and so no document read here ever has.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MODULES = (columns, inbox, links, page, pictures, text_part)
CASES = [case for module in MODULES for case in module.CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.check}-{'-'.join(c.finds) or 'good'}")
def test_a_case(case: Case) -> None:
    found = [f for f in look(case.view, case.email, **case.known) if f.check == case.check]
    assert tuple(f.severity for f in found) == case.finds
    assert not case.says or case.says in found[0].message, found[0].message
    for finding in found:
        assert finding.message and finding.remedy and "\n" not in finding.message + finding.remedy


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS])
def test_every_check_has_examples(check: str) -> None:
    own = [case for case in CASES if case.check == check]
    assert sum(not case.finds for case in own) >= 3, "too few good examples"
    assert sum(bool(case.finds) for case in own) >= 3, "too few bad examples"


def test_every_check_explains_itself_by_a_name_of_its_own() -> None:
    names = [check.__name__ for check in (*CHECKS, *TRANSLATION_CHECKS)]
    assert len(set(names)) == len(names)
    assert [one.id for one in explain()] == [check.__name__ for check in CHECKS]
    for one in explain():
        assert one.sentence.endswith("."), one.id
        assert "|" not in one.sentence + one.more, one.id


def test_the_documentation_is_what_the_checks_say_of_themselves() -> None:
    told = Path(__file__).parent.parent / "docs" / "checks.md"
    assert check_table() in told.read_text(encoding="utf-8")


def test_a_good_email_has_no_findings() -> None:
    assert look() == []


def test_errors_come_first_and_block() -> None:
    found = look(replace(item(author=None), items=()), an_email(preheader=""))
    assert [f.severity for f in found][:1] == [Severity.ERROR]
    assert blocks_approval(found)
    assert not blocks_approval(look(item(author=None)))


def test_a_finding_names_its_piece_and_place() -> None:
    (finding,) = look(a_view(an_item(author=None), an_item(key="b")))
    assert (finding.piece, finding.where) == ("koffie", "nl: koffie")


def letter_of(count: int, language: Language) -> EmailView:
    items = [
        an_item(
            key=f"k{n}",
            title=f"{'Koffie op perron' if language == 'nl' else 'Coffee on platform'} {n}",
            language=language,
            url=f"https://blog.example/{language}/koffie-{n}/?p={n}",
            image=PICTURE,
        )
        for n in range(count)
    ]
    other: Language = "en" if language == "nl" else "nl"
    return a_view(*items, language=language, other_language=other)


def test_a_rendered_email_has_no_findings_but_links_to_follow() -> None:
    views = [letter_of(3, "nl"), letter_of(3, "en")]
    for own in ([views[0]], [views[1]], views):
        sisters = [view for view in views if view not in own]
        found = run_checks(Subject(own, render(own), detect, sisters=sisters))
        assert [(f.check, f.severity) for f in found if f.check != "wrong_language"] == [
            ("dead_link", "info")
        ]


def test_a_colour_of_a_template_is_refused_in_the_scheme_it_is_for() -> None:
    view = letter_of(5, "nl")
    email = render(view)
    quiet = "color: #c2cddb !important"
    assert quiet in email.html
    spoilt = replace(email, html=email.html.replace(quiet, "color: #404a55 !important"))
    found = list(contrast(Subject([view], spoilt, detect)))
    assert found
    assert all("#404a55 on" in f.message and "on a dark device" in f.message for f in found)
    assert not any("light" in f.message for f in found)


@given(st.text(max_size=60), st.text('ap.#:[]()|*>+~,-1 \\"', min_size=1, max_size=12))
def test_no_style_is_too_strange_to_be_read(style: str, selector: str) -> None:
    page = lxml_html.document_fromstring("<p>Dag <a href='x'>daar</a></p>")
    page.find(".//p").set("style", NOT_XML.sub("", f"color:{style};padding:{style};font:{style}"))
    sheet = lxml_html.Element("style")
    sheet.text = NOT_XML.sub(
        "", f"{selector} {{ background: {style} }} @media {style} {{ p {{}} }}"
    )
    page.insert(0, sheet)
    assert [words for words, _look in texts_in(looks(page, dark=True))][:1] in (["Dag "], [])


def test_a_long_letter_is_looked_at_in_a_breath() -> None:
    view = letter_of(27, "nl")
    subject = Subject([view], render(view), detect)
    started = time.process_time()
    run_checks(subject)
    # Some 0.05 s by itself; the room is for a busy machine.
    assert time.process_time() - started < 0.6
