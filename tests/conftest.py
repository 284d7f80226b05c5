"""Fixtures that every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
import typer.testing
from sqlalchemy.engine import Engine

from cxgreetz.store import database, open_store

# Tests of the flows bring Prefect into this process; elsewhere it has nothing to log to.
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")

POSTGRES_BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-golden",
        action="store_true",
        help="write the emails in tests/data/golden as they are made now",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a process, a page or a clock."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that nobody waits for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("prefect") is None)


@pytest.fixture(scope="session", autouse=True)
def _one_command_line() -> Iterator[None]:
    """Put the command line together once, instead of 25 ms each time that a test calls it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.testing._get_command))
        yield


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key of the person who runs the tests is ever used."""
    for name in list(os.environ):
        if name.startswith("CXGREETZ_") and not name.startswith("CXGREETZ_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def migrate_for_real(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[Engine], None]]:
    """Migrate a new SQLite file once, and give every other one a copy of what came of it.

    All steps take 25 ms and more, for each of some thousands of databases. Gives the real
    thing, for the tests that are about it.
    """
    real, made = database.migrate, tmp_path_factory.mktemp("schema") / "made.db"
    open_store(f"sqlite:///{made}", made.parent).close()

    def migrate(engine: Engine) -> None:
        file = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
        if file is not None and file.suffix == ".db" and file.parent.is_dir() and not file.exists():
            # Whoever comes second finds it there, and whole.
            copy = Path(shutil.copy(made, file.with_suffix(f".{uuid.uuid4().hex}")))
            with suppress(FileExistsError):
                os.link(copy, file)
            copy.unlink()
        real(engine)

    database.migrate = migrate
    yield real
    database.migrate = real


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL: the one named by CXGREETZ_TEST_POSTGRES, else one started here."""
    named = os.environ.get("CXGREETZ_TEST_POSTGRES")
    if named:
        yield named
        return
    if POSTGRES_BIN is None:
        pytest.skip("PostgreSQL is not installed and CXGREETZ_TEST_POSTGRES names none")
    folder = Path(tempfile.mkdtemp(prefix="cxg-pg-"))
    # PostgreSQL refuses to run as root.
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        command = [*prefix, str(POSTGRES_BIN / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)

    data = str(folder / "data")
    run("initdb", "-D", data, "-A", "trust", "-U", "cxgreetz", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://cxgreetz@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
