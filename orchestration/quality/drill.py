"""What lies behind a failing check: rows by cause, and the keys of the rows.

Counts by cause go into the findings; the keys, which may be those of patients, into a database file of the
home, from which the list in ``identified/`` is made. Belongs here: working out both. Does not belong here:
which causes and keys a check has (``expectations``), and the list (``orchestration/publishing``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import duckdb

from expectations.check import Check, Drill
from orchestration.publishing.files import FILE_MODE, make_folder, remove_entry
from orchestration.publishing.sharing import hashed_id
from orchestration.quality.findings import CauseCount, CheckResult
from orchestration.reporter import LOGGER

MOST_KEYS: Final = 1_000
"""Keys that are kept of a check, the first by their order; how many there are is kept besides."""
MOST_CAUSES: Final = 100
"""A check with more causes has one: what fails everywhere is mended in one place."""
HASH_DIGITS: Final = 12
KEYS_TABLE: Final = "failing_key"
NO_NAME: Final = "none"
_COLUMNS: Final = (
    ("check_id", "varchar"),
    ("cause_id", "varchar"),
    ("cause", "varchar"),
    ("key_kind", "varchar"),
    ("row_key", "varchar"),
    ("key_hash", "varchar"),
    ("source_file", "varchar"),
    ("failed_rows", "bigint"),
    ("keys_of_check", "bigint"),
)


@dataclass(frozen=True)
class KeysFile:
    """Where the keys of a layer's failing rows go, and the key of the home's hashes."""

    path: Path
    hash_key: str


def break_down(
    checks: Sequence[Check],
    results: Sequence[CheckResult],
    database: Path,
    keys: KeysFile,
    config: Mapping[str, Any],
) -> list[CheckResult]:
    """Return the results with the causes of what failed, and write the keys of its rows.

    Args:
        checks: that were run.
        results: of them.
        database: that they were run over; opened for reading.
        keys: the file of keys; one of an earlier night is replaced.
        config: settings of the engine.
    """
    drills = {check.check_id: check.drill for check in checks if check.drill is not None}
    found: list[CheckResult] = []
    listed: list[tuple[Any, ...]] = []
    with duckdb.connect(str(database), read_only=True, config=dict(config)) as connection:
        for result in results:
            drill = drills.get(result.check_id)
            if result.status != "failed" or drill is None:
                found.append(result)
                continue
            try:
                names = _names(connection, drill)
                connection.execute(f"create or replace temp table failing as {drill.query}")
                causes = _causes(connection, drill, names, keys.hash_key)
                listed += _keys(connection, result.check_id, drill, names, keys.hash_key)
                found.append(replace(result, causes=causes))
            except duckdb.Error as error:
                LOGGER.warning("%s could not be told by cause (%s)", result.check_id, type(error).__name__)
                found.append(result)
    _write(keys.path, listed)
    return found


def _names(connection: duckdb.DuckDBPyConnection, drill: Drill) -> dict[str, str] | None:
    return None if drill.names is None else dict(connection.execute(drill.names).fetchall())


def _causes(
    connection: duckdb.DuckDBPyConnection, drill: Drill, names: Mapping[str, str] | None, hash_key: str
) -> tuple[CauseCount, ...]:
    if drill.cause is None:
        return ()
    counted = connection.execute(
        "select cause, count(*) from failing group by cause order by count(*) desc, cause"
    ).fetchall()
    if len(counted) > MOST_CAUSES:
        return ()
    return tuple(
        CauseCount(drill.cause, *_cause(drill.cause, cause, names, hash_key), failed_rows=rows)
        for cause, rows in counted
    )


def _cause(kind: str, cause: str | None, names: Mapping[str, str] | None, hash_key: str) -> tuple[str, str]:
    """The id and the name of a cause: its own word where that may be told, else its keyed hash."""
    if cause is None:
        return NO_NAME, f"no {kind}"
    if names is None:
        return cause, cause
    digits = cause_id(kind, cause, hash_key)
    return digits, names.get(cause) or f"{kind} {digits}"


def cause_id(kind: str, cause: str | None, hash_key: str) -> str:
    """Return the id of a cause that is not a word of our own, such as a team or a payer."""
    return NO_NAME if cause is None else hashed_id(hash_key, kind, cause)[:HASH_DIGITS]


def _keys(
    connection: duckdb.DuckDBPyConnection,
    check_id: str,
    drill: Drill,
    names: Mapping[str, str] | None,
    hash_key: str,
) -> list[tuple[Any, ...]]:
    if drill.key is None:
        return []
    columns = {name for name, *_ in connection.execute("describe failing").fetchall()}
    cause = "cause" if drill.cause is not None else "cast(null as varchar)"
    place = "place" if "place" in columns else "cast(null as varchar)"
    total = connection.execute("select count(distinct row_key) from failing").fetchone()
    rows = connection.execute(
        f"with first_keys as (select distinct row_key from failing order by row_key limit {MOST_KEYS}) "  # noqa: S608
        f"select row_key, {cause} as cause, {place} as place, count(*) as failed_rows "
        "from failing where row_key in (select row_key from first_keys) "
        "group by 1, 2, 3 order by row_key, cause nulls first, place nulls first"
    ).fetchall()
    return [
        (
            check_id,
            *(_cause(drill.cause, cause, names, hash_key) if drill.cause else (None, None)),
            drill.key,
            row_key,
            hashed_id(hash_key, drill.key, row_key),
            place,
            count,
            int(total[0]) if total else 0,
        )
        for row_key, cause, place, count in rows
    ]


def _write(path: Path, listed: Sequence[tuple[Any, ...]]) -> None:
    make_folder(path.parent)
    remove_entry(path)
    remove_entry(path.with_name(f"{path.name}.wal"))
    with duckdb.connect(str(path)) as connection:
        typed = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS)
        connection.execute(f"create table {KEYS_TABLE} ({typed})")
        if listed:
            lists = ", ".join(f"unnest(cast(? as {kind}[]))" for _, kind in _COLUMNS)
            given = [list(column) for column in zip(*listed, strict=True)]
            connection.execute(f"insert into {KEYS_TABLE} select {lists}", given)
    path.chmod(FILE_MODE)
