"""Records of one patient that a FHIR server has merged or linked: ``Patient.link``.

Belongs here: which record stands for which, and rows under the record that stands. Does not belong here:
identifiers (``identity.py``) and how a link is written (``fhir_people.py``).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.identity import identity_columns
from orchestration.feeds.lake import Lake, move_into_place, table, write_table
from orchestration.feeds.reading import NOT_RESOLVED
from orchestration.feeds.registry import State, Unjoined, save_state
from orchestration.feeds.survivors import survivors

LINK: Final = "?link."
"""Begins the system of the identifiers that are links; their kind follows, and their value is the time of the
record's version, a ``|`` and the other record."""

TO_THE_OTHER: Final = ("replaced-by", "refer")
FROM_THE_OTHER: Final = ("replaces",)
SYSTEM: Final = "Patient.link"


def has_links(connection: duckdb.DuckDBPyConnection, lake: Lake, state: State, as_of: date) -> bool:
    """Whether any record delivered up to a date is linked to another one."""
    for key, content in state.contents.items():
        if content.has_identifiers and content.delivered_on <= as_of.isoformat():
            path = lake.identifiers(key.split("/")[1])
            some = f"SELECT 1 FROM {table(path)} WHERE starts_with(system, '{LINK}') LIMIT 1"  # noqa: S608
            if connection.execute(some).fetchone():
                return True
    return False


def gather_merges(
    connection: duckdb.DuckDBPyConnection, lake: Lake, state: State, as_of: date, *, has_joins: bool
) -> bool:
    """Make the table ``merged``: the id that stands, by each id that it stands for.

    The links of the latest version of a record count. A link to a record that was not delivered, and one that
    contradicts another, joins nobody and is noted in the registry.

    Args:
        connection: has the table ``known`` of what references lead to and, with joins, ``canonical``.
        lake: where the tables lie.
        state: the registry.
        as_of: later deliveries are not looked at.
        has_joins: whether records go by another id than their own.

    Returns:
        Whether anything stands for anything.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE merged (old TEXT, new TEXT)")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE link (kind TEXT, id TEXT, other TEXT, updated_at TIMESTAMP, day DATE)"
    )
    for key, content in sorted(state.contents.items()):
        if content.has_identifiers and content.delivered_on <= as_of.isoformat():
            connection.execute(_links(lake.identifiers(key.split("/")[1]), content.delivered_on))
    connection.execute("CREATE OR REPLACE TEMP TABLE version (id TEXT, updated_at TIMESTAMP, day DATE)")
    for path in _patients(lake, state, as_of):
        connection.execute(
            "INSERT INTO version SELECT patient_id, updated_at, _delivered_on "  # noqa: S608
            f"FROM {table(path)} WHERE NOT is_deleted AND patient_id IN "
            "(SELECT id FROM link UNION SELECT other FROM link)"
        )
    links = connection.execute(_LATEST_LINKS).fetchall()
    delivered = {str(row[0]) for row in connection.execute("SELECT DISTINCT id FROM version").fetchall()}
    state.unjoined += _store(connection, links, delivered)
    if has_joins:
        connection.execute(_AS_CANONICAL)
    return _count(connection, "merged") > 0


def _links(path: Path, delivered_on: str) -> str:
    return (
        f"INSERT INTO link SELECT system[{len(LINK) + 1}:], entry.id, coalesce(known.id, other), "  # noqa: S608
        f"make_timestamp(epoch_us(try_cast(moment AS TIMESTAMPTZ))), DATE '{delivered_on}' "
        "FROM (SELECT *, split_part(value, '|', 1) AS moment, "
        f"value[strpos(value, '|') + 1:] AS other FROM {table(path)} WHERE starts_with(system, '{LINK}')) "
        "AS entry LEFT JOIN known ON known.asked = entry.other"
    )


_LATEST_LINKS: Final = """
SELECT DISTINCT kind, id, other, day
FROM link
WHERE NOT EXISTS (
    SELECT 1 FROM version
    WHERE version.id = link.id
        AND row(coalesce(version.updated_at, TIMESTAMP '0001-01-01'), version.day)
            > row(coalesce(link.updated_at, TIMESTAMP '0001-01-01'), link.day)
)
ORDER BY ALL
"""
_AS_CANONICAL: Final = """
CREATE OR REPLACE TEMP TABLE merged AS
WITH own AS (SELECT resource_id, id FROM canonical WHERE kind = 'patient'),

told AS (
    SELECT coalesce(before.id, merged.old) AS old, coalesce(after.id, merged.new) AS new
    FROM merged
    LEFT JOIN own AS before ON merged.old = before.resource_id
    LEFT JOIN own AS after ON merged.new = after.resource_id
)

SELECT old, min(new) AS new
FROM told
WHERE old NOT IN (SELECT id FROM own WHERE resource_id NOT IN (SELECT old FROM merged) AND id IS NOT NULL)
GROUP BY old
HAVING count(DISTINCT new) = 1
"""
"""An id that a record carries that nobody has replaced stands for itself."""


def _patients(lake: Lake, state: State, as_of: date) -> Iterator[Path]:
    """The tables of patients as they came, under the ids of their records."""
    for key, content in sorted(state.contents.items()):
        delivered_on, file_id = date.fromisoformat(content.delivered_on), key.split("/")[1]
        for part in content.parts:
            if part.feed == "patient" and not content.reason and delivered_on <= as_of:
                if part.resolution:
                    yield from lake.all_unresolved("patient", file_id, part.held_tables)
                else:
                    yield from lake.raws("patient", delivered_on, file_id, part.tables)


def _store(
    connection: duckdb.DuckDBPyConnection, links: list[tuple[str, str, str, date]], delivered: set[str]
) -> list[Unjoined]:
    """Fill the table ``merged``, and tell what links join nobody."""
    directed, same = [], []
    counted: Counter[tuple[str, date]] = Counter()
    for kind, own, other, day in links:
        if kind in FROM_THE_OTHER:
            directed.append((other, own))
        elif other not in delivered:
            counted["unknown", day] += 1
        elif kind in TO_THE_OTHER:
            directed.append((own, other))
        else:
            same.append((own, other))
    standing, contradicted = survivors(directed, same)
    for _, own, other, day in links:
        if {own, other} & contradicted:
            counted["ambiguous", day] += 1
    if standing:
        pairs = sorted(standing.items())
        values = [[old for old, _ in pairs], [new for _, new in pairs]]
        connection.execute("INSERT INTO merged SELECT unnest(?), unnest(?)", values)
    return [
        ("patient", "patient_id", "patient", SYSTEM, reason, number, day)
        for (reason, day), number in sorted(counted.items())
    ]


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608
    return int(found[0]) if found else 0


def _patient_columns(feed: Feed) -> list[str]:
    return [column for column, kind in identity_columns(feed) if kind == "patient"]


def hold_back_merged(
    connection: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, state: State, as_of: date
) -> None:
    """Hold the raw tables back in which an id stands that another one stands for.

    They are copied, and the registry names the copies before a raw table is written anew. Wherever that is
    interrupted, the rows as they came are still there, also those of a file that is gone from the landing.

    Args:
        connection: has the table ``merged``.
        lake: where the tables lie.
        contract: the feeds.
        state: the registry; what is held back is noted in it.
        as_of: later deliveries are not looked at.
    """
    is_news = False
    for key, content in sorted(state.contents.items()):
        delivered_on, file_id = date.fromisoformat(content.delivered_on), key.split("/")[1]
        if content.reason or delivered_on > as_of:
            continue
        parts = []
        for part in content.parts:
            columns = _patient_columns(contract.feeds[part.feed]) if part.feed in contract.feeds else []
            raw = table(*lake.raws(part.feed, delivered_on, file_id, part.tables))
            every = " UNION ALL ".join(f"SELECT {column} AS old FROM {raw}" for column in columns)  # noqa: S608
            some = f"SELECT 1 FROM ({every}) SEMI JOIN merged USING (old) LIMIT 1"  # noqa: S608
            if columns and not part.resolution and connection.execute(some).fetchone():
                made = write_table(connection, f"FROM {raw}", lake.work / f"{part.feed}-{file_id}.held")
                move_into_place(made, lake.unresolved(part.feed, file_id))
                part = replace(part, resolution=NOT_RESOLVED)
                is_news = True
            parts.append(part)
        state.contents[key] = replace(content, parts=tuple(parts))
    if is_news:
        save_state(lake, state)


def merges_of(connection: duckdb.DuckDBPyConnection, feed: Feed, rows: str) -> str:
    """A hash of what stands for the patients in rows: another one, and the rows have to be written anew."""
    asked = " UNION ".join(f"SELECT {column} AS old FROM ({rows})" for column in _patient_columns(feed))  # noqa: S608
    if not asked:
        return ""
    told = "coalesce(md5(string_agg(old || '=' || new, '|' ORDER BY old)), '')"
    found = connection.execute(f"SELECT {told} FROM ({asked}) INNER JOIN merged USING (old)").fetchone()  # noqa: S608
    return str(found[0]) if found else ""


def merged_rows(feed: Feed, rows: str) -> str:
    """SQL of rows under the ids that stand; the records that stand no more are taken back.

    Args:
        feed: the contract.
        rows: a query.
    """
    columns = _patient_columns(feed)
    if not columns:
        return rows
    joins = " ".join(
        f"LEFT JOIN merged AS merged_{column} ON came.{column} = merged_{column}.old" for column in columns
    )
    named = [f"coalesce(merged_{column}.new, came.{column}) AS {column}" for column in columns]
    if feed.name == "patient":
        named = ["came.is_deleted OR merged_patient_id.old IS NOT NULL AS is_deleted"]
    return f"SELECT came.* REPLACE ({', '.join(named)}) FROM ({rows}) AS came {joins}"  # noqa: S608
