"""Who is to get a letter and who has it: a file for each reader, in one of four folders.

In: a list of readers (a file in the workspace). Out: a file per reader that moves from
queue/ to sending/ to sent/, or to refused/. Never: a reader in two folders, a reader who left
queue/ back in it without a definite answer or a person's hand.

A file's name is the reader's address; it moves by a rename, which happens or does not. What a
run that was cut off left in sending/ may have arrived: only a person can tell.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote, unquote

from cxgreetz.errors import ConfigError, Problem, ProviderError
from cxgreetz.model import RemoteState
from cxgreetz.providers._letters import put, sync, to_json

#: Of an address, and of the file that is named by it.
_LONGEST = 240
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
#: RFC 5321, 4.1.2 without quoted names, which nobody has.
_ADDRESS = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d-]{{2,}}", re.A | re.I
)
_EMAIL_COLUMNS = frozenset({"email", "e-mail", "mail", "e-mailadres", "emailadres", "address"})
_NAME_COLUMNS = frozenset({"name", "naam"})


@dataclass(frozen=True, slots=True)
class Reader:
    address: str
    name: str = ""

    @property
    def key(self) -> str:
        """One for all spellings of an address; it names a file."""
        return quote(self.address.casefold(), safe="@!#$&'*+-=?^_`{|}~.")

    @property
    def is_one(self) -> bool:
        """Whether mail can be addressed to them at all."""
        return bool(_ADDRESS.fullmatch(self.address)) and len(self.key) <= _LONGEST


def read_list(folder: Path, name: str) -> tuple[Reader, ...]:
    """Read a list of readers: an address a line, or CSV with the columns email and name.

    Raises ConfigError with every bad line, every address that stands there twice.
    """
    file = folder / name
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(name, [Problem("", "is not UTF-8 text; save it as UTF-8")]) from None
    except OSError as error:
        home = "the list of readers belongs in the workspace folder"
        why = f"cannot be read ({error.strerror}); {home}"
        raise ConfigError(name, [Problem("", why)]) from None
    readers: dict[str, Reader] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    for line, address, called in _rows(text):
        reader = Reader(address, called)
        if not reader.is_one:
            problems.append(
                Problem(f"line {line}", f"{address!r} is no address; mend it or take it out")
            )
        elif reader.key in readers:
            first = lines[reader.key]
            told = f"{address} stands on line {first} already; take one of them out"
            problems.append(Problem(f"line {line}", told))
        else:
            readers[reader.key], lines[reader.key] = reader, line
    if not readers and not problems:
        problems.append(Problem("", "holds no address; write one a line"))
    if problems:
        raise ConfigError(name, problems)
    return tuple(readers.values())


def _rows(text: str) -> Iterator[tuple[int, str, str]]:
    """Line number, address and name of each row."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    # Spreadsheets of many countries write semicolons.
    separator = next((sign for sign in ";\t" if sign in head), ",")
    rows = csv.reader(text.splitlines(), delimiter=separator)
    email, name = 0, 1
    is_first = True
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        titles = [cell.casefold() for cell in cells]
        if is_first and _EMAIL_COLUMNS & set(titles):
            email = next(n for n, title in enumerate(titles) if title in _EMAIL_COLUMNS)
            name = next((n for n, t in enumerate(titles) if t in _NAME_COLUMNS), len(titles))
        else:
            written = cells[email] if email < len(cells) else ""
            called, address = parseaddr(written) if written.endswith(">") else ("", written)
            told = cells[name] if name < len(cells) else ""
            yield rows.line_num, address or written, _printable(told or called)
        is_first = False


def _printable(name: str) -> str:
    return "".join(sign for sign in name if sign.isprintable())


class Ledger:
    """The readers of one letter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keys(self, *places: str) -> list[str]:
        """Who is in these folders, sorted."""
        found = {
            file.name
            for place in places
            if (self._folder / place).is_dir()
            for file in (self._folder / place).iterdir()
            if not file.name.startswith(".")
        }
        return sorted(found)

    @property
    def state(self) -> RemoteState:
        if not self.keys("sending", "sent", "refused"):
            return RemoteState.DRAFT
        return RemoteState.SENDING if self.keys("queue") else RemoteState.SENT

    def fill(self, readers: Iterable[Reader]) -> None:
        """Let the queue hold those of the readers for whom nothing was begun, and nobody else."""
        wanted = {reader.key: reader for reader in readers}
        queue = self._folder / "queue"
        with _writing(self._folder):
            queue.mkdir(parents=True, exist_ok=True)
            begun = set(self.keys("sending", "sent", "refused"))
            for key in self.keys("queue"):
                if key not in wanted or key in begun:
                    (queue / key).unlink(missing_ok=True)
            for key, reader in wanted.items():
                fresh = to_json({"email": reader.address, "name": reader.name})
                file = queue / key
                if key not in begun and not (file.exists() and file.read_bytes() == fresh):
                    put(file, fresh)
            sync(queue)

    def reader(self, key: str) -> Reader | None:
        """Who waits in the queue under that name; None: nobody any more."""
        try:
            data = json.loads((self._folder / "queue" / key).read_text(encoding="utf-8"))
            return Reader(data["email"], data["name"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            file = self._folder / "queue" / key
            raise ProviderError(f"{file} cannot be read ({error}); remove it") from None

    def claim(self, key: str) -> bool:
        """Move a reader from queue/ to sending/; False: somebody else did, or has."""
        if any(self._has(key, place) for place in ("sending", "sent", "refused")):
            return False
        return self._move(key, "queue", "sending")

    def settle(self, key: str, place: str, answer: str) -> None:
        """Say what became of a reader: "sent", "refused" with the server's answer; "queue"."""
        origin = "sending" if self._has(key, "sending") else "queue"
        if origin == place or not self._move(key, origin, place) or place == "queue":
            return
        file = self._folder / place / key
        with _writing(self._folder):
            put(file, to_json(json.loads(file.read_bytes()) | {"answer": answer}))

    def _has(self, key: str, place: str) -> bool:
        return (self._folder / place / key).exists()

    def _move(self, key: str, origin: str, place: str) -> bool:
        source, target = self._folder / origin, self._folder / place
        with _writing(self._folder):
            target.mkdir(exist_ok=True)
            try:
                (source / key).rename(target / key)
            except FileNotFoundError:
                return False
            sync(target)
            sync(source)
        return True

    def note(self) -> str:
        """How many have it and how many wait: "212 have it, 3 wait"."""
        sent, waiting = len(self.keys("sent")), len(self.keys("queue"))
        told = [f"{sent} {'has' if sent == 1 else 'have'} it"] if sent else []
        if waiting or not sent:
            told.append(f"{waiting} {'waits' if waiting == 1 else 'wait'}")
        return ", ".join(told)

    def trouble(self) -> str:
        """Whom a person must look after; "": nobody."""
        told = []
        if doubt := self.keys("sending"):
            told.append(
                f"in doubt: {_some(doubt)}; ask whether it came, then move the file in "
                f"{self._folder / 'sending'} to sent, or to queue to have it sent again"
            )
        if refused := self.keys("refused"):
            told.append(
                f"refused: {_some(refused)}; the files in {self._folder / 'refused'} say why: "
                "mend the list and remove them, or move them to queue to try again"
            )
        return "; ".join(told)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into one line."""
    try:
        yield
    except OSError as error:
        raise ProviderError(f"{folder} cannot be written ({error.strerror})") from None


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - 5} more" if len(keys) > 5 else ""
    return ", ".join(map(unquote, keys[:5])) + more
