"""The next step towards exactly one campaign, and an email in a provider's words."""

from __future__ import annotations

import pytest

from cxgreetz.model import EditionKey, Receipt, Remote, RemoteState
from cxgreetz.push import Action, fit, plan
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
        (receipt("intended", None), [], Action.CREATE),
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
    assert "&#123;&#123; naam }}" in fitted.html
    assert "{{" not in fitted.text and "*|" not in fitted.text


def test_our_own_tags_are_put_in_after_the_escaping() -> None:
    fitted = fit(an_email(), {"unsubscribe": "{{ unsubscribe }}"}, ["{{"])
    assert 'href="{{ unsubscribe }}"' in fitted.html


def test_a_fitted_email_still_says_which_one_it_is() -> None:
    email = an_email()
    fitted = fit(email.marked(), {"unsubscribe": "X", "web_version": ""}, [])
    assert fitted.fingerprint != email.fingerprint
    assert fitted.approved_fingerprint == email.fingerprint
