"""The same patient or practitioner under several identifiers, joined by a crosswalk and by stated rules.

A name, a birth date or a likeness never joins anybody: only a row of the crosswalk (landing folder
``identity``), or an identifier that a FHIR resource carries in a system that the site's profile states.

Belongs here: the crosswalk, what each identifier leads to, and what leads nowhere or to two people. Does not
belong here: references of FHIR that are written as identifiers (``references.py``).
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import duckdb

from orchestration.feeds.contract import Column, Feed
from orchestration.feeds.follow_ups import MARK
from orchestration.feeds.lake import quoted, table
from orchestration.feeds.landing import FHIR, IDENTITY
from orchestration.feeds.registry import Unjoined
from orchestration.feeds.site import Kind, Site

CROSSWALK: Final = Feed(
    name=IDENTITY,
    key=("kind", "system", "value"),
    columns=(
        Column(name="kind", type="string", required=True, values=("patient", "practitioner")),
        Column(name="system", type="string"),
        Column(name="value", type="string", required=True),
        Column(name="id", type="string", required=True),
    ),
)
"""What a crosswalk says: this identifier of this system is that patient or practitioner of the warehouse. The
system ``fhir`` is the ids of FHIR resources; a blank one, the ids of feeds whose system nobody states."""

CHAINED: Final = "chained"
UNUSED: Final = "unused"
KINDS: Final[dict[str, Kind]] = {"patient": "patient", "practitioner": "practitioner"}
TYPES: Final[dict[Kind, str]] = {"patient": "Patient", "practitioner": "Practitioner"}


def identity_columns(feed: Feed) -> Iterator[tuple[str, Kind]]:
    """The columns of a feed that name a patient or a practitioner."""
    for column in feed.columns:
        kind = KINDS.get(column.ref or (feed.name if (column.name,) == feed.key else ""))
        if kind is not None:
            yield column.name, kind


def gather_joins(
    connection: duckdb.DuckDBPyConnection, crosswalks: Iterable[Path], site: Site
) -> list[Unjoined]:
    """Make the table ``joined``: what an identifier leads to, null where it leads to more than one.

    Args:
        connection: has the table ``carried`` of the identifiers that resources carry.
        crosswalks: raw tables of the crosswalk delivered so far.
        site: which systems hold the warehouse's own ids.

    Returns:
        The rows of the crosswalk that lead to what it says is somebody else, or that nothing can ask for.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in CROSSWALK.lake_columns())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE delivered_crosswalk ({columns})")
    for path in sorted(crosswalks):
        connection.execute(f"INSERT INTO delivered_crosswalk BY NAME FROM {table(path)}")
    ranks = [(kind, system, rank) for kind, own in site.systems.items() for rank, system in enumerate(own)]
    connection.execute("CREATE OR REPLACE TEMP TABLE own_system (kind TEXT, system TEXT, rank INTEGER)")
    for row in ranks:
        connection.execute("INSERT INTO own_system VALUES (?, ?, ?)", row)
    connection.execute(_CROSSWALK_NOW)
    connection.execute(_RESOURCES)
    connection.execute(_CANONICAL)
    connection.execute(_JOINED)
    return [*_chained(connection), *_unused(connection, site)]


_CROSSWALK_NOW = """
CREATE OR REPLACE TEMP TABLE crosswalk AS
SELECT kind, coalesce(system, '') AS system, value, id, _delivered_on
FROM (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY kind, coalesce(system, ''), value
            ORDER BY updated_at DESC NULLS LAST, _delivered_on DESC, _source_file DESC, _row_number DESC
        ) AS age
    FROM delivered_crosswalk
)
WHERE age = 1 AND NOT is_deleted
"""
_RESOURCES = """
CREATE OR REPLACE TEMP TABLE resource AS
SELECT DISTINCT lower(type) AS kind, id AS resource_id, system, value
FROM carried
WHERE type IN ('Patient', 'Practitioner') AND NOT starts_with(system, '?')
"""
_CANONICAL = """
CREATE OR REPLACE TEMP TABLE canonical AS
WITH said AS (
    SELECT kind, value AS resource_id, id, 0 AS step, 0 AS rank
    FROM crosswalk
    WHERE system = 'fhir'
    UNION ALL
    SELECT resource.kind, resource.resource_id, crosswalk.id, 0, 0
    FROM resource
    INNER JOIN crosswalk
        ON resource.kind = crosswalk.kind
        AND resource.system = crosswalk.system
        AND resource.value = crosswalk.value
    UNION ALL
    SELECT resource.kind, resource.resource_id, resource.value, 1, own_system.rank
    FROM resource
    INNER JOIN own_system ON resource.kind = own_system.kind AND resource.system = own_system.system
),

first_said AS (
    SELECT *, min(step) OVER (PARTITION BY kind, resource_id) AS first_step
    FROM said
)

SELECT
    kind,
    resource_id,
    CASE
        WHEN min(first_step) = 1 THEN min_by(id, (rank, id))
        WHEN count(DISTINCT id) = 1 THEN min(id)
    END AS id
FROM first_said
WHERE step = first_step
GROUP BY kind, resource_id
"""
_JOINED = """
CREATE OR REPLACE TEMP TABLE joined AS
WITH by_identifier AS (
    SELECT kind, system, value, id, 0 AS step
    FROM crosswalk
    WHERE system != 'fhir'
    UNION ALL
    SELECT resource.kind, resource.system, resource.value, coalesce(canonical.id, resource.resource_id), 1
    FROM resource
    LEFT JOIN canonical ON resource.kind = canonical.kind AND resource.resource_id = canonical.resource_id
),

first_step AS (
    SELECT *, min(step) OVER (PARTITION BY kind, system, value) AS first_step
    FROM by_identifier
),

settled AS (
    SELECT kind, system, value, CASE WHEN count(DISTINCT id) = 1 THEN min(id) END AS id
    FROM first_step
    WHERE step = first_step
    GROUP BY kind, system, value
)

SELECT kind, system, value, id FROM settled
UNION ALL
SELECT kind, 'fhir', resource_id, id FROM canonical
UNION ALL
SELECT kind, 'fhir', upper(kind[1]) || kind[2:] || '?identifier=' || system || '|' || value, id
FROM settled
WHERE system != ''
"""


def _chained(connection: duckdb.DuckDBPyConnection) -> Iterator[Unjoined]:
    """Count the rows of the crosswalk that lead to what the crosswalk itself says is somebody else.

    They are not followed: numbers of two sites overlap, and the next step may be another person's.
    """
    counts = connection.execute(
        """
        SELECT row.kind, row.system, count(*), row._delivered_on
        FROM crosswalk AS row
        INNER JOIN crosswalk AS further
            ON row.kind = further.kind AND row.id = further.value AND further.system = ''
        WHERE row.id <> further.id
        GROUP BY row.kind, row.system, row._delivered_on ORDER BY ALL
        """
    ).fetchall()
    for kind, system, number, day in counts:
        yield IDENTITY, "id", str(kind), str(system), CHAINED, int(number), day


def _unused(connection: duckdb.DuckDBPyConnection, site: Site) -> Iterator[Unjoined]:
    """Count the rows of the crosswalk whose system no resource carries and the site states for no feed."""
    stated = [("", ""), *((kind, system) for kind, own in site.systems.items() for system in own)]
    stated += [pair for feed in site.feeds.values() for pair in feed.systems]
    pairs = ", ".join(f"({quoted(kind)}, {quoted(system)})" for kind, system in sorted(set(stated)))
    counts = connection.execute(
        f"""
        SELECT kind, system, count(*), _delivered_on
        FROM crosswalk
        WHERE system NOT IN ('', {quoted(FHIR)})
            AND (kind, system) NOT IN ({pairs})
            AND (kind, system) NOT IN (SELECT kind, system FROM resource)
        GROUP BY kind, system, _delivered_on ORDER BY ALL
        """  # noqa: S608
    ).fetchall()
    for kind, system, number, day in counts:
        yield IDENTITY, "system", str(kind), str(system), UNUSED, int(number), day


def answers_of(connection: duckdb.DuckDBPyConnection, feed: Feed, folder: str, rows: str, site: Site) -> str:
    """A hash of what the identifiers in rows lead to: another one, and the rows have to be written anew."""
    asked = [
        f"SELECT DISTINCT '{kind}' AS kind, {quoted(system_of(folder, kind, site))} AS system, "  # noqa: S608
        f"{column} AS value FROM ({rows})"
        for column, kind in identity_columns(feed)
    ]
    if not asked:
        return ""
    told = "md5(coalesce(string_agg(kind || value || '=' || id, '|' ORDER BY kind, value), ''))"
    found = connection.execute(
        f"SELECT {told} FROM ({' UNION '.join(asked)}) INNER JOIN joined USING (kind, system, value)"  # noqa: S608
    ).fetchone()
    return str(found[0]) if found else ""


def joined_rows(feed: Feed, folder: str, rows: str, site: Site) -> str:
    """SQL of rows with the warehouse's ids in place of the identifiers that they came with.

    What leads nowhere, or to more than one, stays as it came.

    Args:
        feed: the contract.
        folder: the landing folder that the rows came in, which says the system of their identifiers.
        rows: a query.
        site: states that system.
    """
    joins, replaced = [], []
    for column, kind in identity_columns(feed):
        system = system_of(folder, kind, site)
        joins.append(
            f"LEFT JOIN joined AS joined_{column} ON joined_{column}.value = came.{column} "
            f"AND joined_{column}.kind = '{kind}' AND joined_{column}.system = {quoted(system)}"
        )
        prefix = f"{TYPES[kind]}?identifier={site.systems.get(kind, ('',))[0]}|"
        own = (
            f"CASE WHEN starts_with(came.{column}, {quoted(prefix)}) "
            f"THEN came.{column}[{len(prefix) + 1}:] ELSE came.{column} END"
            if system == FHIR and site.systems.get(kind)
            else f"came.{column}"
        )
        replaced.append(f"coalesce(joined_{column}.id, {own}) AS {column}")
    if not joins:
        return rows
    return f"SELECT came.* REPLACE ({', '.join(replaced)}) FROM ({rows}) AS came {' '.join(joins)}"  # noqa: S608


def system_of(folder: str, kind: Kind, site: Site) -> str:
    """The system of the identifiers of a kind in a landing folder: ``fhir``, stated, or blank."""
    return FHIR if folder == FHIR else site.feed(folder).system(kind)


def count_unjoined(
    connection: duckdb.DuckDBPyConnection, feed: Feed, folder: str, rows: str, site: Site
) -> Iterator[tuple[str, str, str, str, int]]:
    """Count the rows whose identifier should have led to somebody and did not.

    Args:
        connection: has the table ``joined``.
        feed: the contract.
        folder: the landing folder that the rows came in.
        rows: a query of the rows as they came.
        site: states the system of their identifiers, and which systems hold the warehouse's own ids.

    Yields:
        Column, kind, system, reason (``unknown`` or ``ambiguous``) and number of rows.
    """
    for column, kind in identity_columns(feed):
        system = system_of(folder, kind, site)
        own = site.systems.get(kind, ())
        is_key = feed.name == kind
        is_expected = bool(own) and is_key if system == FHIR else bool(system) and system not in own[:1]
        counts = connection.execute(
            f"""
            SELECT CASE WHEN joined.value IS NULL THEN 'unknown' ELSE 'ambiguous' END AS reason, count(*)
            FROM ({rows}) AS came
            LEFT JOIN joined
                ON came.{column} = joined.value
                AND joined.kind = '{kind}'
                AND joined.system = {quoted(system)}
            WHERE joined.id IS NULL
                AND NOT starts_with(came.{column}, {quoted(MARK)})
                AND (joined.value IS NOT NULL OR {str(is_expected).lower()})
            GROUP BY reason ORDER BY reason
            """  # noqa: S608
        ).fetchall()
        for reason, number in counts:
            yield column, kind, system, str(reason), int(number)
