"""Links are followed politely and remembered; pictures are looked at once; checks ask nobody."""

from __future__ import annotations

import json
import shutil
import ssl
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cxgreetz import checks, pipeline
from cxgreetz.cli import app
from cxgreetz.markup.pictures import Picture, read_picture
from cxgreetz.model import Block, BlockKind, Image, LinkAnswer, PictureFacts
from cxgreetz.net import Net
from cxgreetz.pipeline import Workspace, open_workspace
from cxgreetz.pipeline.editions import looking, pictures
from cxgreetz.pipeline.editions.looking import asked_for, links_shown
from cxgreetz.pipeline.editions.making import Press
from cxgreetz.pipeline.editions.pictures import with_facts
from cxgreetz.store import StoredPost
from samples import NOW, a_piece, a_post, a_view, an_email
from servers.link_site import LinkSite, body, endless, garbled, redirect, status

MONTH = "2026-11"
WORKSPACE = """
[newsletter]
name = "CX Greetz"
from = "Anna <anna@example.org>"
languages = ["nl"]
start = 2026-01-01
[[sources]]
name = "blog"
url = "{source}/feed/"
[translation]
engines = []
"""


@pytest.fixture
def site() -> Iterator[LinkSite]:
    opened = LinkSite()
    yield opened
    opened.close()


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, site: LinkSite, clock: Clock) -> Iterator[Workspace]:
    yield from opened_at(tmp_path, site.url, clock)


def opened_at(folder: Path, source: str, clock: Clock) -> Iterator[Workspace]:
    (folder / "cxgreetz.toml").write_text(WORKSPACE.format(source=source))
    with open_workspace(folder, now=clock) as opened:
        yield opened


def take(workspace: Workspace, url: str, *links: str, image: str = "", **changes: object) -> None:
    """Have a column at `url` with `links` in its text."""
    texts = [f'Op het station stond <a href="{link}">een man met koffie</a>.' for link in links]
    blocks = [Block(BlockKind.PARAGRAPH, text, "nl") for text in texts]
    given: dict[str, object] = {"image": Image(image, "Een man") if image else None}
    if blocks:
        given["blocks"] = tuple(blocks)
    post = a_post(url, **{**given, **changes})
    at = NOW - timedelta(days=1)
    workspace.store.save_posts([StoredPost(post, post.key, "taken", "", at, at)])


def answers(workspace: Workspace, *links: str) -> dict[str, LinkAnswer]:
    return workspace.store.link_answers(links)


# links


def test_every_link_of_an_email_is_told_once_and_nothing_that_is_no_page() -> None:
    html = (
        '<html><body><a href="https://blog.example/een/?utm_source=x&amp;p=1">1</a>'
        '<a href="https://shop.example/">shop</a><a href="#top">t</a><a href="">e</a>'
        '<a href="mailto:anna@example.org">m</a><a href="cxgreetz:unsubscribe">u</a>'
        '<a href="https://letters.example/2026-11/nl">web</a></body></html>'
    )
    view = replace(a_view(), web_version="https://letters.example/2026-11/nl")
    found = links_shown([view], replace(an_email(), html=html))
    assert {"https://blog.example/een/?utm_source=x&p=1", "https://shop.example/"} <= found
    assert {item.url for item in view.items} <= found
    assert all(link.startswith("http") for link in found)
    assert "https://letters.example/2026-11/nl" not in found


@pytest.mark.parametrize(
    ("link", "asked"),
    [
        ("https://x.example/a?utm_source=b&p=12&UTM_Medium=c#d", "https://x.example/a?p=12"),
        ("https://x.example/a?fbclid=1", "https://x.example/a"),
        ("https://x.example/a?q=a%20b+c&q=", "https://x.example/a?q=a%20b+c&q="),
        ("ftp://x.example/a", ""),
        ("https://", ""),
        ("http://[::1/", ""),
        ("https://x.example/" + "a" * 2000, ""),
    ],
)
def test_what_is_asked_for_a_link(link: str, asked: str) -> None:
    assert asked_for(link) == asked


def test_links_are_followed_with_head_then_get_and_never_counted(
    workspace: Workspace, site: LinkSite
) -> None:
    good = site.answer("/goed/", status(200))
    no_head = {
        code: site.answer(f"/head-{code}/", status(200), head=status(code))
        for code in (403, 404, 405, 500, 501, 999)
    }
    odd = site.answer("/odd/", status(200), head=garbled)
    page = site.answer("/koffie/", status(200))
    take(workspace, page, good + "?utm_source=elders#deel", odd, *no_head.values())
    pipeline.draft(workspace, MONTH)
    assert not site.requests
    pipeline.preflight(workspace, MONTH)
    found = answers(workspace, page, good, odd, *no_head.values())
    assert len(found) == 9
    assert {answer.status for answer in found.values()} == {200}
    assert site.asked("/goed/") == ["HEAD"] == site.asked("/koffie/")
    assert site.asked("/odd/") == ["HEAD", "GET"]
    for code in no_head:
        assert site.asked(f"/head-{code}/") == ["HEAD", "GET"]
    assert not [path for _method, path in site.requests if "utm_" in path]


def test_what_is_wrong_with_a_link_is_a_value(workspace: Workspace, site: LinkSite) -> None:
    paths = {code: site.answer(f"/{code}/", status(code)) for code in (404, 410, 500, 429)}
    private = site.answer("/in/", redirect(302, "http://169.254.169.254/latest/"))
    loop = site.answer("/loop/", redirect(302, "/loop/"))
    broken = site.answer("/stuk/", garbled)
    nobody = "http://127.0.0.1:1/"
    take(workspace, f"{site.url}/koffie/", *paths.values(), private, loop, broken, nobody)
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)
    found = answers(workspace, *paths.values(), private, loop, broken, nobody)
    assert {code: found[url].status for code, url in paths.items()} == {c: c for c in paths}
    for url, why in ((private, "private"), (loop, "redirects"), (broken, ""), (nobody, "reached")):
        assert found[url].status is None
        assert why in found[url].problem
    assert site.asked("/429/") == ["HEAD"]
    assert site.asked("/in/") == ["HEAD"]


def test_only_a_move_for_good_to_another_page_is_told(workspace: Workspace, site: LinkSite) -> None:
    there = site.answer("/daar/", status(200))
    moved = site.answer("/oud/", redirect(301, "/daar/"))
    moved_308 = site.answer("/oud-308/", redirect(308, "/daar/"))
    lent = site.answer("/tijdelijk/", redirect(302, "/daar/"))
    mixed = site.answer("/gemengd/", redirect(301, "/tijdelijk/"))
    slash = site.answer("/daar", redirect(301, "/daar/"))
    gone = site.answer("/weg/", redirect(301, "/niets/"))
    links = (moved, moved_308, lent, mixed, slash, gone)
    take(workspace, f"{site.url}/koffie/", *links)
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)
    found = answers(workspace, *links)
    assert {url for url, answer in found.items() if answer.moved_to} == {moved, moved_308}
    assert found[moved].moved_to == there
    assert found[gone].status == 404


def test_a_slow_site_costs_its_own_seconds_and_no_more(
    workspace: Workspace, site: LinkSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_SECONDS", 1.5)
    slow = [site.answer(f"/traag-{n}/", site.waits(20)) for n in range(4)]
    good = site.answer("/goed/", status(200))
    take(workspace, good, *slow)
    pipeline.draft(workspace, MONTH)
    began = time.monotonic()
    pipeline.preflight(workspace, MONTH)
    assert time.monotonic() - began < 15
    found = answers(workspace, good, *slow)
    assert {found[url].status for url in slow} == {None}
    assert "in time" in found[slow[0]].problem
    assert found[good].status == 200


def test_links_without_time_are_left_for_the_next_check(
    workspace: Workspace, site: LinkSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_IN_ALL", 0.5)
    slow = [site.answer(f"/traag-{n}/", site.waits(20)) for n in range(3)]
    take(workspace, site.answer("/goed/", status(200)), *slow)
    pipeline.draft(workspace, MONTH)
    began = time.monotonic()
    report = pipeline.preflight(workspace, MONTH)
    assert time.monotonic() - began < 15
    assert "no time to follow" in report.notes[-1]
    assert not answers(workspace, *slow)


def test_a_host_is_asked_two_things_at_a_time(workspace: Workspace, site: LinkSite) -> None:
    links = [site.answer(f"/{n}/", site.waits(0.05)) for n in range(8)]
    take(workspace, f"{site.url}/koffie/", *links)
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)
    assert len(answers(workspace, *links)) == 8
    assert site.busiest == 2


def test_a_host_that_wants_a_rest_is_left_alone(workspace: Workspace, site: LinkSite) -> None:
    busy = site.answer("/druk/", status(503, Retry_After="3600"))
    take(workspace, busy, f"{site.url}/elders/")
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)
    before = len(site.requests)
    assert site.asked("/druk/") == ["HEAD"]
    assert answers(workspace, busy)[busy].status == 503
    pipeline.preflight(workspace, MONTH, fresh=True)
    assert len(site.requests) == before
    assert "asks to wait" in answers(workspace, busy)[busy].problem


def test_a_good_answer_is_believed_for_a_day_and_another_for_a_quarter(
    workspace: Workspace, site: LinkSite, clock: Clock
) -> None:
    take(workspace, site.answer("/goed/", status(200)), site.answer("/fout/", status(404)))
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)

    def asked_after(wait: timedelta, *, fresh: bool = False) -> set[str]:
        site.requests.clear()
        clock.now += wait
        pipeline.preflight(workspace, MONTH, fresh=fresh)
        return {path for _method, path in site.requests}

    assert asked_after(timedelta(minutes=14)) == set()
    assert asked_after(timedelta(minutes=1)) == {"/fout/"}
    assert asked_after(timedelta(hours=23, minutes=44)) == {"/fout/"}
    assert asked_after(timedelta(minutes=1)) == {"/goed/"}
    assert asked_after(timedelta()) == set()
    assert asked_after(timedelta(), fresh=True) == {"/goed/", "/fout/"}


def test_checks_and_approvals_see_what_is_known_and_ask_nobody(
    workspace: Workspace, site: LinkSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[checks.Subject] = []
    run = checks.run_checks
    monkeypatch.setattr(checks, "run_checks", lambda s: seen.append(s) or run(s))
    counted = site.answer("/deel/", status(200)) + "?utm_source=elders"
    png = site.answer("/man.png", body(a_png(900, 300), "image/png"))
    take(workspace, site.answer("/goed/", status(204)), counted, image=png)
    pipeline.draft(workspace, MONTH)
    pipeline.preflight(workspace, MONTH)
    clock.now += timedelta(days=3)
    site.requests.clear()
    report = pipeline.check(workspace, MONTH)
    subject = seen[-1]
    assert subject.answers[counted].status == 200
    assert subject.answers[f"{site.url}/goed/"].status == 204
    assert subject.pictures[png].width == 900
    assert subject.link_overhead == 0
    if names := [finding.id for finding in report.open_warnings]:
        pipeline.dismiss_findings(workspace, MONTH, names, reason="gezien", by="Anna")
    assert pipeline.approve(workspace, MONTH, by="Anna").approvals
    pipeline.push(workspace, MONTH)
    assert not site.requests


def test_the_other_emails_are_told_to_the_checks(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[checks.Subject] = []
    run = checks.run_checks
    monkeypatch.setattr(checks, "run_checks", lambda s: seen.append(s) or run(s))
    (tmp_path / "cxgreetz.toml").write_text(
        WORKSPACE.format(source="http://127.0.0.1:1").replace('["nl"]', '["nl", "en"]')
    )
    with open_workspace(tmp_path, now=clock) as opened:
        take(opened, "https://blog.example/koffie/")
        pipeline.draft(opened, MONTH)
    assert [[v.language for v in s.views] for s in seen] == [["nl"], ["en"]]
    assert [[v.language for v in s.sisters] for s in seen] == [["en"], ["nl"]]


def test_the_command_asks_again_when_told(tmp_path: Path, site: LinkSite, clock: Clock) -> None:
    page = site.answer("/goed/", status(200))
    for workspace in opened_at(tmp_path, site.url, clock):
        take(workspace, page)
        pipeline.draft(workspace, MONTH)

    def check(*options: str) -> list[str]:
        site.requests.clear()
        command = ["check", MONTH, "--json", "--workspace", str(tmp_path), *options]
        result = CliRunner().invoke(app, command)
        assert json.loads(result.stdout)["edition"] == MONTH
        return site.asked("/goed/")

    assert check() == ["HEAD"]
    assert check() == []
    assert check("--fresh") == ["HEAD"]


def test_a_run_ends_in_a_check_of_the_links_unless_told_not_to(
    workspace: Workspace, site: LinkSite
) -> None:
    take(workspace, site.answer("/goed/", status(200)))
    pipeline.run(workspace, MONTH, links=False)
    assert site.asked("/goed/") == []
    report = pipeline.run(workspace, MONTH)
    assert site.asked("/goed/") == ["HEAD"]
    assert report.drafted.as_json()["notes"] == []


def test_what_goes_wrong_inside_a_worker_is_told() -> None:
    def work(numbers: list[int]) -> Iterator[int]:
        yield from numbers
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(looking.at_once(work, [[1]], 2, lambda: time.monotonic() + 5))


# pictures


def a_png(width: int, height: int, size: int = 0) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return (head + b"\x08\x02\0\0\0").ljust(size, b"\0")


def a_jpeg(width: int, height: int, *, before: int = 0, turned: bool = False) -> bytes:
    """`before`: bytes of a colour profile that stand before the size; `turned`: by Exif."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    parts = [b"\xff\xd8"]
    if turned:
        parts.append(b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    while before > 0:
        piece = min(before, 65000)
        parts.append(b"\xff\xe2" + struct.pack(">H", piece + 2) + b"\0" * piece)
        before -= piece
    parts.append(b"\xff\xc0\0\x11\x08" + struct.pack(">HH", height, width) + b"\x03" + b"\0" * 9)
    return b"".join(parts)


def a_webp(width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + sides


SVG = '<svg xmlns="http://www.w3.org/2000/svg"{}><path d="M0 0"/></svg>'
FILES: Mapping[str, tuple[bytes, Picture | None]] = {
    "png": (a_png(640, 320), Picture("png", 640, 320)),
    "gif": (b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0\0\0", Picture("gif", 30, 20)),
    "jpeg": (a_jpeg(800, 600), Picture("jpeg", 800, 600)),
    "jpeg, its size late": (a_jpeg(800, 600, before=200_000), Picture("jpeg", 800, 600)),
    "jpeg, turned": (a_jpeg(800, 600, turned=True), Picture("jpeg", 600, 800)),
    "jpeg, cut off": (a_jpeg(800, 600)[:8], Picture("jpeg")),
    "webp": (a_webp(1200, 630), Picture("webp", 1200, 630)),
    "avif": (b"\0\0\0\x1cftypavif\0\0\0\0", Picture("avif")),
    "svg": (SVG.format(' width="30px" height="20"').encode(), Picture("svg", 30, 20)),
    "svg, by its viewBox": (SVG.format(' viewBox="0 0 30.4 20"').encode(), Picture("svg", 30, 20)),
    "svg, as wide as it may": (
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- een man -->\n"
        + SVG.format(' width="100%" height="100%" viewBox="0,0,30,20"').encode(),
        Picture("svg", 30, 20),
    ),
    "svg, no size": (SVG.format("").encode(), Picture("svg")),
    "a page": (b"<!DOCTYPE html><html><body><svg width='3' height='3'></svg>", None),
    "nothing": (b"", None),
}


@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_told_by_its_bytes(name: str) -> None:
    content, expected = FILES[name]
    assert read_picture(content) == expected


def test_every_picture_is_looked_at_once_whatever_its_site_calls_it(
    workspace: Workspace, site: LinkSite
) -> None:
    urls = {}
    for n, (name, (content, _expected)) in enumerate(FILES.items()):
        urls[name] = site.answer(f"/beeld-{n}", site.waits(0.02, body(content, "image/x-own")))
        take(workspace, f"{site.url}/stuk-{n}/", image=urls[name])
    pipeline.draft(workspace, MONTH)
    found = workspace.store.pictures(urls.values())
    for name, (content, expected) in FILES.items():
        facts = found[urls[name]]
        assert (facts.status, facts.at) == (200, NOW)
        assert Picture(facts.kind, facts.width, facts.height) == (expected or Picture(""))
        assert facts.size == (len(content) if expected else None)
        assert bool(facts.problem) == (expected is None)
    assert "image/x-own" in found[urls["a page"]].problem
    assert {method for method, _path in site.requests} == {"GET"}
    assert site.busiest == 1
    site.requests.clear()
    pipeline.draft(workspace, MONTH)
    assert not site.requests


def test_a_huge_picture_is_not_read_and_an_endless_one_not_for_long(
    workspace: Workspace, site: LinkSite
) -> None:
    huge = site.answer("/groot.png", body(a_png(4000, 3000, 9_000_000), "image/png"))
    told = site.answer("/vol.png", body(a_png(40, 30, 70_000), "image/png", length=False))
    no_end = site.answer("/eindeloos.png", endless(a_png(40, 30)))
    for n, url in enumerate((huge, told, no_end)):
        take(workspace, f"{site.url}/{n}/", image=url)
    began = time.monotonic()
    pipeline.draft(workspace, MONTH)
    assert time.monotonic() - began < 15
    found = workspace.store.pictures([huge, told, no_end])
    assert (found[huge].width, found[huge].size) == (4000, 9_000_000)
    assert (found[told].width, found[told].size) == (40, 70_000)
    assert (found[no_end].width, found[no_end].size) == (40, 512 * 1024)


def test_a_picture_that_cannot_be_had_is_asked_for_again_a_day_later(
    workspace: Workspace, site: LinkSite, clock: Clock
) -> None:
    missing = f"{site.url}/weg.png"
    take(workspace, f"{site.url}/koffie/", image=missing)
    pipeline.draft(workspace, MONTH)
    facts = workspace.store.pictures([missing])[missing]
    assert (facts.status, facts.kind) == (404, "")
    assert "404" in facts.problem
    clock.now += timedelta(hours=23)
    pipeline.draft(workspace, MONTH)
    assert len(site.asked("/weg.png")) == 1
    site.answer("/weg.png", body(a_png(640, 320), "image/png"))
    clock.now += timedelta(hours=1)
    pipeline.draft(workspace, MONTH)
    assert workspace.store.pictures([missing])[missing].width == 640


def test_a_host_that_is_silent_or_gone_costs_a_draft_little(
    workspace: Workspace, site: LinkSite, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "_SECONDS", 0.5)
    monkeypatch.setattr(pictures, "_UNHEARD", 0.7)
    silent = [site.answer(f"/stil-{n}.png", site.waits(20)) for n in range(5)]
    refused = "http://127.0.0.1:1/weg.png"
    for n, url in enumerate([*silent, refused]):
        take(workspace, f"{site.url}/{n}/", image=url)
    began = time.monotonic()
    report = pipeline.draft(workspace, MONTH)
    assert time.monotonic() - began < 15
    assert len(report.edition.items) == 6
    assert len([path for _method, path in site.requests if "stil" in path]) == 1
    found = workspace.store.pictures([*silent, refused])
    assert {facts.status for facts in found.values()} == {None}
    assert found[refused].problem
    # It may have been our own line: it is tried again soon, and what was not asked at once.
    site.pause.set()
    clock.now += timedelta(minutes=15)
    pipeline.draft(workspace, MONTH)
    assert {facts.status for facts in workspace.store.pictures(silent).values()} == {200}


def test_a_picture_is_shown_as_wide_as_it_is(workspace: Workspace, site: LinkSite) -> None:
    small = site.answer("/klein.png", body(a_png(240, 120), "image/png"))
    post = a_post(f"{site.url}/koffie/", image=Image(small, "Een man", 1200, 600))
    workspace.store.save_posts([StoredPost(post, post.key, "taken", "", NOW, NOW)])
    drafted = pipeline.draft(workspace, MONTH)
    image = drafted.built["nl"].views[0].items[0].image
    assert image == Image(small, "Een man", 240, 120)
    assert 'width="240"' in drafted.built["nl"].email.html
    again = pipeline.check(workspace, MONTH)
    assert again.built["nl"].email == drafted.built["nl"].email


def test_leaving_out_and_building_fetch_no_picture(
    workspace: Workspace, site: LinkSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = site.answer("/man.png", body(a_png(240, 120), "image/png"))
    take(workspace, f"{site.url}/koffie/", image=url)
    report = pipeline.draft(workspace, MONTH)
    take(workspace, f"{site.url}/koffie/", image=site.answer("/nieuw.png", status(200)))
    site.requests.clear()
    Press(workspace, report.edition).build(report.edition)
    pipeline.leave_out(workspace, MONTH, report.edition.shown[0], "later")
    pipeline.check(workspace, MONTH)
    assert not site.requests


FACTS = PictureFacts("", NOW, "png", 640, 320, 1000, 200)


@pytest.mark.parametrize(
    ("src", "facts", "shown"),
    [
        ("https://x.example/a", None, ("https://x.example/a", 100)),
        ("https://x.example/a", FACTS, ("https://x.example/a", 640)),
        ("https://x.example/a", replace(FACTS, width=None), ("https://x.example/a", 100)),
        (
            "https://x.example/a",
            replace(FACTS, problem="404"),
            ("https://x.example/a", 100),
        ),
        ("http://x.example/a", None, ("http://x.example/a", 100)),
        ("http://x.example/a", FACTS, ("https://x.example/a", 640)),
        ("http://x.example/a", replace(FACTS, problem="not there"), None),
        ("http://named.example/a", FACTS, ("http://named.example/a", 640)),
        ("data:image/png;base64,iVBORw0KGgo=", None, None),
        ("http://[::1/", None, None),
    ],
)
def test_a_picture_is_shown_as_its_facts_allow(
    src: str, facts: PictureFacts | None, shown: tuple[str, int] | None
) -> None:
    image = Image(src, "Een man", 100, 50)
    block = Block(BlockKind.PICTURE, "bijschrift", image=image)
    piece = a_piece("koffie", a_post(image=image, blocks=(block,)))
    address = src if "named" in src else src.replace("http:", "https:")
    found = with_facts(piece, {address: facts} if facts else {}, {"named.example"}).posts[0]
    for one in (found.image, found.blocks[0].image):
        assert (one and (one.src, one.width)) == shown
        assert one is None or one.alt == "Een man"


def test_a_picture_on_http_of_ones_own_site_is_taken_from_https_too(
    tmp_path: Path, clock: Clock
) -> None:
    """A site that moved to https years ago still writes the old address of many a picture."""
    for workspace in opened_at(tmp_path, "https://127.0.0.1:1/feed/", clock):
        workspace.net = Net({"127.0.0.1"}, now=clock)
        take(workspace, "https://blog.example/1/", image="http://127.0.0.1:1/man.png")
        report = pipeline.draft(workspace, MONTH)
        assert report.built["nl"].views[0].items[0].image is None
        assert list(workspace.store.pictures(["https://127.0.0.1:1/man.png"]))


def test_a_picture_on_http_is_taken_from_https(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    certificate, key = tmp_path / "site.pem", tmp_path / "key.pem"
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", *subject]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    safe = LinkSite(context)
    try:
        there = safe.answer("/man.png", body(a_png(640, 320), "image/png"))
        page = safe.answer("/pagina.png", body(b"<html>weg</html>", "text/html"))
        for workspace in opened_at(tmp_path, "http://localhost:1", clock):
            workspace.net = Net({"127.0.0.1"}, now=clock)
            for n, url in enumerate((there, page)):
                plain = url.replace("https:", "http:")
                take(workspace, f"https://blog.example/{n}/", image=plain)
            report = pipeline.draft(workspace, MONTH)
            items = report.built["nl"].views[0].items
            shown = {item.url: item.image and item.image.src for item in items}
            assert shown == {"https://blog.example/0/": there, "https://blog.example/1/": None}
            assert "http://127.0.0.1" not in report.built["nl"].email.html
    finally:
        safe.close()


def test_a_host_that_is_not_there_is_asked_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []
    look = Net.look

    def watched(self: Net, url: str, method: str = "GET", **how: float) -> object:
        asked.append((method, url))
        return look(self, url, method=method, **how)

    monkeypatch.setattr(Net, "look", watched)
    links = [f"https://niemand.invalid/{n}/" for n in range(5)]
    looking.follow(workspace, links)
    # Two at a time go to one host.
    assert len(asked) <= 2 and {method for method, _ in asked} == {"HEAD"}
    answers = workspace.store.link_answers(links)
    assert len(answers) == 5 and all(answer.problem for answer in answers.values())
