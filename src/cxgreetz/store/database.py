"""An open database: connected, brought up to date, read from and written to.

In: the address of a database. Out: connections in transactions, rows put in place. Never:
the driver's own error (it is told in one line, without the password).
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from cxgreetz.errors import StoreError
from cxgreetz.store.tables import TABLES

#: The newest step in `migrations/versions`; a test holds it to the folder.
HEAD = "0015"
#: Seconds for another process to be done writing in an SQLite file.
_PATIENCE = 15
#: Every thread has a connection, whose cache would else be 2 MB.
_PRAGMAS = (f"busy_timeout={_PATIENCE * 1000}", "synchronous=NORMAL", "cache_size=-256")


class Database:
    """An open database; may be used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sqlite = engine.dialect.name == "sqlite"
        self._statements: dict[tuple[str, tuple[str, ...]], Any] = {}

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _read(self, *, alone: bool = False) -> Iterator[Connection]:
        """`alone`: for one statement, which needs no transaction around it."""
        with named(self._engine), self._engine.connect() as db:
            yield db.execution_options(alone=True) if alone else db

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with (
            named(self._engine),
            self._engine.connect().execution_options(writes=True) as db,
            db.begin(),
        ):
            yield db

    def _put(
        self,
        db: Connection,
        name: str,
        row: Mapping[str, Any],
        unique: Sequence[str],
        only_if: sa.ColumnElement[bool] | None = None,
    ) -> bool:
        """Insert, or update the row with the same `unique` columns; False: `only_if` forbade it."""
        if only_if is None:
            statement = self._upsert(name, tuple(row), tuple(unique))
        else:
            statement = self._upserting(name, tuple(row), unique, only_if)
        return db.execute(statement, dict(row)).first() is not None

    def _add(self, db: Connection, name: str, row: Mapping[str, Any]) -> int:
        """Insert a row that the database numbers; give its number."""
        table = TABLES[name]
        number = db.execute(sa.insert(table).values(**row).returning(table.c.id)).scalar_one()
        return int(number)

    def _put_all(
        self, db: Connection, name: str, rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
    ) -> None:
        """Insert or update rows that have the same columns."""
        if rows:
            statement = self._upserting(name, tuple(rows[0]), unique, returning=False)
            db.execute(statement, [dict(row) for row in rows])

    def _upsert(self, name: str, columns: tuple[str, ...], unique: tuple[str, ...]) -> Any:
        """Give a statement that was made before, if there is one: making it costs as much."""
        key = (name, columns)
        if key not in self._statements:
            self._statements[key] = self._upserting(name, columns, unique)
        return self._statements[key]

    def _upserting(
        self,
        name: str,
        columns: Sequence[str],
        unique: Sequence[str],
        only_if: sa.ColumnElement[bool] | None = None,
        *,
        returning: bool = True,
    ) -> Any:
        if self._sqlite:
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        # The columns are named, since one statement serves every row.
        statement = insert(TABLES[name]).values({c: sa.bindparam(c) for c in columns})
        rest = {c: statement.excluded[c] for c in columns if c not in unique} or {
            unique[0]: statement.excluded[unique[0]]
        }
        statement = statement.on_conflict_do_update(
            index_elements=list(unique), set_=rest, where=only_if
        )
        return statement.returning(TABLES[name].c[unique[0]]) if returning else statement


def connect(url: str, folder: Path) -> Engine:
    """Connect to the database at `url`, bringing its schema up to date.

    A relative SQLite file is relative to `folder`. Raises StoreError in one line, without
    the password, when it cannot be opened or was made by a newer version.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError("store.url is not the address of a database") from None
    if parsed.get_backend_name() == "sqlite" and not parsed.database:
        raise StoreError("store.url names no file; write for example sqlite:///cxgreetz.db")
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    try:
        engine = sa.create_engine(parsed, json_serializer=_to_json)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{error.name} is not installed; install cxgreetz[postgres] for a PostgreSQL store"
        ) from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    with named(engine):
        migrate(engine)
    return engine


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transactions start too late (at the first write); ours are explicit.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    _keep_a_log(cursor)
    cursor.close()


def _keep_a_log(cursor: sqlite3.Cursor) -> None:
    """Let readers and a writer work side by side: SQLite's write-ahead log, for good.

    Changing to it refuses at once where another process is writing in the new file
    (measured: `busy_timeout` is not kept to), so the waiting is done here.
    """
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    # A write transaction takes the lock at once: one that reads first and then writes could
    # otherwise fail at the end with "database is locked", whatever the waiting time.
    options = connection.get_execution_options()
    if options.get("alone"):
        return
    writes = options.get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    version = sa.text("SELECT version_num FROM alembic_version")
    with engine.connect() as db:
        there = sa.inspect(db).has_table("alembic_version")
        current = db.execute(version).scalar() if there else None
    if current == HEAD:
        return
    if current is not None and current > HEAD:
        raise StoreError("the database was made by a newer cxgreetz; update the program")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect().execution_options(writes=True) as db, db.begin():
        if engine.dialect.name == "postgresql":
            db.execute(sa.text("SELECT pg_advisory_xact_lock(7229361)"))
        config.attributes["connection"] = db
        command.upgrade(config, "head")


@contextmanager
def named(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into one line that names the database, without its password."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        name = engine.url.render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        raise StoreError(f"{name}: {reason}") from None
