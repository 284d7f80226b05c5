"""What is to run: newsletters, the place of Prefect's home, each child with its settings.

In: workspace folders, the environment, a port, a password. Out: plain values that the keeper
starts. Never: a process, a socket, a secret in an argument.

Prefect's defaults are wrong for a machine on which somebody also browses: no password, any
origin, no CSRF check, a page that calls home. All of that is set here. The port goes by the
environment, since `--port` leaves the page calling 4200.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cxgreetz.config import FILE, load_config
from cxgreetz.errors import UsageError
from cxgreetz.notices import Address
from cxgreetz.ports import plugin

POOL = "cxgreetz"
USER = "cxgreetz"
LOOPBACK = "127.0.0.1"
HOME = ".prefect"
#: In Prefect's home: the folder of each newsletter that has run there, a line each.
NOTED = "newsletters"
PASSWORD = "CXGREETZ_PREFECT_PASSWORD"  # noqa: S105 - the variable's name
REVIEW_PASSWORD = "CXGREETZ_REVIEW_PASSWORD_HASH"  # noqa: S105 - the variable's name
#: Of a person's own Prefect settings these are kept: the database, and how logs look. Others
#: would point the children at another server or undo what is set here.
_DATABASES = ("PREFECT_SERVER_DATABASE_", "PREFECT_API_DATABASE_")
_KEPT = (*_DATABASES, "PREFECT_LOGGING_")


@dataclass(frozen=True, slots=True)
class Newsletter:
    """What of a workspace matters for running it."""

    name: str
    slug: str
    folder: Path
    timezone: str
    port: int
    #: Where a proxy serves its page to others; "": this machine alone.
    url: str = ""
    #: Who gets notices, now and late.
    notices: tuple[Address, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep: its name in words and logs, its command, its whole environment."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    #: Seconds it gets to end by itself.
    patience: float = 8.0
    #: Whether its output is read by us, line by line, rather than kept in its log.
    is_heard: bool = False


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that `plan` needs to know; the password is in no repr."""

    newsletters: tuple[Newsletter, ...]
    home: Path
    #: Holds prefect.yaml and flows/.
    project: Path
    port: int
    password: str = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def login(self) -> str:
        """What Prefect's page asks for, in one field."""
        return f"{USER}:{self.password}"

    @property
    def is_alone(self) -> bool:
        """Whether no worker on another machine can be at work for this server."""
        # Its address or its driver, under any of the names that Prefect knows them by.
        return not any(
            value.startswith("postgres")
            for name, value in self.environ.items()
            if name.startswith(_DATABASES)
        )


# newsletters


def slug_of(name: str) -> str:
    """A name as it stands in a deployment's name and tag: `CX Greetz` is `cx-greetz`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "newsletter"


def read_newsletters(folders: Sequence[Path]) -> tuple[Newsletter, ...]:
    """Read each workspace file; raises ConfigError, and UsageError where two are in each
    other's way."""
    found = []
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        config = load_config(folder, plugin)
        letter, page = config.newsletter, config.review
        name, zone = letter.name, letter.timezone
        told = (*config.notice_addresses(), *config.notice_addresses("second"))
        found.append(
            Newsletter(name, slug_of(name), folder, zone, page.port, page.url, notices=told)
        )
    for what, key, remedy in (
        ("are called {0!r} in Prefect", "slug", "give one another newsletter.name in its " + FILE),
        ("want port {0} for their page", "port", "give one another `[review] port` in its " + FILE),
    ):
        value, times = Counter(getattr(one, key) for one in found).most_common(1)[0]
        if times > 1:
            who = " and ".join(str(one.folder) for one in found if getattr(one, key) == value)
            raise UsageError(f"{who} both {what.format(value)}; {remedy}")
    return tuple(found)


def choose_home(folders: Sequence[Path], given: Path | None) -> Path:
    """Where Prefect keeps its database: where one of these newsletters ran last, by itself or with
    others; else the workspace's `.prefect`; for several, that of the folder around them, unless
    just one of them has one already. What waits in the first would not be found in another."""
    if given:
        return given.resolve()
    if known := [(at, home) for home in _near(folders) if (at := _known_at(home, folders))]:
        return max(known)[1]
    if len(folders) == 1:
        return folders[0] / HOME
    around = Path(*_common(folders)) / HOME
    ones = [folder / HOME for folder in folders if (folder / HOME).is_dir()]
    return ones[0] if len(ones) == 1 and not around.is_dir() else around


def note_newsletters(home: Path, folders: Sequence[Path]) -> None:
    """Keep in `home` that these newsletters run there, beside those that did before."""
    before = _noted(home)
    lines = dict.fromkeys([*before, *map(str, folders)])
    (home / NOTED).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _near(folders: Sequence[Path]) -> set[Path]:
    """The homes that these may have run in: their own, of a folder around, of one beside."""
    around = {parent / HOME for folder in folders for parent in (folder, *folder.parents)}
    return around | {home for folder in folders for home in folder.parent.glob(f"*/{HOME}")}


def _known_at(home: Path, folders: Sequence[Path]) -> float:
    """When one of these newsletters, or another beside it, was started in `home`; 0.0: none was."""
    if {*map(str, folders)}.isdisjoint(_noted(home)):
        return 0.0
    return (home / NOTED).stat().st_mtime


def _noted(home: Path) -> list[str]:
    try:
        # Somebody else's note, in a folder that all may write to, leads nowhere.
        is_ours = (home / NOTED).stat().st_uid == os.getuid()
        return (home / NOTED).read_text(encoding="utf-8").splitlines() if is_ours else []
    except (OSError, UnicodeDecodeError):
        return []


def _common(folders: Sequence[Path]) -> list[str]:
    parts: list[str] = []
    for level in zip(*(folder.parts for folder in folders), strict=False):
        if len(set(level)) > 1:
            break
        parts.append(level[0])
    # A workspace inside another is none of its parent's business.
    return parts if all(len(f.parts) > len(parts) for f in folders) else parts[:-1]


def find_project() -> Path:
    """The folder with `prefect.yaml` and `flows/`: the checkout, else inside the package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parents[1]
    if (checkout / "pyproject.toml").is_file() and (checkout / "flows").is_dir():
        return checkout
    return package / "bundled"


# settings


def _plain(setup: Setup) -> dict[str, str]:
    """The person's environment without what would be in the way, and what all children share."""
    kept = {
        name: value
        for name, value in setup.environ.items()
        if (not name.startswith("PREFECT_") or name.startswith(_KEPT))
        and name not in (PASSWORD, REVIEW_PASSWORD)
    }
    return kept | {
        "PREFECT_HOME": str(setup.home),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "PREFECT_CLI_COLORS": "false",
        "PYTHONUNBUFFERED": "1",
    }


def server_environment(setup: Setup) -> dict[str, str]:
    """What the server is started with; it needs none of the newsletters' own secrets."""
    plain = {k: v for k, v in _plain(setup).items() if not k.startswith("CXGREETZ_")}
    return plain | {
        "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_SERVER_API_PORT": str(setup.port),
        "PREFECT_SERVER_API_AUTH_STRING": setup.login,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": (
            f"{setup.address},http://localhost:{setup.port}"
        ),
        # The newer page calls home from the browser even where analytics are off.
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # It looks as soon as the server is up, and cancels what was missed where the run that was
        # cut off seems to hold the place; what is due is done without it.
        "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
        # In the addresses that automations send.
        "PREFECT_UI_URL": setup.address,
    }


def client_environment(setup: Setup) -> dict[str, str]:
    """What all are started with that talk to the server: worker, waker, the deploying."""
    return _plain(setup) | {
        "PREFECT_API_URL": f"{setup.address}/api",
        "PREFECT_API_AUTH_STRING": setup.login,
        "PREFECT_UI_URL": setup.address,
        # Without a server nothing is to be done, rather than a server started for it.
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        # Seconds between looks at what is due; a person who presses the button waits for it.
        "PREFECT_WORKER_QUERY_SECONDS": "5",
    }


def review_environment(setup: Setup) -> dict[str, str]:
    """What a review page is started with: the person's own environment, without Prefect."""
    return {k: v for k, v in setup.environ.items() if not k.startswith("PREFECT_")} | {
        "PYTHONUNBUFFERED": "1"
    }


# children


def server_child(setup: Setup) -> Child:
    argv = (sys.executable, "-m", "prefect", "server", "start")
    return Child("server", argv, server_environment(setup), setup.home)


def deploying_child(setup: Setup) -> Child:
    """Makes the deployments and automations, and ends; every line that it writes is a deployment
    or, with spaces in it, what was put to rest."""
    argv = [sys.executable, str(setup.project / "flows" / "deploying.py")]
    # On a database of several machines another one may run other newsletters.
    argv += ["--all"] if setup.is_alone else []
    argv += [str(one.folder) for one in setup.newsletters]
    return Child("deploying", tuple(argv), client_environment(setup), setup.project, is_heard=True)


def worker_child(setup: Setup) -> Child:
    argv = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL]
    argv += ["--type", "process", "--install-policy", "never"]
    return Child("worker", tuple(argv), client_environment(setup), setup.project)


def waker_child(setup: Setup) -> Child:
    """Resumes the runs whose question was answered elsewhere."""
    argv = [sys.executable, str(setup.project / "flows" / "waking.py")]
    for one in setup.newsletters:
        argv += ["--workspace", str(one.folder)]
    return Child("waker", tuple(argv), client_environment(setup), setup.project, patience=3.0)


def review_child(setup: Setup, newsletter: Newsletter) -> Child:
    """The editor's page of one newsletter; the first line it writes says its address."""
    argv = [sys.executable, "-m", "cxgreetz", "review", "--json"]
    argv += ["--workspace", str(newsletter.folder)]
    name = f"review-{newsletter.slug}"
    environment = review_environment(setup)
    return Child(name, tuple(argv), environment, newsletter.folder, patience=4.0, is_heard=True)
