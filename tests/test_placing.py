"""A folder is kept as it shall be, and nothing of anybody else's is touched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cxgreetz.errors import UsageError
from cxgreetz.pipeline.home.placing import FRESH, LIST, place

FILES = {"index.html": b"root", "nl/index.html": b"nl", "nl/2026-11/index.html": b"letter"}


def standing(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in (LIST, FRESH)
    }


def test_it_is_written_and_then_left_alone(tmp_path: Path) -> None:
    site = tmp_path / "site"
    done = place(site, FILES)
    assert sorted(done.written) == sorted(FILES) and standing(site) == FILES
    for path in site.rglob("*"):
        os.utime(path, (1, 1))
    again = place(site, FILES)
    assert (again.written, again.removed, again.same) == ([], [], 3)
    assert {path.stat().st_mtime for path in site.rglob("*")} == {1}


def test_only_what_changed_is_rewritten_and_what_is_unwanted_goes(tmp_path: Path) -> None:
    place(tmp_path, FILES)
    for path in tmp_path.rglob("*.html"):
        os.utime(path, (1, 1))
    wanted = {"index.html": b"root", "nl/index.html": b"new"}
    done = place(tmp_path, wanted)
    assert done.written == ["nl/index.html"] and done.removed == ["nl/2026-11/index.html"]
    assert standing(tmp_path) == wanted and not (tmp_path / "nl/2026-11").exists()
    assert (tmp_path / "index.html").stat().st_mtime == 1


def test_a_file_of_somebody_else_is_never_touched(tmp_path: Path) -> None:
    (tmp_path / "nl").mkdir()
    (tmp_path / "nl" / "index.html").write_bytes(b"hers")
    (tmp_path / "CNAME").write_bytes(b"letters.example")
    done = place(tmp_path, FILES)
    assert "somebody else" in done.held["nl/index.html"]
    place(tmp_path, {})
    assert standing(tmp_path) == {"nl/index.html": b"hers", "CNAME": b"letters.example"}


def test_a_file_of_ours_that_somebody_changed_is_hers(tmp_path: Path) -> None:
    place(tmp_path, FILES)
    (tmp_path / "nl" / "index.html").write_bytes(b"changed by hand")
    again = {name: data + b"!" for name, data in FILES.items()}
    assert "changed it" in place(tmp_path, again).held["nl/index.html"]
    assert "it is yours" in place(tmp_path, {}).held["nl/index.html"]
    assert standing(tmp_path) == {"nl/index.html": b"changed by hand"}
    (tmp_path / "nl" / "index.html").unlink()
    assert place(tmp_path, FILES).held == {} and standing(tmp_path) == FILES


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "index.html").mkdir()
    (tmp_path / "nl").write_bytes(b"a file where a folder should be")
    held = place(tmp_path, FILES).held
    assert set(held) == set(FILES)
    assert (tmp_path / "nl").read_bytes() == b"a file where a folder should be"


def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside, site = tmp_path / "outside", tmp_path / "site"
    outside.mkdir()
    site.mkdir()
    (site / "nl").symlink_to(outside)
    (site / "index.html").symlink_to(outside / "index.html")
    assert set(place(site, FILES).held) == set(FILES)
    assert list(outside.iterdir()) == []


def test_a_list_that_was_tampered_with_removes_nothing_outside(tmp_path: Path) -> None:
    site = tmp_path / "site"
    place(site, FILES)
    (tmp_path / "mine").write_bytes(b"root")
    text = (site / LIST).read_text().replace('"index.html"', '"../mine"')
    (site / LIST).write_text(text)
    place(site, {})
    assert (tmp_path / "mine").exists()
    (site / LIST).write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        place(site, FILES)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = place(tmp_path / "site", FILES, dry_run=True)
    assert len(done.written) == 3 and not (tmp_path / "site").exists()


class KilledError(BaseException):
    """As if the machine went off."""


@pytest.mark.parametrize("when", ["before", "after", "half"])
def test_killed_anywhere_and_run_again_it_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """Every write, replacement and removal of an update is once the last thing that happens."""
    wanted = {"index.html": b"root", "nl/index.html": b"new", "en/index.html": b"more"}
    true = {name: getattr(Path, name) for name in ("write_bytes", "replace", "unlink", "rmdir")}
    killed, left = 0, [10**9]

    def guarded(name: str) -> Any:
        def act(self: Path, *rest: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0 and when == "before":
                raise KilledError
            if left[0] == 0 and when == "half" and name == "write_bytes":
                true[name](self, rest[0][: len(rest[0]) // 2])
                raise KilledError
            done = true[name](self, *rest, **more)
            if left[0] == 0:
                raise KilledError
            return done

        return act

    for name in true:
        monkeypatch.setattr(Path, name, guarded(name))
    for steps in range(1, 16):
        site = tmp_path / str(steps)
        left[0] = 10**9
        place(site, FILES)
        (site / "hers.html").write_bytes(b"hers")
        left[0] = steps
        try:
            place(site, wanted)
        except KilledError:
            left[0] = 10**9
            now = standing(site)
            assert all(now[n] in (FILES.get(n), wanted.get(n), b"hers") for n in now)
            again = place(site, wanted)
            assert again.held == {}
            assert standing(site) == wanted | {"hers.html": b"hers"}
            assert not (site / FRESH).exists()
            killed += 1
    assert 9 <= killed < 15, "the last steps are past the end"
