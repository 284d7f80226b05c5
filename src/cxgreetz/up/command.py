"""The one command: everything started, told, kept, and stopped in order.

In: workspace folders, a port, the environment. Out: `Started`, told once it all answers; it ends
when somebody asks. Never: two at one home, a port that is found taken only halfway, a password
on disk.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cxgreetz.errors import UsageError
from cxgreetz.notices import unusable
from cxgreetz.up import tidying
from cxgreetz.up.api import Api, ServerError
from cxgreetz.up.keeper import ChildError, Keeper, StoppedError, put_old_logs_away
from cxgreetz.up.plan import (
    LOOPBACK,
    PASSWORD,
    Newsletter,
    Setup,
    choose_home,
    deploying_child,
    find_project,
    note_newsletters,
    read_newsletters,
    review_child,
    server_child,
    waker_child,
    worker_child,
)

#: Seconds; a new database on a busy machine has been seen to take 30.
_SERVER_STARTS = 180.0
_PAGE_STARTS = 60.0


@dataclass(frozen=True, slots=True)
class Started:
    """What runs, and how a person gets in."""

    setup: Setup
    #: By slug, the address that lets one in.
    pages: Mapping[str, str] = field(repr=False)
    #: The password was made for this start.
    is_new: bool
    #: flow/slug of every deployment
    deployments: tuple[str, ...]
    #: What was left over from last time and is settled now, in words.
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "prefect": {
                "url": self.setup.address,
                "login": self.setup.login if self.is_new else None,
            },
            "home": str(self.setup.home),
            "newsletters": [
                {
                    "name": one.name,
                    "slug": one.slug,
                    "workspace": str(one.folder),
                    "review": self.pages[one.slug],
                }
                for one in self.setup.newsletters
            ],
            "deployments": list(self.deployments),
            "notes": list(self.notes),
        }


def bring_up(
    folders: Sequence[Path],
    *,
    home: Path | None = None,
    port: int = 4200,
    environ: Mapping[str, str] | None = None,
    announce: Callable[[Started], None],
    tell: Callable[[str], None],
) -> None:
    """Run the newsletters of these workspaces until Ctrl-C or SIGTERM.

    `announce` is called once, when everything answers; `tell` gets a line for each thing that
    happens. Raises ConfigError or UsageError before anything is started, ChildError or
    ServerError (exit code 3) where a part does not come up; nothing is left running then.
    """
    environ = os.environ if environ is None else environ
    newsletters = read_newsletters(folders)
    given = environ.get(PASSWORD, "")
    setup = Setup(
        newsletters,
        choose_home([one.folder for one in newsletters], home),
        find_project(),
        port,
        given or secrets.token_urlsafe(15),
        environ,
    )
    _refuse_open_pages(newsletters)
    for one in newsletters:
        for fault in unusable(one.notices):
            tell(f"{one.name}: {fault}; nobody is told anything there")
    with _hold(setup.home):
        _refuse_taken_ports(setup)
        note_newsletters(setup.home, [one.folder for one in newsletters])
        logs = setup.home / "logs"
        keeper = Keeper(logs, tell)
        put_old_logs_away(logs)
        with keeper.watching():
            try:
                started = _start(setup, keeper, tell, is_new=not given)
                announce(started)
                while True:
                    keeper.wait(3600)
            except StoppedError:
                _stop(setup, keeper, tell)
            finally:
                keeper.stop_all()


def _start(setup: Setup, keeper: Keeper, tell: Callable[[str], None], *, is_new: bool) -> Started:
    tell("starting Prefect's server (some twenty seconds)")
    keeper.start(server_child(setup))
    api = Api(LOOPBACK, setup.port, setup.login)
    until = time.monotonic() + _SERVER_STARTS
    while not api.is_ready():
        if not keeper.is_up("server"):
            raise ChildError(keeper.last_words("server"))
        if time.monotonic() > until:
            raise ServerError(f"Prefect's server did not answer within {_SERVER_STARTS:.0f} s")
        keeper.wait(0.3)
    notes = _settle(setup, api)
    pages: dict[str, str] = {}
    for one in setup.newsletters:
        keeper.start(review_child(setup, one), _hear_page(one, pages, tell))
    said: list[str] = []
    keeper.run(deploying_child(setup), said.append)
    deployments = [line for line in said if " " not in line]
    notes += [line for line in said if " " in line]
    keeper.start(worker_child(setup), settle=lambda: _settle_dead_worker(setup, tell))
    keeper.start(waker_child(setup))
    until = time.monotonic() + _PAGE_STARTS
    for one in setup.newsletters:
        while one.slug not in pages:
            if not keeper.is_up(f"review-{one.slug}"):
                raise ChildError(keeper.last_words(f"review-{one.slug}"))
            if time.monotonic() > until:
                raise ChildError(f"the page of {one.name} did not answer")
            keeper.wait(0.1)
    return Started(setup, dict(pages), is_new, tuple(deployments), tuple(notes))


def _settle(setup: Setup, api: Api) -> list[str]:
    """Put right what the last time left behind, before a worker looks at it."""
    notes = []
    if setup.is_alone and (cut := tidying.end_unfinished(api, tidying.CUT_OFF)):
        notes.append(f"cut off last time, run again what you miss: {', '.join(cut)}")
    if setup.is_alone and (missed := tidying.cancel_superseded(api)):
        notes.append(f"missed while this was off, and done by a later run: {len(missed)}")
    return notes


def _settle_dead_worker(setup: Setup, tell: Callable[[str], None]) -> None:
    """Say at once of a dead worker's runs that they are: those who wait for silence to tell need
    two minutes, in which the next run of the same waits too."""
    with contextlib.suppress(ServerError):
        api = Api(LOOPBACK, setup.port, setup.login)
        is_ours = setup.is_alone and api.is_ready()
        if is_ours and (cut := tidying.end_unfinished(api, tidying.CUT_OFF)):
            tell(f"cut off with the worker, run it again: {', '.join(cut)}")


def _stop(setup: Setup, keeper: Keeper, tell: Callable[[str], None]) -> None:
    """Stop who does the work first, then say of its runs what became of them."""
    tell("stopping")
    keeper.stop("worker")
    if setup.is_alone:
        with contextlib.suppress(ServerError):
            api = Api(LOOPBACK, setup.port, setup.login)
            if api.is_ready() and (cut := tidying.end_unfinished(api, tidying.STOPPED)):
                tell(f"stopped in the middle, run it again: {', '.join(cut)}")
    keeper.stop("waker")
    for one in setup.newsletters:
        keeper.stop(f"review-{one.slug}")
    keeper.stop("server")
    tell("stopped; the next start finds everything again")


def _hear_page(
    newsletter: Newsletter, pages: dict[str, str], tell: Callable[[str], None]
) -> Callable[[str], None]:
    def hear(line: str) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            address = json.loads(line)["url"]
            if newsletter.slug in pages:
                tell(f"{newsletter.name} has a new address: {address}")
            pages[newsletter.slug] = address

    return hear


# what is refused before anything starts


def _refuse_open_pages(newsletters: Sequence[Newsletter]) -> None:
    if any(one.url for one in newsletters):
        from cxgreetz.review.password import read_password

        read_password()


@contextlib.contextmanager
def _hold(home: Path) -> Iterator[None]:
    """Be the only one at this home; the lock goes with the process, however it ends."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.chmod(0o700)
        descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(
            f"{home} cannot be Prefect's home ({error.strerror}); name another with --home DIR"
        ) from None
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            who = lock.read().strip()
            raise UsageError(
                f"cxgreetz up runs already with {home}{f' (process {who})' if who else ''}; "
                "stop that one first, with all its newsletters, or name another --home"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _refuse_taken_ports(setup: Setup) -> None:
    maybe = "perhaps another cxgreetz up runs"
    _refuse_taken(setup.port, f"{maybe}; stop it, or name another port with --port")
    for one in setup.newsletters:
        if one.port == setup.port:
            raise UsageError(
                f"port {one.port} is meant for both Prefect and the page of {one.name}; "
                "name another one with --port"
            )
        where = one.folder / "cxgreetz.toml"
        _refuse_taken(
            one.port,
            f"{maybe}, or cxgreetz review; stop it, or change `[review] port` in {where}",
        )


def _refuse_taken(port: int, remedy: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            # Two may bind with that option; only one may listen.
            probe.listen(1)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken" if taken else f"cannot be used ({error.strerror})"
            raise UsageError(f"port {port} {why}: {remedy}") from None
