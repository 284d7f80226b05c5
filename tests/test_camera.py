"""The camera: emails as they will be read, nothing fetched, nothing run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import imagesize
import pytest

from cxgreetz import camera
from cxgreetz.pipeline import draft, gather, open_workspace, photograph_emails
from servers.feed_site import FeedPost, FeedSite

NEEDS_BROWSER = pytest.mark.skipif(
    camera.find_chromium() is None, reason="Chromium is not installed"
)


def shot(tmp_path: Path, html: str) -> tuple[int, int]:
    made = camera.photograph(html)
    assert isinstance(made, bytes), made
    file = tmp_path / "shot.png"
    file.write_bytes(made)
    width, height = imagesize.get(file)
    return int(width), int(height)


@NEEDS_BROWSER
def test_a_picture_is_as_high_as_the_longer_of_both_widths(tmp_path: Path) -> None:
    width, height = shot(tmp_path, '<body style="margin:0"><div style="height:900px">x</div>')
    assert (width, height) == (640 + 375 + 3 * 24, 900 + 48)
    # The same words take more lines on a phone.
    words = f'<body style="margin:0;font:20px/30px sans-serif">{"koffie " * 200}'
    assert shot(tmp_path, words)[1] > 800


@NEEDS_BROWSER
def test_nothing_is_run_and_nothing_is_fetched(tmp_path: Path) -> None:
    with FeedSite() as site:
        html = (
            f'<img src="{site.url}" alt=""><link rel="stylesheet" href="{site.url}">'
            "<script>document.body.style.height='3000px'</script>"
            '<div style="height:400px" onclick="1">x</div>'
            "<img src=x onerror=\"document.body.style.height='3000px'\">"
        )
        assert shot(tmp_path, html)[1] < 700
        assert not site.asked


def test_without_a_browser_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "_NAMES", ("no-such-browser",))
    assert camera.photograph("<p>x") == "Chromium is not installed"


def test_a_disk_that_takes_nothing_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera, "find_chromium", lambda: "/bin/true")
    monkeypatch.setattr(camera.tempfile, "tempdir", str(tmp_path / "full"))
    told = camera.photograph("<p>Koffie</p>")
    assert told == "Chromium made no picture (No such file or directory)"


def test_a_browser_that_hangs_or_makes_nothing_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(camera, "find_chromium", lambda: str(broken))
    assert "no picture" in str(camera.photograph("<p>x"))
    broken.write_text("#!/bin/sh\nexec sleep 30\n", encoding="utf-8")
    monkeypatch.setattr(camera, "_PATIENCE", 0.3)
    assert "longer than" in str(camera.photograph("<p>x"))


def test_the_emails_of_an_edition_with_their_pictures_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def keep(html: str) -> bytes:
        given.append(html)
        return b"png"

    monkeypatch.setattr("cxgreetz.pipeline.mailing.photographing.photograph", keep)
    with FeedSite() as site:
        dot = (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x02X\x00\x00\x01,\x08\x02\x00\x00\x00"
            b"\x00\x00\x00\x00"
        )
        site.files["/koffie.png"] = ("image/png", dot)
        picture = f'<p><img src="{site.home}/koffie.png" width="600" height="300" alt="Koffie"></p>'
        missing = f'<p><img src="{site.home}/weg.png" width="600" height="300" alt="Weg"></p>'
        words = "<p>Op het station schenkt een man al twintig jaar koffie voor iedereen.</p>" * 3
        now = datetime.now(UTC)
        site.posts = [
            FeedPost("Koffie", picture + words, now - timedelta(hours=2), "/koffie/"),
            FeedPost("Thee", missing + words.replace("koffie", "thee"), now, "/thee/"),
        ]
        (tmp_path / "cxgreetz.toml").write_text(
            f"""[newsletter]
name = "De Klantbrief"
from = "Redactie <redactie@example.org>"
languages = ["nl"]
start = {(now - timedelta(days=40)).date()}

[[sources]]
name = "blog"
url = "{site.url}"
language = "nl"
""",
            encoding="utf-8",
        )
        with open_workspace(tmp_path) as workspace:
            gather(workspace)
            draft(workspace)
            made = photograph_emails(workspace)
            assert workspace.store.drafts(workspace.store.editions()[0].key).keys() == {"nl"}
    assert made.pictures == {"nl": b"png"}
    (html,) = given
    assert html.count("data:image/png;base64,") == 1
    assert "/koffie.png" not in html
