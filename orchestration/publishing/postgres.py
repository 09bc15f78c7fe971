"""The mirror: a generation's marts as tables of a Postgres schema, for tools that want a server.

A new schema is loaded aside, gets keys, comments and rights, and takes the name of the old one in one
transaction. Who reads the old tables goes on reading them; they are dropped when nobody holds them any more,
at the latest by a later night.

Belongs here: everything that is said to Postgres. Does not belong here: the files that are mirrored
(``contents``), and when a mirror is made (``orchestration/night.py``).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestration.publishing.contents import IDENTIFIED
from orchestration.publishing.contract import PUBLISH_ID, MartsContract, load_marts
from orchestration.publishing.errors import PublishError
from orchestration.publishing.generation import Generation
from orchestration.publishing.postgres_types import postgres_type

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

SCHEMA: Final = "warmhandoff"
READER: Final = "warmhandoff_reader"
_LIST: Final = f"{SCHEMA}._mirror"
_LOCK: Final = 7_482_110_934
"""Names the advisory lock that keeps two mirrors apart."""
_DROP_SECONDS: Final = 2
_TRIES: Final = 20
_TRY_MILLISECONDS: Final = 100
_BATCH_ROWS: Final = 50_000
_DUPLICATE_OBJECT: Final = ("42710", "23505")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class TableText:
    """What is said of a table and its columns in Postgres' comments."""

    table: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mirrored:
    """What a mirror holds now: tables and rows, and the older schemas that a reader still keeps."""

    tables: int
    rows: int
    still_held: tuple[str, ...]


def mirror(
    generation: Generation,
    url: str,
    *,
    texts: Mapping[str, TableText] | None = None,
    progress: Progress | None = None,
) -> Mirrored:
    """Bring the schema ``warmhandoff`` of a database up to a generation.

    A mirror of the same generation is left as it is.

    Args:
        generation: what readers of the files have.
        url: ``postgresql://user:password@host:5432/name``; the user may create schemas and roles.
        texts: comments by table.
        progress: called with the table, the tables done and all tables.

    Returns:
        What is there now.

    Raises:
        PublishError: Postgres could not be reached or refused; its readers keep what they had.
    """
    files = sorted((generation.path / IDENTIFIED).glob("*.parquet"))
    with _connection(url) as connection, _told_as_one_line("taking the lock"), connection.cursor() as cursor:
        cursor.execute(f"select pg_advisory_lock({_LOCK})")
        cursor.fetchall()
        connection.commit()
        if _publish_id(cursor) != generation.publish_id:
            _load_and_swap(connection, cursor, generation, files, texts or {}, progress)
        connection.commit()
        held = _drop_old(connection, cursor)
        tables = _scalar(cursor, f"select count(*) from {_LIST}")
        rows = _scalar(cursor, f"select coalesce(sum(rows), 0) from {_LIST}")
        connection.commit()
    return Mirrored(int(tables), int(rows), held)


def _load_and_swap(
    connection: "Connection",
    cursor: "Cursor",
    generation: Generation,
    files: list[Path],
    texts: Mapping[str, TableText],
    progress: Progress | None,
) -> None:
    contract = load_marts()
    aside = f"{SCHEMA}_new"
    with _told_as_one_line("making the new schema"):
        _ensure_reader(connection, cursor)
        cursor.execute(f"drop schema if exists {aside} cascade")
        cursor.execute(f"create schema {aside}")
        columns = "mart text primary key, rows bigint not null, publish_id text not null"
        cursor.execute(f"create table {aside}._mirror ({columns})")
    for done, file in enumerate(files, start=1):
        if progress:
            progress(f"mirror {file.stem}", done, len(files))
        with _told_as_one_line(f"loading {file.stem}"):
            rows = _load(cursor, aside, file, contract, texts.get(file.stem))
            cursor.execute(
                f"insert into {aside}._mirror values ('{file.stem}', {rows}, '{generation.publish_id}')"
            )
    with _told_as_one_line("giving readers their rights"):
        cursor.execute(f"comment on schema {aside} is {_text(f'Warm Handoff, {generation.name}')}")
        cursor.execute(f"comment on table {aside}._mirror is 'What is mirrored: rows of each mart.'")
        cursor.execute(f"grant usage on schema {aside} to {READER}")
        cursor.execute(f"grant select on all tables in schema {aside} to {READER}")
        connection.commit()
    with _told_as_one_line("changing the schemas' names"):
        if _exists(cursor, SCHEMA):
            _hold_readers_off(connection, cursor)
            cursor.execute(f"alter schema {SCHEMA} rename to {_free_name(cursor)}")
        cursor.execute(f"alter schema {aside} rename to {SCHEMA}")
        connection.commit()


def _hold_readers_off(connection: "Connection", cursor: "Cursor") -> None:
    """Wait for a moment without a statement, and keep new ones waiting until the names changed.

    A statement that looks up one table before the change and another after it would read two publications.
    Each try is short, so that nobody waits long; where a reader holds a table through all of them, the names
    change all the same, and that reader keeps what it holds.
    """
    cursor.execute(f"select tablename from pg_tables where schemaname = '{SCHEMA}' order by tablename")
    tables = ", ".join(f'{SCHEMA}."{name}"' for (name,) in cursor.fetchall())
    connection.commit()
    for _ in range(_TRIES):
        try:
            cursor.execute(f"set local lock_timeout = '{_TRY_MILLISECONDS}ms'")
            cursor.execute(f"lock table {tables} in access exclusive mode")
            return
        except _driver_errors():
            connection.rollback()


def _load(cursor: "Cursor", schema: str, file: Path, contract: MartsContract, text: TableText | None) -> int:
    """Make a table, fill it, give it its key and its comments; return the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = f'{schema}."{file.stem}"'
    with pq.ParquetFile(file) as parquet:
        columns = parquet.schema_arrow
        types = [f'"{column.name}" {postgres_type(column.type)}' for column in columns]
        cursor.execute(f"create table {table} ({', '.join(types)})")
        batches = parquet.iter_batches(batch_size=_BATCH_ROWS)
        reader = pa.RecordBatchReader.from_batches(columns, batches)
        if parquet.metadata.num_rows:
            cursor.adbc_ingest(file.stem, reader, mode="append", db_schema_name=schema)
        rows = int(parquet.metadata.num_rows)
    key = ", ".join(f'"{column}"' for column in contract.marts[file.stem].key)
    missing = " or ".join(f'"{column}" is null' for column in contract.marts[file.stem].key)
    if _scalar(cursor, f"select count(*) from {table} where {missing}"):
        # A key with blanks, such as an organization without an id, cannot be a primary key.
        cursor.execute(f"create unique index on {table} ({key}) nulls not distinct")
    else:
        cursor.execute(f"alter table {table} add primary key ({key})")
    words = text or TableText(f"Grain is {contract.marts[file.stem].grain}.")
    cursor.execute(f"comment on table {table} is {_text(words.table)}")
    for column in columns.names:
        said = (
            "The publication that the row belongs to." if column == PUBLISH_ID else words.columns.get(column)
        )
        if said:
            cursor.execute(f'comment on column {table}."{column}" is {_text(said)}')
    cursor.execute(f"analyze {table}")
    return rows


def _drop_old(connection: "Connection", cursor: "Cursor") -> tuple[str, ...]:
    """Drop the schemas that were replaced, but for those that a reader holds."""
    cursor.execute(
        f"select nspname from pg_namespace where nspname like '{SCHEMA}\\_old\\_%' order by nspname"
    )
    held = []
    for (name,) in cursor.fetchall():
        connection.commit()
        try:
            cursor.execute(f"set lock_timeout = '{_DROP_SECONDS}s'")
            cursor.execute(f"drop schema {name} cascade")
            connection.commit()
        except _driver_errors():
            connection.rollback()
            held.append(name)
    cursor.execute("set lock_timeout = 0")
    return tuple(held)


def _ensure_reader(connection: "Connection", cursor: "Cursor") -> None:
    """Have the role that may read and nothing else; roles belong to the whole server."""
    if not _scalar(cursor, f"select count(*) from pg_roles where rolname = '{READER}'"):
        try:
            cursor.execute(f"create role {READER} nologin")
            connection.commit()
        except _driver_errors() as error:
            connection.rollback()
            if error.sqlstate not in _DUPLICATE_OBJECT:
                raise


def _publish_id(cursor: "Cursor") -> str | None:
    if not _exists(cursor, SCHEMA):
        return None
    found = _scalar(cursor, f"select max(publish_id) from {SCHEMA}._mirror")
    return None if found is None else str(found)


def _free_name(cursor: "Cursor") -> str:
    taken, number = _old_schemas(cursor), 1
    while f"{SCHEMA}_old_{number}" in taken:
        number += 1
    return f"{SCHEMA}_old_{number}"


def _old_schemas(cursor: "Cursor") -> list[str]:
    cursor.execute("select nspname from pg_namespace order by nspname")
    return [str(name) for (name,) in cursor.fetchall() if str(name).startswith(f"{SCHEMA}_old_")]


def _exists(cursor: "Cursor", schema: str) -> bool:
    return bool(_scalar(cursor, f"select count(*) from pg_namespace where nspname = '{schema}'"))


def _scalar(cursor: "Cursor", query: str) -> Any:
    cursor.execute(query)
    row = cursor.fetchone()
    return row[0] if row else None


def _text(words: str) -> str:
    escaped = words.replace("'", "''")
    return f"'{escaped}'"


def _driver_errors() -> type[Any]:
    from adbc_driver_manager.dbapi import Error

    return Error


@contextmanager
def _connection(url: str) -> "Iterator[Connection]":
    from adbc_driver_postgresql import dbapi

    with _told_as_one_line("connecting"):
        connection = dbapi.connect(url)
    try:
        yield connection
    finally:
        with suppress(_driver_errors()):
            connection.close()


@contextmanager
def _told_as_one_line(step: str) -> Iterator[None]:
    """Pass on what Postgres refused as its code alone: its text can quote a row or the address."""
    try:
        yield
    except _driver_errors() as error:
        code = getattr(error, "sqlstate", None) or "no answer"
        raise PublishError(
            f"the Postgres mirror failed while {step} (SQLSTATE {code}); its readers keep what they had. "
            "Check WARMHANDOFF_POSTGRES_URL, the server and the user's rights, and run again."
        ) from None
