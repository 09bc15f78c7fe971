"""Appointments that messages name by two numbers: the placer's alone at first, and the filler's later.

Belongs here: which of the placer's numbers lead to one of the filler's, over all that was delivered, and
giving that number to the messages that have the other alone. Does not belong here: where a message has its
numbers (``hl7v2_places.py``).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from orchestration.feeds.contract import Feed
from orchestration.feeds.follow_ups import is_report
from orchestration.feeds.hl7v2_rules import APPOINTMENT, HL7V2
from orchestration.feeds.identity import joined_rows
from orchestration.feeds.lake import table
from orchestration.feeds.site import Site

PLACED = "id_of_placer"
"""What a row says in ``x_siu_reason`` whose number is the placer's."""

PLACER = "x_siu_placer"
"""The site's own column that has the placer's number beside the filler's."""

AMBIGUOUS = "ambiguous"


def is_placed(feed: Feed, alias: str) -> str:
    """SQL that tells a row that is known by the placer's number alone."""
    return f"contains({alias}.site_columns, '{PLACED}')" if feed.name == APPOINTMENT else "false"


def gather_placers(
    connection: duckdb.DuckDBPyConnection, feed: Feed, tables: Iterable[Path], site: Site | None = None
) -> None:
    """Make the table ``placed``: the filler's number that each asked one of the placer's leads to, if to one.

    Numbers are used again, so a number that two patients have leads nowhere either.

    Args:
        connection: gets the table.
        feed: the contract of appointments.
        tables: all that was delivered of them.
        site: states the systems of identifiers, where those are joined; the table ``joined`` is there then.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE placed (placer VARCHAR, id VARCHAR)")
    rows = " UNION ALL BY NAME ".join(f"FROM {table(path)}" for path in tables)
    if not rows:
        return
    has_number = f"{is_placed(feed, 'r')} OR contains(r.site_columns, '\"{PLACER}\"')"
    rows = f"SELECT * FROM ({rows}) AS r WHERE {has_number}"  # noqa: S608
    if site is not None:
        rows = joined_rows(feed, HL7V2, rows, site)
    connection.execute(
        f"""
        INSERT INTO placed
        SELECT placer, CASE WHEN count(DISTINCT id) = 1 AND count(DISTINCT patient_id) <= 1 THEN min(id) END
        FROM (
            SELECT appointment_id AS placer, NULL AS id,
                CASE WHEN NOT {is_report("r")} THEN patient_id END AS patient_id, true AS is_asked
            FROM ({rows}) AS r WHERE {is_placed(feed, "r")}
            UNION ALL
            SELECT json_extract_string(site_columns, '$.{PLACER}'), appointment_id,
                CASE WHEN NOT {is_report("r")} THEN patient_id END, false
            FROM ({rows}) AS r WHERE contains(site_columns, '"{PLACER}"')
        )
        GROUP BY placer
        HAVING bool_or(is_asked) AND count(id) > 0
        """  # noqa: S608
    )


def numbered(feed: Feed, rows: str) -> str:
    """SQL of rows with the filler's number where the placer's leads to one.

    Args:
        feed: the contract; rows of other feeds stay as they are.
        rows: SQL of the rows.
    """
    if feed.name != APPOINTMENT:
        return rows
    return (
        "SELECT r.* REPLACE (coalesce(placed.id, r.appointment_id) AS appointment_id) "  # noqa: S608
        f"FROM ({rows}) AS r LEFT JOIN placed ON r.appointment_id = placed.placer AND {is_placed(feed, 'r')}"
    )


def answers_of_placers(connection: duckdb.DuckDBPyConnection, feed: Feed, rows: str) -> str:
    """A text that changes when what the numbers of a table lead to does; empty where they lead to nothing.

    Args:
        connection: has the table ``placed``.
        feed: the contract; other feeds have no such numbers.
        rows: SQL of the rows.
    """
    answer = "placer || '=' || id"
    text = f"coalesce(md5(string_agg(DISTINCT {answer}, '|' ORDER BY {answer})), '')"
    return str(_of_asked(connection, feed, rows, text) or "")


def count_ambiguous(connection: duckdb.DuckDBPyConnection, feed: Feed, rows: str) -> int:
    """How many rows of a table have a placer's number that leads to several of the filler's.

    Args:
        connection: has the table ``placed``.
        feed: the contract; other feeds have no such numbers.
        rows: SQL of the rows.
    """
    return int(_of_asked(connection, feed, rows, "count(*) FILTER (id IS NULL)") or 0)


def _of_asked(connection: duckdb.DuckDBPyConnection, feed: Feed, rows: str, wanted: str) -> Any:
    """What is wanted of the rows whose number others were asked for; None where the feed has none."""
    if feed.name != APPOINTMENT:
        return None
    found = connection.execute(
        f"SELECT {wanted} FROM ({rows}) AS r "  # noqa: S608
        f"INNER JOIN placed ON r.appointment_id = placed.placer AND {is_placed(feed, 'r')}"
    ).fetchone()
    return found[0] if found else None
