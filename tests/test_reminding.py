"""Who is reminded when; and that two who look at once remind once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cxgreetz import pipeline
from cxgreetz.model import EditionKey, Request
from cxgreetz.pipeline import Workspace
from cxgreetz.pipeline.mailing import reminding
from cxgreetz.pipeline.mailing.reminding import Whom, whom_to_remind
from samples import NOW
from servers.notice_taker import NoticeTaker
from test_asking import MONTH, NEWSLETTER, change, put, state

ASKED = Request(EditionKey(MONTH), NOW, {"nl": "a"})
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOBODY, FIRST, SECOND = Whom.NOBODY, Whom.FIRST, Whom.SECOND


@pytest.mark.parametrize(
    ("after", "reminded", "last", "decision", "whom"),
    [
        # after the asking; how often reminded, and how long ago; the answer
        (0 * DAY, 0, None, "", NOBODY),
        (5 * DAY - HOUR, 0, None, "", NOBODY),
        (5 * DAY, 0, None, "", FIRST),
        (90 * DAY, 0, None, "", FIRST),
        (5 * DAY + HOUR, 1, HOUR, "", NOBODY),
        (6 * DAY - HOUR, 1, 23 * HOUR, "", NOBODY),
        (6 * DAY, 1, DAY, "", FIRST),
        (6 * DAY, 1, DAY - HOUR / 60, "", FIRST),
        (7 * DAY, 2, DAY, "", SECOND),
        (7 * DAY, 2, HOUR, "", NOBODY),
        (40 * DAY, 35, DAY, "", SECOND),
        (40 * DAY, 1, 20 * DAY, "", FIRST),
        (5 * DAY, 0, None, "reject", FIRST),
        (7 * DAY, 2, DAY, "reject", SECOND),
        (5 * DAY, 0, None, "approve", NOBODY),
        (40 * DAY, 9, DAY, "approve", NOBODY),
        (-DAY, 0, None, "", NOBODY),
    ],
)
def test_who_is_due(
    after: timedelta, reminded: int, last: timedelta | None, decision: str, whom: Whom
) -> None:
    now = NOW + after
    request = replace(
        ASKED, reminded=reminded, reminded_at=now - last if last else None, decision=decision
    )
    assert whom_to_remind(request, now, 5) is whom


def test_the_days_are_the_workspace_s() -> None:
    assert whom_to_remind(ASKED, NOW + 2 * DAY, 2) is FIRST
    assert whom_to_remind(ASKED, NOW + 2 * DAY, 3) is NOBODY


def test_an_hourly_clock_reminds_once_a_day_at_about_the_same_time() -> None:
    request, told = ASKED, []
    for hours in range(24 * 12):
        now = NOW + hours * HOUR + timedelta(seconds=hours * 37 % 120)
        if whom := whom_to_remind(request, now, 5):
            request = replace(request, reminded=request.reminded + 1, reminded_at=now)
            told.append((now, whom))
    assert [whom for _, whom in told] == [FIRST, FIRST, *[SECOND] * 5]
    assert {now.hour for now, _ in told} == {NOW.hour}


# doing it


@pytest.fixture
def taker() -> Iterator[NoticeTaker]:
    with NoticeTaker() as server:
        yield server


@pytest.fixture
def second() -> Iterator[NoticeTaker]:
    with NoticeTaker() as server:
        yield server


@pytest.fixture
def workspace(tmp_path: Path, taker: NoticeTaker, second: NoticeTaker) -> Iterator[Workspace]:
    """A draft that approval was asked for, and nobody told of yet."""
    text = NEWSLETTER.format(urls=f'"{taker.url()}"') + f'second = ["{second.url()}"]\n'
    (tmp_path / "cxgreetz.toml").write_text(text)
    with pipeline.open_workspace(tmp_path, now=lambda: NOW) as opened:
        put(opened)
        pipeline.draft(opened, MONTH)
        pipeline.ask(opened, MONTH)
        taker.taken.clear()
        yield opened


def remind_after(workspace: Workspace, after: timedelta) -> list[tuple[int, str]]:
    workspace.now = lambda: NOW + after
    return [(one.number, one.whom) for one in pipeline.remind(workspace).reminded]


def test_the_first_two_go_to_all_and_the_rest_to_the_second(
    workspace: Workspace, taker: NoticeTaker, second: NoticeTaker
) -> None:
    assert remind_after(workspace, 4 * DAY) == []
    assert remind_after(workspace, 5 * DAY) == [(1, "urls")]
    assert remind_after(workspace, 5 * DAY + HOUR) == []
    assert remind_after(workspace, 6 * DAY) == [(2, "urls")]
    assert remind_after(workspace, 7 * DAY) == [(3, "second")]
    assert remind_after(workspace, 8 * DAY) == [(4, "second")]
    assert taker.subjects == ["CX Greetz, november 2026: wacht nog op goedkeuring"] * 2
    assert len(second.taken) == 2 and "22 november" in second.taken[0][1]
    assert state(workspace) == "draft" and workspace.store.approvals(MONTH) == {}


def test_without_second_addresses_the_first_get_them_all(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    (workspace.folder / "cxgreetz.toml").write_text(NEWSLETTER.format(urls=f'"{taker.url()}"'))
    with pipeline.open_workspace(workspace.folder) as opened:
        for days in (5, 6, 7):
            assert len(remind_after(opened, days * DAY)) == 1
    assert len(taker.taken) == 3


def test_after_the_answer_it_is_quiet(workspace: Workspace, taker: NoticeTaker) -> None:
    pipeline.answer(workspace, MONTH, "reject", by="Bram", note="De toon is te hard.")
    taker.taken.clear()
    assert remind_after(workspace, 5 * DAY) == [(1, "urls")]
    assert "teruggestuurd" in taker.subjects[0] and "De toon is te hard." in taker.taken[0][1]
    change(workspace)
    pipeline.approve(workspace, MONTH, by="Anna")
    assert remind_after(workspace, 9 * DAY) == []


def test_what_is_approved_by_the_way_is_noticed(workspace: Workspace, taker: NoticeTaker) -> None:
    """An approval whose run was killed before it wrote the answer down."""
    before = workspace.store.request(MONTH)
    pipeline.approve(workspace, MONTH, by="Anna")
    workspace.store.change_request(MONTH, lambda _: before)
    assert remind_after(workspace, 9 * DAY) == [] and taker.taken == []
    request = workspace.store.request(MONTH)
    assert request and request.decision == "approve"


def test_a_reminder_that_reached_nobody_is_tried_again(
    workspace: Workspace, taker: NoticeTaker
) -> None:
    taker.status = 500
    workspace.now = lambda: NOW + 5 * DAY
    report = pipeline.remind(workspace)
    assert report.exit_code == 3 and "answered 500" in str(report.as_json())
    taker.status = 200
    assert remind_after(workspace, 5 * DAY + HOUR) == [(1, "urls")]


def test_two_processes_remind_once(workspace: Workspace, taker: NoticeTaker) -> None:
    script = (
        "import sys\nfrom datetime import datetime\nfrom pathlib import Path\n"
        "from cxgreetz import pipeline\n"
        "now = datetime.fromisoformat(sys.argv[2])\n"
        "with pipeline.open_workspace(Path(sys.argv[1]), now=lambda: now) as workspace:\n"
        "    import cxgreetz.notices.sending\n"
        "    print('ready', flush=True)\n    sys.stdin.readline()\n"
        "    print(len(pipeline.remind(workspace).reminded))\n"
    )
    now = (NOW + 5 * DAY).isoformat()
    command = [sys.executable, "-c", script, str(workspace.folder), now]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    runs = [
        subprocess.Popen(command, cwd=Path(__file__).parent, **pipes)  # type: ignore[call-overload]
        for _ in range(2)
    ]
    try:
        assert [run.stdout.readline() for run in runs] == ["ready\n"] * 2
        for run in runs:
            run.stdin.write("go\n")
            run.stdin.flush()
        assert sorted(run.communicate(timeout=60)[0].strip() for run in runs) == ["0", "1"]
    finally:
        for run in runs:
            run.kill()
    assert len(taker.taken) == 1
    request = workspace.store.request(MONTH)
    assert request and (request.reminded, request.reminded_at) == (1, NOW + 5 * DAY)


def test_who_notes_it_second_sends_nothing(
    workspace: Workspace, taker: NoticeTaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that it was due; the other one was quicker."""
    real = reminding.open_requests

    def late(opened: Workspace) -> list[Request]:
        seen = list(real(opened))
        monkeypatch.setattr(reminding, "open_requests", real)
        assert len(pipeline.remind(opened).reminded) == 1
        return seen

    monkeypatch.setattr(reminding, "open_requests", late)
    assert remind_after(workspace, 5 * DAY) == []
    assert len(taker.taken) == 1


def test_a_moment_keeps_its_zone(workspace: Workspace) -> None:
    kept = workspace.store.request(MONTH)
    assert kept and kept.asked_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
