"""What every provider on the shelf promises, whoever stands behind it.

In: a `Case`, and a place where campaigns end up: a twin of the service, or a folder. A test
module gives the fixtures `case` and `place` and inherits `ProviderContract`; a provider
with an API inherits `ServiceContract` too, with its `ApiTwin` as the place. Everything goes
through the real pipeline, on a real workspace and database.

One promise stands behind all: one campaign or a clear word, never two, never silence.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any, Protocol

import pytest

from contracts.spec import load_spec
from cxgreetz import pipeline
from cxgreetz.errors import ConfigError, HeldError, ProviderError, UsageError
from cxgreetz.model import Approval, Email, Held, RemoteState
from cxgreetz.net import Limits, Net
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.mailing import delivering
from cxgreetz.ports import ProviderCapabilities, plugin
from cxgreetz.store import StoredPost
from samples import NOW, a_post
from servers._api_twin import ApiTwin, Fault

MONTH = "2026-11"
#: Text of a blog that somewhere is code.
CODE_LIKE = ("{{ naam }}", "{% if x %}", "*|NAAM|*", "{$naam}", "%NAAM%", "[[naam]]", "{naam}")
#: Seconds for one call where a slow answer shall take longer.
_PATIENCE = 0.5
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Case:
    """A provider as the contract needs to know it."""

    #: On the shelf.
    name: str
    #: What `provider.audience` says, and what the service does not know.
    audience: str = ""
    wrong_audience: str = ""
    key: str = ""
    #: What our tokens become in the HTML it holds; "": the link is gone.
    tags: Mapping[str, str] = field(default_factory=dict)
    #: The service's document under `provider-specs`, and the calls it leaves out (patterns
    #: of "GET /lists/1").
    spec: str = ""
    beyond: Sequence[str] = ()

    @property
    def able(self) -> ProviderCapabilities:
        able: ProviderCapabilities = plugin("providers", self.name, "").CAPABILITIES
        return able


class Place(Protocol):
    """Where campaigns end up."""

    #: As a workspace names it; None: it names none.
    url: str | None

    def held(self) -> list[Held]: ...


@pytest.fixture(scope="session")
def approved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose November is approved in both languages; copied for every test."""
    folder = tmp_path_factory.mktemp("approved")
    (folder / "cxgreetz.toml").write_text(_toml(["nl", "en"], "outbox"))
    with pipeline.open_workspace(folder, now=lambda: NOW) as workspace:
        posts = [a_post(), a_post("https://blog.example/coffee/", language="en")]
        workspace.store.save_posts(
            [StoredPost(post, "koffie", "taken", "new", post.published, NOW) for post in posts]
        )
        pipeline.draft(workspace, MONTH)
        pipeline.approve(workspace, MONTH, by="Anna")
        for language in ("nl", "en"):
            code = " ".join(CODE_LIKE)
            _approve_as(workspace, language, "</body>", f"<p>cxgreetz:first_name {code}</p></body>")
    return folder


def _approve_as(workspace: Workspace, language: str, old: str, new: str) -> str:
    """Have the email approved with something else in its HTML; gives its fingerprint."""
    store = workspace.store
    _old, pieces = store.approvals(MONTH)[language]
    email = store.email(store.drafts(MONTH)[language].fingerprint)
    assert email.html.count(old) >= 1
    changed: Email = replace(email, html=email.html.replace(old, new))
    store.save_draft(changed, pieces)
    approval = Approval(email.edition, language, changed.fingerprint, "Anna", NOW)
    store.save_approval(approval, pieces)
    return changed.fingerprint


def _toml(languages: Sequence[str], provider: str, *lines: str) -> str:
    return "\n".join(
        [
            "[newsletter]",
            'name = "CX Greetz"',
            'from = "Marijke <marijke@example.org>"',
            f"languages = {list(languages)!r}".replace("'", '"'),
            "start = 2026-01-01",
            "[[sources]]",
            'name = "blog"',
            'url = "http://127.0.0.1:1/feed/"',
            "[provider]",
            f'name = "{provider}"',
            *lines,
        ]
    )


@dataclass
class Desk:
    """A workspace with an approved edition; opened for each act, so that a fork is clean."""

    case: Case
    folder: Path
    url: str | None
    waits: list[float] = field(default_factory=list)
    #: Everything that was told to anybody.
    told: list[str] = field(default_factory=list)
    #: Seconds for one call; on a busy machine an answer may be late.
    patience: float = 20.0

    def settle(self, languages: Sequence[str] = ("nl",), audience: str | None = None) -> None:
        """Write the workspace file; `audience` "": it names none."""
        named = self.case.audience if audience is None else audience
        lines = [f'url = "{self.url}"'] if self.url else []
        if named:
            pairs = ", ".join(f'{language} = "{named}"' for language in languages)
            lines.append(f"audience = {{ {pairs} }}")
        (self.folder / "cxgreetz.toml").write_text(_toml(languages, self.case.name, *lines))

    @contextmanager
    def open(self) -> Iterator[Workspace]:
        with pipeline.open_workspace(self.folder, now=lambda: NOW) as workspace:
            workspace.sleep = self.waits.append
            workspace.net = Net(workspace.config.private_hosts(), limits=Limits(call=self.patience))
            yield workspace

    def push(self, **options: Any) -> pipeline.PushReport:
        with self.open() as workspace:
            report = pipeline.push(workspace, MONTH, **options)
        self.told.append(str(report.as_json()) + repr(report))
        return report

    def pushed(self, **options: Any) -> tuple[str, str, int]:
        """Push, and give step, state and exit code of the Dutch email."""
        report = self.push(**options)
        one = report.pushed["nl"]
        return one.step, one.state, report.exit_code

    def change(self, old: str = "koffie", new: str = "thee") -> str:
        with self.open() as workspace:
            return _approve_as(workspace, "nl", old, new)

    def approve_again(self) -> None:
        """What was changed in the workspace file is drafted and approved."""
        with self.open() as workspace:
            pipeline.draft(workspace, MONTH)
            found = pipeline.check(workspace, MONTH).open_warnings
            if found:
                names = [finding.id for finding in found]
                pipeline.dismiss_findings(workspace, MONTH, names, reason="seen", by="Anna")
            pipeline.approve(workspace, MONTH, by="Anna")

    def receipt(self) -> str | None:
        with self.open() as workspace:
            return next((r.state for r in workspace.store.receipts(MONTH)), None)

    def child(self) -> Any:
        """Push in a process of its own; its exit code is that of the command line."""
        process = _FORK.Process(target=_push_as_child, args=(self,))
        process.start()
        return process


def _push_as_child(desk: Desk) -> None:
    logging.disable()
    try:
        code = desk.push().exit_code
    except HeldError:
        code = 1
    os._exit(code)


@pytest.fixture
def desk(
    approved: Path,
    case: Case,
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    caplog.set_level(logging.DEBUG)
    if case.key:
        monkeypatch.setenv(f"CXGREETZ_{case.name.upper()}_API_KEY", case.key)
    desk = Desk(case, tmp_path / "workspace", place.url)
    renew(desk, approved, place)
    yield desk
    seen = capfd.readouterr()
    told = "\n".join([*desk.told, caplog.text, seen.out, seen.err])
    for secret in {case.key, *_shown_keys(place)} - {""}:
        assert secret not in told, "the key was told"


def renew(desk: Desk, approved: Path, place: Place) -> None:
    """Begin with a fresh copy of the workspace."""
    shutil.rmtree(desk.folder, ignore_errors=True)
    shutil.copytree(approved, desk.folder)
    desk.settle()
    if hasattr(place, "folder"):
        place.folder = desk.folder


def _shown_keys(place: Place) -> set[str]:
    """What the key was made into on its way to the service."""
    headers = [e.asked.headers for e in place.exchanges] if isinstance(place, ApiTwin) else []
    named = ("authorization", "api-key", "api-token")
    return {h[name].rpartition(" ")[2] for h in headers for name in named if name in h}


def _with_each_word(body: Any, more: str) -> Any:
    """The same answer, with something more in each of its texts."""
    if isinstance(body, dict):
        return {name: _with_each_word(value, more) for name, value in body.items()}
    if isinstance(body, list):
        return [_with_each_word(value, more) for value in body]
    return f"{body} ({more})" if isinstance(body, str) else body


class ProviderContract:
    def test_what_was_approved_is_there_once_however_often_it_is_pushed(
        self, desk: Desk, place: Place, case: Case
    ) -> None:
        assert desk.pushed() == ("create", "draft", 0)
        assert desk.pushed()[1:] == ("draft", 0)
        assert desk.pushed()[0] == "none"
        (held,) = place.held()
        assert desk.receipt() == "confirmed"
        assert held.html is not None and "<!-- cxgreetz " in held.html
        assert "Koffie op perron 4" in held.html
        if case.able.text_part:
            assert held.text is not None and "Koffie op perron 4" in held.text
        if case.able.preheader:
            assert held.preheader
        assert held.subject is not None and "Koffie op perron 4" in held.subject
        assert (held.audience or "") in ("", case.audience)

    def test_the_report_keeps_its_form(self, desk: Desk) -> None:
        (one,) = desk.push().as_json()["languages"].values()
        assert {"provider", "remote_id", "state", "step"} <= set(one)
        assert one["remote_id"]

    def test_tags_become_the_providers_own(self, desk: Desk, place: Place, case: Case) -> None:
        desk.push()
        (held,) = place.held()
        html, text = held.html or "", held.text or ""
        assert "cxgreetz:" not in html + text
        for tag in filter(None, case.tags.values()):
            assert tag in html.replace("&amp;", "&"), tag

    def test_text_that_looks_like_code_stays_text(
        self, desk: Desk, place: Place, case: Case
    ) -> None:
        desk.push()
        with desk.open() as workspace:
            campaigns = delivering._open(workspace, plugin("providers", case.name, ""))
            own, openers = campaigns.tags.values(), campaigns.tag_openers
        (held,) = place.held()
        html = held.html or ""
        for tag in filter(None, own):
            html = html.replace(tag, "")
        # As a service reads it that writes HTML anew.
        html = unescape(html)
        assert not [code for code in CODE_LIKE if code.startswith(tuple(openers)) and code in html]
        assert "naam" in html, "the words themselves are still there"

    def test_what_is_approved_anew_takes_the_old_ones_place(self, desk: Desk, place: Place) -> None:
        desk.push()
        (before,) = place.held()
        desk.change()
        assert desk.pushed() == ("update", "draft", 0)
        (after,) = place.held()
        assert "thee" in (after.html or "") and "thee" not in (before.html or "")
        assert desk.pushed()[0] == "none"

    def test_of_two_runs_at_once_one_does_it(self, desk: Desk, place: Place) -> None:
        children = [desk.child(), desk.child()]
        for child in children:
            child.join()
        codes = sorted(child.exitcode for child in children)
        assert codes in ([0, 0], [0, 1]), codes
        assert len(place.held()) == 1
        assert desk.pushed() == ("none", "draft", 0)

    def test_each_language_has_its_own(self, desk: Desk, place: Place) -> None:
        desk.settle(["nl", "en"])
        report = desk.push()
        assert [one.step for one in report.pushed.values()] == ["create", "create"]
        assert len({one.remote_id for one in report.pushed.values()}) == 2
        assert len(place.held()) == 2
        assert [one.step for one in desk.push().pushed.values()] == ["none", "none"]

    def test_a_time_is_set_and_taken_back(self, desk: Desk, place: Place, case: Case) -> None:
        if not case.able.schedule:
            with pytest.raises(UsageError, match="cannot be told when"):
                desk.push(schedule="2026-12-01T09:00")
            return
        assert desk.pushed(schedule="2026-12-01T09:00") == ("create", "scheduled", 0)
        assert desk.pushed() == ("none", "scheduled", 0) or desk.pushed()[1:] == ("scheduled", 0)
        if not case.able.unschedule:
            with pytest.raises(UsageError, match="takes no time back"):
                desk.push(unschedule=True)
            return
        assert desk.pushed(unschedule=True) == ("unschedule", "draft", 0)
        assert desk.pushed(unschedule=True) == ("none", "draft", 0)
        assert len(place.held()) == 1

    def test_it_sends_at_the_steps_it_names(self, desk: Desk, place: Place, case: Case) -> None:
        if case.able.schedule_step_minutes > 1:
            with pytest.raises(UsageError, match=r"sends only at :00"):
                desk.push(schedule="2026-12-01T09:01")
            assert place.held() == []

    def test_without_an_audience_nothing_is_made(
        self, desk: Desk, place: Place, case: Case
    ) -> None:
        desk.settle(["nl", "en"], audience="")
        if not case.able.needs_audience:
            assert desk.push().exit_code == 0
            return
        with pytest.raises(ConfigError) as caught:
            desk.push()
        assert "cxgreetz.toml: provider.audience.nl" in str(caught.value)
        assert "cxgreetz.toml: provider.audience.en" in str(caught.value)
        assert place.held() == []

    def test_the_account_is_proved_and_nothing_changed(self, desk: Desk, place: Place) -> None:
        with desk.open() as workspace:
            proved = pipeline.check_provider(workspace)["proved"]
        assert proved and all(isinstance(line, str) and "\n" not in line for line in proved)
        desk.told += proved
        assert place.held() == []


#: What one fault in the place of the answer to a create leads to at once.
_DONE = {Fault.DROP_AFTER, Fault.FAIL_AFTER, Fault.SLOW, Fault.GARBLED}
_OPEN = {Fault.DROP_BEFORE, Fault.FAIL_BEFORE, Fault.TIMEOUT}
_NOT_DONE = {Fault.BUSY, Fault.BUSY_BARE}


class FaultContract:
    """What holds whatever goes wrong with a call, for all that things are made at."""

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize("act", ["create", "update"])
    def test_a_run_killed_at_any_call_ends_with_one_campaign(
        self, desk: Desk, place: ApiTwin, approved: Path, moment: str, act: str
    ) -> None:
        number, calls = 0, 1
        while number < calls:
            place.forget()
            renew(desk, approved, place)
            if act == "update":
                desk.push()
                desk.change()
                place.exchanges.clear()
            place.doom = (number, moment)
            child = desk.child()
            place.victim = child.pid
            child.join()
            ended = f"killed {moment} call {number}"
            assert (child.exitcode == -9) == (place.doom is None), ended
            if place.doom is not None:
                break  # there is no such call any more
            calls = number + 2
            step, state, code = desk.pushed()
            if (step, code) == ("stop", 3) and desk.receipt() == "intended":
                assert place.campaigns == {}, ended
                _step, state, code = desk.pushed(again=True)
            if (state, code) != ("draft", 0):
                pytest.fail(f"{ended}: {desk.told[-1]}")
            assert len(place.campaigns) == 1, ended
            assert desk.pushed()[0] == "none", ended
            assert desk.receipt() == "confirmed"
            number += 1
        assert number > 1, "no call was cut off"

    @pytest.mark.parametrize("lag", [0, 2])
    @pytest.mark.parametrize("fault", Fault)
    def test_whatever_a_create_is_answered_there_is_one_or_a_clear_word(
        self, desk: Desk, place: ApiTwin, fault: Fault, lag: int
    ) -> None:
        if lag and not desk.case.able.lists_late:
            pytest.skip("its lists show at once")
        place.strike(fault)
        if fault is Fault.SLOW:
            desk.patience = _PATIENCE
        place.lag = lag
        report = desk.push()
        one = report.pushed["nl"]
        assert place.creations() == 1, "a create is sent once"
        if fault in _DONE:
            assert (one.step, one.state, report.exit_code) == ("create", "draft", 0)
        elif fault in _OPEN:
            assert (one.state, report.exit_code) == ("unknown", 3)
            assert "not known whether" in one.why and "--again" in one.why
            assert desk.pushed()[::2] == ("stop", 3)
            assert place.creations() == 1, "nothing is made that nobody asked for"
            assert desk.pushed(again=True) == ("create", "draft", 0)
        else:
            assert fault in _NOT_DONE
            assert (one.step, report.exit_code) == ("failed", 3)
            assert "not done" in one.why
            assert desk.receipt() is None
            assert desk.pushed() == ("create", "draft", 0)
        assert len(place.campaigns) == 1
        assert desk.pushed() == ("none", "draft", 0)

    def test_what_never_shows_is_not_made_again(self, desk: Desk, place: ApiTwin) -> None:
        place.strike(Fault.DROP_AFTER)
        place.lag = 1000
        assert desk.pushed() == ("create", "unknown", 3)
        assert desk.pushed()[::2] == ("stop", 3)
        assert (place.creations(), len(place.campaigns)) == (1, 1)

    def test_a_clean_create_that_shows_late_is_waited_for(self, desk: Desk, place: ApiTwin) -> None:
        if not desk.case.able.lists_late:
            pytest.skip("its lists show at once")
        place.lag = 3
        assert desk.pushed() == ("create", "draft", 0)
        assert (place.creations(), len(place.campaigns)) == (1, 1)

    @pytest.mark.parametrize("on", ["read", "change"])
    @pytest.mark.parametrize("fault", Fault)
    def test_what_may_be_repeated_is(
        self, desk: Desk, place: ApiTwin, fault: Fault, on: str
    ) -> None:
        place.strike(fault, on)
        assert desk.pushed() == ("create", "draft", 0)
        assert len(place.campaigns) == 1

    @pytest.mark.parametrize("on", ["read", "change"])
    def test_a_service_that_stays_down_is_named_and_waited_for(
        self, desk: Desk, place: ApiTwin, on: str
    ) -> None:
        place.strike(Fault.FAIL_BEFORE, on, times=1000)
        report = desk.push()
        if on == "read":
            assert report.exit_code == 3
            assert "500" in report.pushed["nl"].why and "\n" not in report.pushed["nl"].why
            assert place.campaigns == {}
        place.heal()
        assert desk.pushed()[1:] == ("draft", 0)
        assert len(place.campaigns) == 1


class ServiceContract(FaultContract):
    @pytest.fixture(autouse=True)
    def _by_the_book(self, case: Case, place: ApiTwin) -> Iterator[None]:
        """Everything asked and answered in a test fits what the service publishes."""
        yield
        try:
            spec = load_spec(case.spec) if case.spec else None
        except pytest.skip.Exception:
            return  # one test says so
        assert spec is None or spec.faults(place.exchanges, case.beyond) == []

    def test_the_book_is_at_hand(self, case: Case, desk: Desk, place: ApiTwin) -> None:
        if not case.spec:
            pytest.skip(f"{case.name} publishes no document of its API")
        load_spec(case.spec)
        desk.push()
        fitting = [e for e in place.exchanges if e.asked.method != "GET"]
        assert fitting, "a create was held against it"

    @pytest.mark.parametrize("state", [RemoteState.SCHEDULED, RemoteState.SENT])
    def test_what_is_on_its_way_stays_as_it_is(
        self, desk: Desk, place: ApiTwin, state: RemoteState
    ) -> None:
        desk.push()
        place.turn(state)
        (before,) = place.held()
        assert desk.pushed()[1:] == (state, 0)
        desk.change()
        assert desk.pushed() == ("stop", state, 1)
        assert place.held() == [before]

    def test_what_a_person_removed_is_not_made_again(self, desk: Desk, place: ApiTwin) -> None:
        desk.push()
        place.campaigns.clear()
        assert desk.pushed() == ("stop", "none", 1)
        assert place.campaigns == {}

    def test_two_of_ours_are_a_persons_matter(self, desk: Desk, place: ApiTwin) -> None:
        desk.push()
        place.double()
        report = desk.push()
        assert (report.pushed["nl"].step, report.exit_code) == ("stop", 1)
        assert all(number in report.pushed["nl"].why for number in place.campaigns)
        assert len(place.campaigns) == 2

    def test_what_somebody_changed_there_is_put_right(self, desk: Desk, place: ApiTwin) -> None:
        desk.push()
        (campaign,) = place.campaigns.values()
        good = campaign.held
        campaign.held = replace(good, html=(good.html or "").replace("koffie", "whisky"))
        assert desk.pushed() == ("update", "draft", 0)
        assert place.held() == [good]

    def test_a_campaign_whose_key_only_begins_like_ours_is_not_ours(
        self, desk: Desk, place: ApiTwin
    ) -> None:
        """As that of an email in two languages does."""
        desk.push()
        ((number, ours),) = place.campaigns.items()
        fields = json.dumps(ours.fields).replace("2026-11-nl", "2026-11-nl-en")
        name = ours.name.replace("2026-11-nl", "2026-11-nl-en")
        both = replace(ours, id=f"8{number}", name=name, fields=json.loads(fields))
        place.campaigns = {both.id: both, number: ours}
        assert desk.pushed() == ("none", "draft", 0)

    def test_a_wrong_key_is_named_and_makes_nothing(
        self, desk: Desk, place: ApiTwin, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place.key = "another " + case.key
        # Some services say which key it was.
        place.unauthorised = _with_each_word(place.unauthorised, case.key)
        variable = f"CXGREETZ_{case.name.upper()}_API_KEY"
        report = desk.push()
        assert report.exit_code == 3
        assert variable in report.pushed["nl"].why
        with desk.open() as workspace, pytest.raises(ProviderError, match=variable):
            pipeline.check_provider(workspace)
        monkeypatch.delenv(variable)
        asked = len(place.exchanges)
        with pytest.raises(ConfigError, match=variable):
            desk.push()
        assert len(place.exchanges) == asked
        assert place.campaigns == {}

    def test_an_audience_that_is_none_stops_both_languages_before_any_call(
        self, desk: Desk, place: ApiTwin, case: Case
    ) -> None:
        desk.settle(["nl", "en"])
        file = desk.folder / "cxgreetz.toml"
        file.write_text(file.read_text().replace(f'en = "{case.audience}"', 'en = "geen lijst"'))
        with pytest.raises(ConfigError, match=r"provider\.audience\.en: 'geen lijst' is n"):
            desk.push()
        assert place.exchanges == []

    def test_a_wrong_audience_is_refused_and_can_be_put_right(
        self, desk: Desk, place: ApiTwin, case: Case
    ) -> None:
        if not case.wrong_audience:
            pytest.skip(f"{case.name} takes any audience")
        desk.settle(audience=case.wrong_audience)
        report = desk.push()
        assert (report.pushed["nl"].step, report.exit_code) == ("failed", 3)
        with desk.open() as workspace, pytest.raises((ProviderError, ConfigError)):
            pipeline.check_provider(workspace)
        assert place.campaigns == {}
        desk.settle()
        assert desk.pushed() == ("create", "draft", 0)
        assert len(place.campaigns) == 1

    def test_a_test_mail_is_sent_or_said_not_to_be(
        self, desk: Desk, place: ApiTwin, case: Case
    ) -> None:
        if not case.able.test_mail:
            with pytest.raises(UsageError, match="sends no test mail"):
                desk.push(test="anna@example.org")
            return
        assert desk.pushed(test="anna@example.org") == ("create", "draft", 0)
        assert place.tests == [(next(iter(place.campaigns)), "anna@example.org")]

    def test_a_schedule_whose_answer_is_lost_is_looked_up(
        self, desk: Desk, place: ApiTwin, case: Case
    ) -> None:
        if not case.able.schedule:
            pytest.skip(f"{case.name} cannot be told when to send")
        desk.push()
        place.strike(Fault.FAIL_AFTER, "change")
        assert desk.pushed(schedule="2026-12-01T09:00")[1:] == ("scheduled", 0)
        assert len(place.campaigns) == 1
