"""The next step towards exactly one campaign, and an email in a provider's words."""

from __future__ import annotations

from html import unescape
from urllib.parse import unquote

import pytest

from cxgreetz.model import Action, EditionKey, Email, Held, Receipt, Remote, RemoteState
from cxgreetz.push import fit, is_held, plan
from samples import NOW, an_email

WANTED, OTHER = "a" * 64, "b" * 64
DRAFT, SENT = RemoteState.DRAFT, RemoteState.SENT


def receipt(state: str, remote_id: str | None = "1", fingerprint: str = WANTED) -> Receipt:
    edition = EditionKey("2026-11")
    return Receipt("outbox", "", edition, "nl", state, fingerprint, remote_id, NOW)


def remote(
    fingerprint: str | None = WANTED, state: RemoteState = DRAFT, remote_id: str = "1"
) -> Remote:
    return Remote(remote_id, "cxgreetz-2026-11-nl", state, fingerprint)


@pytest.mark.parametrize(
    ("ours", "theirs", "action"),
    [
        (None, [], Action.CREATE),
        # cut off at the create: it may have been made, and not be shown yet
        (receipt("intended", None), [], Action.STOP),
        (receipt("unknown", None), [], Action.STOP),
        # cut off between the create and the receipt
        (receipt("intended", None), [remote()], Action.ADOPT),
        (receipt("unknown", None), [remote(OTHER)], Action.ADOPT),
        (None, [remote()], Action.ADOPT),
        (receipt("created"), [remote()], Action.CONFIRM),
        (receipt("created"), [remote(OTHER)], Action.UPDATE),
        (receipt("created"), [remote(None)], Action.UPDATE),
        (receipt("confirmed"), [remote()], Action.NONE),
        # approved anew after a correction, while the campaign is still a draft
        (receipt("confirmed", fingerprint=OTHER), [remote(OTHER)], Action.UPDATE),
        (receipt("confirmed", fingerprint=OTHER), [remote()], Action.CONFIRM),
        # on its way or gone: never a second one
        (receipt("created"), [remote(state=SENT)], Action.CONFIRM),
        (None, [remote(state=SENT)], Action.CONFIRM),
        (receipt("confirmed"), [remote(None, SENT)], Action.CONFIRM),
        (receipt("confirmed"), [remote(OTHER, SENT)], Action.STOP),
        (None, [remote(None, SENT)], Action.STOP),
        # ours by its key, of a database that was lost
        (None, [remote(OTHER)], Action.STOP),
        # files in an outbox that somebody changed
        (receipt("confirmed"), [remote("", RemoteState.SCHEDULED)], Action.STOP),
        (receipt("created"), [remote(OTHER, RemoteState.SCHEDULED)], Action.STOP),
        # removed by a person
        (receipt("confirmed"), [], Action.STOP),
        # made, and not shown: never made once more by itself
        (receipt("created"), [], Action.STOP),
        # two of ours
        (None, [remote(), remote(remote_id="2")], Action.STOP),
        (receipt("confirmed"), [remote(), remote(remote_id="2")], Action.STOP),
    ],
)
def test_the_next_step(ours: Receipt | None, theirs: list[Remote], action: Action) -> None:
    assert plan(WANTED, ours, theirs).action == action


def test_a_person_may_say_that_nothing_is_there() -> None:
    assert plan(WANTED, receipt("unknown", None), [], again=True).action == Action.CREATE
    assert plan(WANTED, receipt("unknown", None), [remote()], again=True).action == Action.ADOPT


def test_where_lists_show_at_once_a_create_that_was_cut_off_is_made() -> None:
    ours = receipt("intended", None)
    assert plan(WANTED, ours, [], lists_late=False).action == Action.CREATE
    assert plan(WANTED, ours, [], again=True).action == Action.CREATE


def test_what_readers_may_have_from_elsewhere_is_not_made_here() -> None:
    step = plan(WANTED, None, [], elsewhere="brevo (cxgreetz-2026-11-nl)")
    assert step.action == Action.STOP and "brevo (cxgreetz-2026-11-nl) has" in step.why
    assert plan(WANTED, None, [], elsewhere="brevo", again=True).action == Action.CREATE
    ours = receipt("created")
    assert plan(WANTED, ours, [remote()], elsewhere="brevo").action == Action.CONFIRM


def test_what_was_made_and_never_showed_may_be_made_once_a_person_looked() -> None:
    assert plan(WANTED, receipt("created"), [], again=True).action == Action.CREATE
    # as at a provider whose only way to take back a time that is
    assert plan(WANTED, receipt("confirmed"), [], again=True).action == Action.CREATE
    assert "push with --again" in plan(WANTED, receipt("confirmed"), []).why


def test_removed_files_may_be_made_again() -> None:
    step = plan(WANTED, receipt("confirmed"), [], may_be_remade=True)
    assert step.action == Action.CREATE


def test_two_campaigns_are_both_named() -> None:
    step = plan(WANTED, None, [remote(remote_id="b7"), remote(remote_id="a3")])
    assert "a3, b7" in step.why


def test_tokens_become_the_providers_tags() -> None:
    email = fit(an_email(), {"unsubscribe": "*|UNSUB|*", "web_version": "*|ARCHIVE|*"}, [])
    assert 'href="*|UNSUB|*"' in email.html and 'href="*|ARCHIVE|*"' in email.html
    assert "Afmelden: *|UNSUB|*" in email.text
    assert "cxgreetz:" not in email.html + email.text


def test_an_address_with_signs_stays_an_address() -> None:
    email = fit(an_email(), {"unsubscribe": "mailto:a@b.nl?subject=x&body=y"}, [])
    assert 'href="mailto:a@b.nl?subject=x&amp;body=y"' in email.html
    assert "<mailto:a@b.nl?subject=x&body=y>" in email.text


def test_a_tag_that_a_provider_has_not_takes_its_link_away() -> None:
    email = fit(an_email(), {"unsubscribe": "X", "web_version": ""}, [])
    assert "web_version" not in email.html + email.text
    assert "Bekijk online" not in email.html + email.text
    assert "Afmelden" in email.html and "Afmelden" in email.text


def test_text_that_looks_like_a_tag_stays_text() -> None:
    email = an_email(html="<p>Schrijf {{ naam }} en *|FNAME|*</p>", text="{{ naam }} *|FNAME|*")
    fitted = fit(email, {"unsubscribe": "{{ unsubscribe }}"}, ["{{", "*|"])
    assert "{{" not in fitted.html and "*|" not in fitted.html
    assert "{&#8203;{ naam }}" in fitted.html
    assert "{{" not in fitted.text and "*|" not in fitted.text


OPENERS = ("{{", "{%", "{#", "*|", "{$", "%%{", "@TrackLink")


@pytest.mark.parametrize(
    "code", ["{{{ naam }}}", "{{%", "{{#", "{{{{$", "**||", "%%%{x", "@TrackLink"]
)
def test_whoever_writes_the_html_anew_makes_no_tag_of_it(code: str) -> None:
    """References read as their signs, wherever in the HTML; and in what is no HTML."""
    html = (
        f'<style>@media x{{#a{{p:q}}}}</style><a href="https://x.example/?q={code}">{code}</a>'
        f"<img alt=\"{code}\" src='/{code}.png'><!--[if mso]><b>{code}</b><![endif]-->"
    )
    told = fit(an_email(html=html, text=code, subject=code, preheader=code), {}, OPENERS)
    for part in (unescape(told.html), told.text, told.subject, told.preheader):
        assert not [opener for opener in OPENERS if opener in part], part
    assert "@media x{ #a{p:q}}" in told.html


def test_an_address_that_looks_like_a_tag_leads_where_it_did() -> None:
    html = '<a href="https://x.example/{{a}}?b=*|c&amp;d=%7B{%20">x</a>'
    told = fit(an_email(html=html), {}, OPENERS)
    address = told.html.partition('"')[2].partition('"')[0]
    assert "\u200b" not in unescape(address)
    assert unquote(address) == unquote("https://x.example/{{a}}?b=*|c&amp;d=%7B{%20")


def test_our_own_tags_are_put_in_after_the_escaping() -> None:
    fitted = fit(an_email(), {"unsubscribe": "{{ unsubscribe }}"}, ["{{"])
    assert 'href="{{ unsubscribe }}"' in fitted.html


def test_a_fitted_email_still_says_which_one_it_is() -> None:
    email = an_email()
    fitted = fit(email.marked(), {"unsubscribe": "X", "web_version": ""}, [])
    assert fitted.fingerprint != email.fingerprint
    assert fitted.approved_fingerprint == email.fingerprint


def test_a_first_name_stands_in_the_text() -> None:
    email = an_email(
        html="<p>Dag cxgreetz:first_name, welkom</p>", text="Dag <cxgreetz:first_name>, welkom"
    )
    named = fit(email, {"first_name": r"{{ a\1 }}"}, [])
    assert (named.html, named.text) == (
        r"<p>Dag {{ a\1 }}, welkom</p>",
        r"Dag {{ a\1 }}, welkom",
    )
    without = fit(email, {"first_name": ""}, [])
    assert (without.html, without.text) == ("<p>Dag, welkom</p>", "Dag, welkom")


def test_a_subject_that_looks_like_a_tag_stays_text() -> None:
    email = fit(an_email(subject="{{ x", preheader="y {{"), {}, ["{{"])
    assert (email.subject, email.preheader) == ("{\u200b{ x", "y {\u200b{")


HTML = """<html><head><title>Koffie</title><style>p {}</style></head><body>
<p>Dag &amp; welkom, <b>lezer</b>.</p>
<a href="https://blog.example/koffie/">Lees verder</a>
<a href="https://blog.example/thee/?a=1&amp;b=2">En dit</a>
<a href="*|UNSUB|*">Afmelden</a>
<img src="https://blog.example/k.png" alt="Een kop"></body></html>"""
OURS = an_email(html=HTML, text="Dag & welkom").marked()


def changed(old: str = "", new: str = "", email: Email = OURS) -> Held:
    assert old in email.html
    return Held(html=email.html.replace(old, new) if old else email.html)


def wrapped(html: str) -> str:
    """As a provider writes it anew: its own head, its own footer, white space elsewhere."""
    inner = html.partition("<body>")[2].partition("</body>")[0]
    inner = inner.replace("&amp; welkom, <b>", "&#38; welkom,<b> ").replace('"', "'")
    return f"<!doctype html><html lang='nl'><head></head><body>{inner}<p>Sent by us</p></body>"


def tracked(html: str) -> str:
    for number, path in enumerate(("koffie/", "thee/?a=1&amp;b=2")):
        html = html.replace(f"https://blog.example/{path}", f"https://click.example/{number}xyz")
    return html


@pytest.mark.parametrize("rewritten", [False, True])
@pytest.mark.parametrize(
    "held",
    [
        Held(),
        changed(),
        Held(html=OURS.html.replace("\n", "\r\n")),
        Held(OURS.html, OURS.text + "\n", OURS.subject, OURS.preheader, "list-1"),
        Held(OURS.html, sender="MARIJKE@example.org"),
        Held(OURS.html, sender="Iemand <marijke@example.org>"),
    ],
)
def test_what_is_given_back_as_it_was_is_held(held: Held, rewritten: bool) -> None:
    assert is_held(OURS, held, "list-1", rewritten=rewritten)


@pytest.mark.parametrize(
    "html",
    [
        wrapped(OURS.html),
        tracked(OURS.html),
        wrapped(tracked(OURS.html)),
        OURS.html.replace('koffie/"', 'koffie/?utm_source=x"').replace("b=2", "b=2&amp;utm=x"),
        OURS.html.replace("</body>", '<img src="https://x.example/open.gif"></body>'),
    ],
)
def test_what_says_the_same_is_held_where_html_is_rewritten(html: str) -> None:
    assert is_held(OURS, Held(html=html), rewritten=True)
    assert not is_held(OURS, Held(html=html), rewritten=False)


@pytest.mark.parametrize(
    "held",
    [
        Held(html=""),
        changed("welkom", "vaarwel"),
        Held(html=wrapped(OURS.html).replace("lezer", "lezers")),
        changed("Een kop", "Een mok"),
        changed("<p>Dag", "<p>Koop nu!</p><p>Dag"),
        # a link removed, added, led elsewhere
        changed('<a href="https://blog.example/koffie/">Lees verder</a>', "Lees verder"),
        changed("<b>lezer</b>", '<a href="https://x.example/">lezer</a>'),
        changed("blog.example/koffie/", "evil.example/koffie/"),
        changed("*|UNSUB|*", "https://blog.example/nooit/"),
        Held(html=tracked(OURS.html).replace("click.example/1", "evil.example/1")),
        Held(html=tracked(OURS.html).replace("*|UNSUB|*", "https://click.example/2")),
        changed("blog.example/k.png", "blog.example/mok.png"),
        # the marker
        Held(html=HTML),
        changed(OURS.approved_fingerprint, "0" * 64),
        # beside the HTML
        Held(OURS.html, text="Iets anders"),
        Held(OURS.html, subject="Iets anders"),
        Held(OURS.html, preheader=""),
        Held(OURS.html, audience="list-2"),
        Held(OURS.html, sender="iemand@example.org"),
        Held(OURS.html, sender=""),
    ],
)
def test_what_says_something_else_is_not_held(held: Held) -> None:
    assert not is_held(OURS, held, "list-1", rewritten=True)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("http://blog.example/thee/", "https://blog.example/thee/"),
        ("https://blog.example", "https://blog.example/"),
        ("http://blog.example?a=1", "https://blog.example/?a=1"),
    ],
)
def test_a_site_may_spell_its_own_address_where_html_is_rewritten(mine: str, theirs: str) -> None:
    ours = an_email(html=HTML.replace("https://blog.example/koffie/", mine)).marked()
    held = changed(f'"{mine}"', f'"{theirs}"', ours)
    assert is_held(ours, held, rewritten=True)
    assert not is_held(ours, held, rewritten=False)
    back = an_email(
        html=HTML.replace("https://blog.example/koffie/", "https://a.example/")
    ).marked()
    assert not is_held(back, changed("https://a.", "http://a.", back), rewritten=True)


def test_a_text_with_a_providers_own_lines_below_it_is_held_where_it_rewrites() -> None:
    held = Held(OURS.html, text=f"{OURS.text}\n=====\nSent by us")
    assert is_held(OURS, held, rewritten=True)
    assert not is_held(OURS, held, rewritten=False)
