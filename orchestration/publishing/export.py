"""From a mart to a published Parquet file: types as promised, rows in one order, site columns expanded.

Belongs here: which columns a file has, and the copying. Does not belong here: which files make a generation
(``generation``), and what small figures may be shown (``sharing``).
"""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publishing.contract import (
    PUBLISH_ID,
    SITE_COLUMNS,
    SQL_TYPES,
    Mart,
    MartsContract,
    SharedMart,
)
from orchestration.publishing.engine import literal, quoted
from orchestration.publishing.errors import PublishError, write_failure
from orchestration.publishing.sharing import hashed_id_sql, shown_count_sql, shown_share_sql

WAREHOUSE = "warehouse"
"""The name under which the warehouse is attached."""

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
_ACCEPTED: dict[str, set[str]] = {
    "string": {"VARCHAR"},
    "integer": _WHOLE,
    "bigint": _WHOLE,
    "double": {"DOUBLE"},
    "date": {"DATE"},
    "timestamp": {"TIMESTAMP"},
    "boolean": {"BOOLEAN"},
}
_PORTABLE = _WHOLE | {"VARCHAR", "DOUBLE", "DATE", "TIMESTAMP", "BOOLEAN"}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_MONEY_SCALE = 2
_ROWS_OF_A_PART = 4_000_000


@dataclass(frozen=True)
class Source:
    """Where a mart is read from: an SQL relation and its columns with the engine's types, in order."""

    name: str
    relation: str
    columns: dict[str, str]


def find_sources(
    engine: duckdb.DuckDBPyConnection, contract: MartsContract, dq_finding: Path
) -> dict[str, Source]:
    """Find the marts of the contract that exist, and the findings, which are a file.

    Raises:
        PublishError: there is no findings file; a night without its checks is not published.
    """
    if not dq_finding.is_file():
        raise PublishError(
            f"{dq_finding.name} is missing in {dq_finding.parent}: run the gates before publishing"
        )
    found = {table: f"{WAREHOUSE}.main.{quoted(table)}" for table in warehouse_tables(engine)}
    found["dq_finding"] = f"read_parquet({literal(dq_finding)})"
    return {name: describe(engine, name, found[name]) for name in contract.marts if name in found}


def warehouse_tables(engine: duckdb.DuckDBPyConnection) -> set[str]:
    """The names of the tables and views in the warehouse's main schema."""
    rows = engine.execute(
        f"select table_name from information_schema.tables where table_catalog = {literal(WAREHOUSE)} "  # noqa: S608
        "and table_schema = 'main'"
    ).fetchall()
    return {name for (name,) in rows}


def describe(engine: duckdb.DuckDBPyConnection, name: str, relation: str) -> Source:
    """Read the columns of a relation."""
    rows = engine.execute(f"describe from {relation}").fetchall()
    return Source(name, relation, {row[0]: row[1] for row in rows})


def check_types(source: Source, mart: Mart) -> None:
    """Hold a mart to its contract before anything is written.

    Raises:
        PublishError: a column is absent, or of another type; all such columns are named at once.
    """
    problems = []
    for column, wanted in mart.columns.items():
        found = source.columns.get(column)
        if found is None:
            problems.append(f"{column} is missing")
        elif not _is_accepted(wanted, found):
            problems.append(f"{column} is {found}, the contract says {wanted}")
    for column, found in source.columns.items():
        if column not in mart.columns and found not in _PORTABLE and not _DECIMAL.fullmatch(found):
            problems.append(f"{column} is {found}, which other readers do not know")
    if PUBLISH_ID in source.columns:
        problems.append(f"{PUBLISH_ID} is added by publishing and must not be in the model")
    if problems:
        raise PublishError(
            f"{source.name} does not keep its contract: {'; '.join(problems)}. Change the model."
        )


def _is_accepted(wanted: str, found: str) -> bool:
    if wanted == "decimal":
        match = _DECIMAL.fullmatch(found)
        return match is not None and int(match.group(2)) <= _MONEY_SCALE
    return found in _ACCEPTED[wanted]


def site_column_names(engine: duckdb.DuckDBPyConnection, source: Source) -> dict[str, list[str]]:
    """The site's own columns: published name -> the spellings under which rows carry it, both sorted."""
    if SITE_COLUMNS not in source.columns:
        return {}
    keys = f"select distinct unnest(json_keys({SITE_COLUMNS})) from {source.relation}"  # noqa: S608
    rows = engine.execute(f"{keys} where {SITE_COLUMNS} is not null").fetchall()
    spellings: dict[str, list[str]] = {}
    for (key,) in sorted(rows):
        spellings.setdefault(key.lower(), []).append(key)
    clash = sorted(set(spellings) & {column.lower() for column in [*source.columns, PUBLISH_ID]})
    if clash:
        raise PublishError(
            f"{source.name}: a site column has the name of a mart's column: {', '.join(clash)}"
        )
    return dict(sorted(spellings.items()))


def export_mart(
    engine: duckdb.DuckDBPyConnection, source: Source, mart: Mart, target: Path, publish_id: str
) -> None:
    """Write one mart: the contract's columns, the model's others, the site's own, and ``publish_id``."""
    columns = {name: _cast(quoted(name), SQL_TYPES[kind]) for name, kind in mart.columns.items()}
    for name in source.columns:
        if name not in mart.columns and name != SITE_COLUMNS:
            columns[name] = quoted(name)
    for name, spellings in site_column_names(engine, source).items():
        paths = [f"json_extract_string({SITE_COLUMNS}, {literal(_json_path(key))})" for key in spellings]
        columns[name] = f"coalesce({', '.join(paths)})"
    if mart.is_sorted_by_part:
        _copy_in_parts(engine, source, columns, mart.sort_columns, target, publish_id)
    else:
        keys = [f"source.{quoted(name)}" for name in mart.sort_columns]
        _copy(engine, source, columns, keys, target, publish_id)


def export_shared(
    engine: duckdb.DuckDBPyConnection,
    source: Source,
    mart: Mart,
    shared: SharedMart,
    target: Path,
    publish_id: str,
    hash_key: str | None,
    minimum: int | None = None,
) -> None:
    """Write what of a mart may be shared: the allowed rows and columns alone, ids as keyed hashes.

    Rows stand in the order of what is written, so that their order tells nothing of what is not.

    Args:
        engine: with the warehouse attached.
        source: the mart.
        mart: its contract.
        shared: what of it is shared.
        target: the file.
        publish_id: stands in the last column.
        hash_key: the home's secret, where ids are hashed.
        minimum: the smallest count of people that is shown, where people are counted.

    Raises:
        PublishError: ids are to be hashed and there is no key, or people are counted and there is no minimum.
    """
    if shared.hashed_ids and not hash_key:
        raise PublishError(f"{source.name}: ids cannot be hashed, the lake has no reference/hash_key.parquet")
    if shared.has_counts_of_people and minimum is None:
        raise PublishError(f"{source.name}: nobody said which counts of people are too small to be shared")
    columns = {}
    for name in shared.columns or mart.columns:
        if name in shared.hashed_ids:
            columns[name] = hashed_id_sql(quoted(name), name, hash_key or "")
        else:
            columns[name] = _cast(_shown(name, shared, minimum or 0), SQL_TYPES[mart.columns[name]])
    keys = [columns[name] for name in mart.sort_columns if name in columns]
    relation = f"(from {source.relation} where {shared.rows})"
    _copy(engine, Source(source.name, relation, source.columns), columns, keys, target, publish_id)


def _shown(name: str, shared: SharedMart, minimum: int) -> str:
    """A column of a shared mart as SQL: null where it would point at a few people."""
    shown = quoted(name)
    if name in shared.counts:
        shown = shown_count_sql(shown, minimum)
    for one in shared.parts:
        if name in one.columns:
            shown = shown_share_sql(shown, quoted(one.part), quoted(one.whole), minimum)
    return shown


def export_table(engine: duckdb.DuckDBPyConnection, name: str, relation: str, target: Path) -> None:
    """Write a whole table as it is, sorted by all of its columns."""
    _write(engine, name, f"select * from {relation} order by all", target)  # noqa: S608


def _cast(expression: str, sql_type: str) -> str:
    return f"cast({expression} as {sql_type})"


def _json_path(key: str) -> str:
    return '$."' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _copy(
    engine: duckdb.DuckDBPyConnection,
    source: Source,
    columns: dict[str, str],
    keys: list[str],
    target: Path,
    publish_id: str,
) -> None:
    """Copy a relation, sorted by keys."""
    order = ", ".join(f"{key} nulls first" for key in keys)
    rows = f"select {_listed(columns)} from {source.relation} as source order by {order}"  # noqa: S608
    _write(engine, source.name, _with_id(rows, publish_id), target)


def _copy_in_parts(
    engine: duckdb.DuckDBPyConnection,
    source: Source,
    columns: dict[str, str],
    keys: list[str],
    target: Path,
    publish_id: str,
) -> None:
    """Copy a relation sorted by keys: in parts of a few values of the first of them, one after the other.

    Texts take long to compare. So the values of all keys but the last are numbered in their order, and rows
    are compared by that number and the last key.
    """
    *group, last = (quoted(key) for key in keys)
    named = [f"{key} as sort_key_{at}" for at, key in enumerate(group)]
    order = ", ".join(f"sort_key_{at} nulls first" for at in range(len(group)))
    groups = f"select {', '.join(named)}, count(*) as sort_rows from {source.relation} group by all"  # noqa: S608
    placed = f"select *, row_number() over (order by {order}) as sort_place from ({groups})"  # noqa: S608
    engine.execute(f"create or replace temp table sort_group as {placed}")
    counted = engine.execute("select sort_key_0, sum(sort_rows) from sort_group group by all order by all")
    same = " and ".join(f"source.{key} is not distinct from sort_key_{at}" for at, key in enumerate(group))
    rows = f"select {_listed(columns)} from {source.relation} as source inner join sort_group on {same}"  # noqa: S608
    order = f"order by sort_place, source.{last} nulls first"
    parts = [
        f"{rows} where source.{group[0]} in ({', '.join(literal(value) for value in values)}) {order}"
        for values in _parts(counted.fetchall())
    ]
    query = " union all ".join(f"(from ({part}))" for part in parts) if len(parts) > 1 else f"{rows} {order}"
    _write(engine, source.name, _with_id(query, publish_id), target)
    engine.execute("drop table sort_group")


def _parts(counted: list[tuple[str, int]]) -> list[list[str]]:
    """Values in their order, as many together as have few enough rows to be sorted at once."""
    parts: list[list[str]] = []
    held = 0
    for value, rows in counted:
        if not parts or held + rows > _ROWS_OF_A_PART:
            parts.append([])
            held = 0
        parts[-1].append(value)
        held += rows
    return parts


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{expression} as {quoted(name)}" for name, expression in columns.items())


def _with_id(rows: str, publish_id: str) -> str:
    """The rows with ``publish_id`` behind: put there after they are sorted, it is not moved with them."""
    return f"select *, {literal(publish_id)} as {PUBLISH_ID} from ({rows})"  # noqa: S608


def _write(engine: duckdb.DuckDBPyConnection, name: str, query: str, target: Path) -> None:
    try:
        engine.execute(f"copy ({query}) to {literal(target)} (format parquet, compression zstd)")
    except (OSError, duckdb.Error) as error:
        raise write_failure(error, name) from None
