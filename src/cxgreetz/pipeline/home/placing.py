"""Keep a folder as it shall be, among files of others.

In: files by their place, and a folder. Out: what was written, removed, left alone. Never: a file
changed or removed that was not written here, or that somebody has changed since; half a file.

What is written is told first in a list of the folder's own, with a hash: so a run that was killed
anywhere knows its own files again. A file that somebody changed is hers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cxgreetz.errors import UsageError

#: The list, and what is just being written; neither is a page.
LIST, FRESH = ".cxgreetz-site.json", ".cxgreetz-new"
#: Files written before what holds a lease is told that the work goes on.
_SOME = 200


@dataclass(frozen=True)
class Placed:
    """What became of a folder, each by its place in it."""

    written: Sequence[str] = ()
    removed: Sequence[str] = ()
    #: As they shall be already.
    same: int = 0
    #: Wanted, or wanted no more, but somebody else's; with the reason.
    held: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Turn what a disk refuses into one line that names the place."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        place = error.filename or folder
        raise UsageError(f"{place} cannot be written or read ({why}); mend that place") from None


def place(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    dry_run: bool = False,
    progress: Callable[[], None] = lambda: None,
) -> Placed:
    """Make `folder` hold `files`, and none that was written for it before and is wanted no more.

    Only what differs is written, each file whole or not at all. `dry_run` only says what would
    be done. Raises UsageError where the folder cannot be written, or its list not be read.
    """
    with _named(folder):
        return _place(folder, files, dry_run, progress)


def _place(
    folder: Path, files: Mapping[str, bytes], dry_run: bool, progress: Callable[[], None]
) -> Placed:
    ours, wanted = _read(folder / LIST), {name: _hash(data) for name, data in files.items()}
    held: dict[str, str] = {}
    write: list[str] = []
    remove: list[str] = []
    for name in sorted({*wanted, *ours}):
        state = _state(folder, name)
        if state == wanted.get(name):
            continue
        if state == "" and name in wanted:
            write.append(name)
        elif state != "" and (state is None or state not in ours.get(name, ())):
            held[name] = _why(name in wanted, name in ours, state is None)
        elif state != "":
            (write if name in wanted else remove).append(name)
    same = len(wanted) - len(write) - sum(name in wanted for name in held)
    if not dry_run:
        kept = {name: ours[name] for name in held if name in ours}
        final = {name: [made] for name, made in wanted.items() if name not in held} | kept
        if write or remove or final != ours:
            both = {
                name: sorted({*final.get(name, ()), *ours.get(name, ())})
                for name in (*final, *ours)
            }
            folder.mkdir(parents=True, exist_ok=True)
            _put(folder, LIST, _written(both))
            for number, name in enumerate(write):
                _put(folder, name, files[name])
                if number % _SOME == 0:
                    progress()
            _remove(folder, remove)
            _put(folder, LIST, _written(final))
        with suppress(FileNotFoundError):
            (folder / FRESH).unlink()
    return Placed(write, remove, same, held)


def _why(is_wanted: bool, was_ours: bool, is_no_file: bool) -> str:
    if is_no_file:
        return "something that is no file stands in its place; move it away"
    if not was_ours:
        return "a file of somebody else stands there; move it away"
    if is_wanted:
        return "somebody has changed it; move it away to have it made again"
    return "it is wanted no more, but somebody has changed it; it is yours"


def _state(folder: Path, name: str) -> str | None:
    """What stands there: the hash of a file; "": nothing; None: what is no file."""
    path = folder / name
    for above in reversed(path.relative_to(folder).parents[:-1]):
        if (folder / above).is_symlink():
            return None
    if path.is_symlink():
        return None
    try:
        return _hash(path.read_bytes())
    except FileNotFoundError:
        return ""
    except (IsADirectoryError, NotADirectoryError):
        return None


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


def _read(file: Path) -> dict[str, list[str]]:
    """Every file that was written before, with the hashes it may have."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))["files"]
        return {
            str(name): [str(one) for one in hashes]
            for name, hashes in found.items()
            if _is_inside(name)
        }
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        told = "cannot be read, so nobody knows which pages are ours; remove it with the pages"
        raise UsageError(f"{file} {told}") from None


def _is_inside(name: str) -> bool:
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts


def _written(files: Mapping[str, Iterable[str]]) -> bytes:
    told = {
        "what": "files that `cxgreetz site` wrote, and may change",
        "files": dict(sorted(files.items())),
    }
    return (json.dumps(told, indent=0) + "\n").encode()


def _put(folder: Path, name: str, data: bytes) -> None:
    """Write a file whole or not at all; what a killed run left half is in nobody's way."""
    path, fresh = folder / name, folder / FRESH
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_bytes(data)
    fresh.replace(path)


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files, and folders that have nothing in them any more."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
        for above in Path(name).parents[:-1]:
            try:
                (folder / above).rmdir()
            except OSError:  # something stands in it
                break
