"""The store keeps what it is given, on both databases, across processes and kills."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import sample_editions
from cxgreetz.errors import HeldError, StoreError
from cxgreetz.model import (
    Approval,
    Block,
    BlockKind,
    Credit,
    Cut,
    Edition,
    EditionKey,
    Email,
    Evidence,
    Image,
    Item,
    Letter,
    LinkAnswer,
    PictureFacts,
    Post,
    Receipt,
    Request,
)
from cxgreetz.store import (
    AddressNote,
    MemoryRow,
    SourceReading,
    Store,
    StoredPost,
    database,
    open_store,
)
from cxgreetz.store.tables import COLUMNS

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _every_step(
    monkeypatch: pytest.MonkeyPatch, migrate_for_real: Callable[[sa.engine.Engine], None]
) -> None:
    """Here each database goes through the migrations itself."""
    monkeypatch.setattr(database, "migrate", migrate_for_real)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = open_store("sqlite:///cxgreetz.db", tmp_path)
    else:
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(url)
        with engine.begin() as db:
            db.execute(sa.text("DROP SCHEMA public CASCADE"))
            db.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
        opened = open_store(url, tmp_path)
    yield opened
    opened.close()


def a_post(url: str = "https://blog.example/een", **changes: object) -> Post:
    values: dict[str, object] = {
        "url": url,
        "title": "Een “klant” & meer 🎉",
        "language": "nl",
        "blocks": (
            Block(BlockKind.PARAGRAPH, "Hallo <strong>daar</strong>", "nl"),
            Block(BlockKind.PICTURE, image=Image("https://blog.example/a.png", None, 10, 20)),
        ),
        "source": "blog",
        "guid": "https://blog.example/?p=1",
        "published": NOW - timedelta(days=3),
        "credit": Credit("Anna", "Blad", NOW, "https://blad.example/een", 300),
        "tags": ("cx",),
        "cuts": (Cut("bio", "Anna is …"),),
        "alternates": (("en", "https://blog.example/one"),),
    }
    return Post(**{**values, **changes})  # type: ignore[arg-type]


def a_stored(post: Post, piece: str | None = "p1") -> StoredPost:
    return StoredPost(post, piece, "taken", "new", post.published, NOW)


def test_a_post_comes_back_whole(store: Store) -> None:
    stored = a_stored(a_post())
    store.save_posts([stored])
    assert store.posts() == [stored]
    assert store.posts()[0].post.fingerprint == stored.post.fingerprint


def test_saving_again_replaces(store: Store) -> None:
    store.save_posts([a_stored(a_post())])
    store.save_posts([a_stored(a_post(title="Nieuw"))])
    assert [s.post.title for s in store.posts()] == ["Nieuw"]


def test_pieces_group_posts_and_keep_evidence(store: Store) -> None:
    first, second, held = (
        a_post(),
        a_post("https://blog.example/one"),
        a_post("https://b.example/x"),
    )
    store.save_posts([a_stored(first), a_stored(second), a_stored(held, None)])
    evidence = (Evidence("hreflang", "the page says so", (first.key, second.key)),)
    store.save_pieces([("p1", evidence)])
    (piece,) = store.pieces()
    assert {p.key for p in piece.posts} == {first.key, second.key}
    assert piece.evidence == evidence


def test_verdicts_have_no_direction(store: Store) -> None:
    store.save_verdict("b", "a", same=False)
    store.save_verdict("a", "b", same=True)
    assert store.verdicts() == {("a", "b"): True}


def a_row(**changes: object) -> MemoryRow:
    values: dict[str, object] = {
        "source_language": "nl",
        "target_language": "en",
        "source_key": "k-nl",
        "target_key": "k-en",
        "source_text": "Hallo",
        "target_text": "Hello",
        "origin": "memory",
        "author": None,
        "changed": NOW,
    }
    return MemoryRow(**{**values, **changes})  # type: ignore[arg-type]


def test_memory_serves_both_directions(store: Store) -> None:
    assert store.remember([a_row()]) == 1
    (there,) = store.find_memory("nl", "en", ["k-nl"])
    (back,) = store.find_memory("en", "nl", ["k-en"])
    assert (there.source_text, there.target_text) == ("Hallo", "Hello")
    assert (back.source_text, back.target_text) == ("Hello", "Hallo")
    assert store.find_memory("nl", "en", ["k-en", "unknown"]) == []


def test_the_same_pair_again_is_one_row_with_the_newer_origin(store: Store) -> None:
    store.remember([a_row(), a_row(origin="editor", changed=NOW + timedelta(days=1))])
    (row,) = list(store.all_memory())
    assert (row.origin, row.changed) == ("editor", NOW + timedelta(days=1))


def test_an_editors_pair_stays_an_editors(store: Store) -> None:
    store.remember([a_row(origin="editor", author="Anna")])
    store.remember([a_row(), a_row(source_key="other")])
    assert sorted((r.origin, r.author) for r in store.all_memory() if r.author) == [
        ("editor", "Anna")
    ]
    store.remember([a_row(origin="editor", author="Bea")])
    assert {r.author for r in store.all_memory()} == {"Bea", None}


def test_masks_are_given_when_they_are_asked_for(store: Store) -> None:
    store.remember(a_row(source_key=f"s{n}", target_key=f"t{n}") for n in range(2100))
    asked: list[str] = []

    def masks_of(row: MemoryRow) -> tuple[str, str]:
        asked.append(row.source_key)
        return f"m{row.source_key[:2]}", ""

    store.mask_memory(masks_of)
    store.mask_memory(masks_of)
    assert sorted(asked) == sorted(f"s{n}" for n in range(2100))
    assert len(store.find_memory("nl", "en", ["ms1"], masked=True)) == 1111
    (back,) = store.find_memory("en", "nl", ["t1"])
    assert (back.source_mask, back.target_mask) == ("", "ms1")


def test_characters_are_counted_up_to_a_limit(store: Store) -> None:
    assert store.spend("2026-11", "deepl", [40, 30, 50, 10], 100) == 2
    assert store.spend("2026-11", "libre", [31], 100) == 0
    assert store.spend("2026-11", "libre", [30], 100) == 1
    assert store.spent("2026-11") == {"deepl": 70, "libre": 30}
    store.unspend("2026-11", "deepl", 30)
    assert store.spend("2026-11", "deepl", [500], None) == 1
    assert store.spent("2026-11") == {"deepl": 540, "libre": 30}
    assert store.spend("2026-12", "deepl", [100], 100) == 1


def test_those_who_count_at_once_do_not_pass_the_limit_together(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        admitted = sum(
            pool.map(lambda n: store.spend("2026-11", f"e{n % 3}", [7, 7, 7], 500), range(60))
        )
    assert admitted == 500 // 7
    assert sum(store.spent("2026-11").values()) == admitted * 7


def test_many_keys_are_looked_up_in_one_call(store: Store) -> None:
    store.remember(a_row(source_key=f"s{n}", target_key=f"t{n}") for n in range(1200))
    assert len(store.find_memory("nl", "en", [f"s{n}" for n in range(1200)])) == 1200


def an_email(subject: str = "Onderwerp") -> Email:
    return Email(EditionKey("2026-11"), "nl", subject, "pre", "<html>", "tekst", "A <a@b.nl>")


def test_emails_stay_for_good_and_drafts_point_to_the_newest(store: Store) -> None:
    old, new = an_email("oud"), an_email("nieuw")
    store.save_draft(old, ["p1"])
    store.save_draft(new, ["p1", "p2"])
    assert store.drafts("2026-11")["nl"].fingerprint == new.fingerprint
    assert store.drafts("2026-11")["nl"].pieces == ("p1", "p2")
    assert store.email(old.fingerprint) == old


def test_a_tampered_email_is_not_handed_out(store: Store) -> None:
    email = an_email()
    store.save_draft(email, [])
    with store._write() as db:
        db.execute(
            sa.text("UPDATE email SET data = replace(CAST(data AS TEXT), 'tekst', 'anders')")
            if store._sqlite
            else sa.text(
                "UPDATE email SET data = replace(CAST(data AS TEXT), 'tekst', 'anders')::json"
            )
        )
    with pytest.raises(StoreError, match="was changed"):
        store.email(email.fingerprint)


def test_an_edition_comes_back_whole(store: Store) -> None:
    edition = Edition(EditionKey("2026-11"), (Item("p1"), Item("p2", "later")), NOW, {"nl": "Dag"})
    store.save_edition(edition)
    assert store.edition("2026-11") == edition
    assert store.editions() == [edition]
    assert store.edition("2026-12") is None


def test_the_newest_approval_counts(store: Store) -> None:
    for by in ("Anna", "Bob"):
        store.save_approval(Approval(EditionKey("2026-11"), "nl", "f" * 64, by, NOW), ["p1"])
    approval, pieces = store.approvals("2026-11")["nl"]
    assert (approval.by, pieces) == ("Bob", ("p1",))


def test_a_receipt_and_what_it_spent_are_one_stroke(store: Store) -> None:
    receipt = Receipt("outbox", "x", EditionKey("2026-11"), "nl", "confirmed", "f" * 64, "id", NOW)
    store.save_receipt(receipt, ["p1", "p2"])
    assert store.receipts("2026-11") == [receipt]
    assert store.carried() == {"p1": "2026-11", "p2": "2026-11"}


def test_pages_come_back_byte_for_byte(store: Store) -> None:
    content = bytes(range(256)) * 40
    store.save_page(
        "https://a.example/f", "https://a.example/f/", content, {"etag": '"1"', "x": "y"}, "m"
    )
    kept = store.load_page("https://a.example/f")
    assert kept is not None and kept.load() == content
    assert (kept.url, kept.headers, kept.mark) == ("https://a.example/f/", {"etag": '"1"'}, "m")
    assert store.load_page("https://a.example/other") is None


def test_readings_keep_the_last_success(store: Store) -> None:
    store.save_readings(NOW, [SourceReading("blog", {"seen": 3}, succeeded=True)])
    failed = SourceReading("blog", {"error": "gone"}, succeeded=False)
    store.save_readings(NOW + timedelta(days=1), [failed])
    reading = store.readings()["blog"]
    assert reading["succeeded_at"] == "2026-11-22T09:00:00Z"
    assert reading["at"] == "2026-11-23T09:00:00Z" and reading["error"] == "gone"


def test_a_pause_is_kept_to_the_moment(store: Store) -> None:
    until = NOW + timedelta(microseconds=1500)
    assert store.load_pause("blog.example") is None
    store.save_pause("blog.example", NOW)
    store.save_pause("blog.example", until)
    assert store.load_pause("blog.example") == until


def test_what_an_address_said_is_kept_until_it_is_as_before(store: Store) -> None:
    gone = AddressNote("https://a.example/", True, None, NOW, NOW)
    moved = AddressNote("https://b.example/", False, "https://c.example/", NOW, NOW)
    for note in (gone, moved):
        store.save_address(note.url, note)
    assert store.addresses() == {gone.url: gone, moved.url: moved}
    store.save_address(gone.url, None)
    assert store.addresses() == {moved.url: moved}


def test_a_lease_is_held_by_one(store: Store) -> None:
    with store.lease("push 2026-11"):
        with (
            pytest.raises(HeldError, match="another run is busy with push 2026-11"),
            store.lease("push 2026-11"),
        ):
            pass
        with store.lease("push 2026-12"):
            pass
    with store.lease("push 2026-11"):
        pass


def test_a_dead_holders_lease_runs_out(store: Store) -> None:
    with store.lease("x", seconds=-1), store.lease("x"):
        pass


def test_a_killed_runs_lease_is_free_at_once(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from cxgreetz.store import open_store\n"
        "with open_store('sqlite:///cxgreetz.db', Path(sys.argv[1])).lease('push'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    with open_store("sqlite:///cxgreetz.db", tmp_path).lease("push"):
        pass


def test_threads_share_a_store(store: Store) -> None:
    def work(n: int) -> None:
        store.save_posts([a_stored(a_post(f"https://blog.example/{n}"))])
        store.posts()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert len(store.posts()) == 40


def test_an_empty_page_is_asked_for_anew(store: Store) -> None:
    """It may be one whose answer broke off; a server would say that it is unchanged."""
    store.save_page("https://blog.example/", "https://blog.example/", b"", {"etag": "a"}, "m")
    kept = store.load_page("https://blog.example/")
    assert kept is not None and not kept.whole


def test_a_new_store_waits_for_who_is_writing_in_it(tmp_path: Path) -> None:
    file = tmp_path / "cxgreetz.db"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    leaving = threading.Timer(0.5, other.execute, ["COMMIT"])
    leaving.start()
    open_store("sqlite:///cxgreetz.db", tmp_path).close()
    leaving.join()
    other.close()
    read = sqlite3.connect(file)
    assert read.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    read.close()


def test_two_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from cxgreetz.store import open_store; import sys;"
        "print(len(open_store('sqlite:///cxgreetz.db', Path(sys.argv[1])).posts()))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60) for process in both]
    assert [out for out, _err in outputs] == [b"0\n"] * 3, outputs


def test_of_a_letter_the_first_approval_is_known(store: Store) -> None:
    view = sample_editions.a_view("nl", 1)
    letter = Letter(view, (), "a" * 64, NOW)
    later = replace(letter, fingerprint="b" * 64, at=NOW + timedelta(hours=3))
    amended = replace(letter, view=replace(view, corrected=NOW.date()), at=NOW - timedelta(hours=3))
    store.save_letters([later, letter, amended])
    other = replace(letter, view=replace(view, language="en"), at=NOW.replace(microsecond=5))
    store.save_letters([other])
    assert store.first_letters() == {
        (view.edition, "nl"): NOW,
        (view.edition, "en"): NOW.replace(microsecond=5),
    }


def test_head_names_the_newest_step() -> None:
    versions = Path(database.__file__).parent / "migrations" / "versions"
    assert max(f.name[:4] for f in versions.glob("[0-9]*.py")) == database.HEAD


def test_every_table_the_code_uses_has_its_columns(store: Store) -> None:
    with store._read() as db:
        inspector = sa.inspect(db)
        for name, columns in COLUMNS.items():
            assert {c["name"] for c in inspector.get_columns(name)} == set(columns.split()), name


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    opened = open_store("sqlite:///cxgreetz.db", tmp_path)
    with opened._write() as db:
        db.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="made by a newer cxgreetz"):
        open_store("sqlite:///cxgreetz.db", tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "cxgreetz.db").write_text("not a database, but a letter to my aunt " * 50)
    with pytest.raises(StoreError, match=r"cxgreetz\.db: file is not a database"):
        open_store("sqlite:///cxgreetz.db", tmp_path)


def test_an_unreachable_server_is_one_line_without_its_password(tmp_path: Path) -> None:
    url = "postgresql+psycopg://anna:hunter2@127.0.0.1:1/cx"
    with pytest.raises(StoreError) as caught:
        open_store(url, tmp_path)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_answers_and_pictures_are_kept_by_address(store: Store) -> None:
    url, other = "https://blog.example/één/?a=1&b=2", "https://shop.example/"
    later = NOW + timedelta(hours=1, microseconds=7)
    good = LinkAnswer(url, 200, NOW, moved_to="https://blog.example/twee/")
    store.save_link_answer(LinkAnswer(url, None, NOW, problem="nobody “answered”"))
    store.save_link_answer(good)
    store.save_link_answer(LinkAnswer(other, 404, later))
    assert store.link_answers([url, "https://never.example/"]) == {url: good}
    assert store.link_answers([url, other])[other].at == later
    assert store.link_answers([]) == {}
    facts = PictureFacts(url, later, "png", 640, 320, 12_000, 200)
    store.save_picture(PictureFacts(url, NOW, status=404, problem="not there"))
    store.save_picture(facts)
    assert store.pictures([url, other]) == {url: facts}
    many = [f"https://blog.example/{n}.png" for n in range(1200)]
    store.save_picture(replace(facts, src=many[-1]))
    assert set(store.pictures(many)) == {many[-1]}
    store.save_link_answer(replace(good, url="https://blog.example/" + "a" * 1970))


def test_a_request_comes_back_whole_and_is_changed_by_one_at_a_time(store: Store) -> None:
    first = Request(EditionKey("2026-11"), NOW, {"nl": "a", "en": "b"}, "brave-otter")
    assert store.change_request("2026-11", lambda _: first) == first
    assert store.request("2026-11") == first and store.requests() == [first]
    later = NOW + timedelta(days=5)

    def remind(was: Request | None) -> Request | None:
        assert was
        return replace(was, reminded=was.reminded + 1, reminded_at=later)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.change_request("2026-11", remind), range(16)))
    kept = store.request("2026-11")
    assert kept == replace(first, reminded=16, reminded_at=later)
    assert store.change_request("2026-11", lambda _: None) is None
    assert store.request("2026-11") == kept and store.request("2026-12") is None


def test_what_was_told_is_known_until_it_is_dropped(store: Store) -> None:
    news = ["pushed", "alarm", "pushed"]
    assert store.untold(news) == ["pushed", "alarm"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.note_told("pushed", NOW), range(16)))
    assert store.untold(news) == ["alarm"]
    store.note_told("alarm", NOW)
    store.drop_notices(["pushed", "nothing"])
    assert store.untold(news) == ["pushed"]
