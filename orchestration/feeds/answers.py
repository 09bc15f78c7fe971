"""What references that name a resource by something else than its id lead to.

Belongs here: what is asked for, and the identifiers that answer it. Does not belong here: the tables that ask
(``references.py``).
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.feeds.contract import Contract, Feed
from orchestration.feeds.follow_ups import resource_of
from orchestration.feeds.lake import Lake, table
from orchestration.feeds.registry import State

NAMED_ELSEWHERE = {"medication_order": ("code_system", "code"), "claim_line": ("claim_line_id",)}
"""Columns, by feed, whose values may stand in another resource that the row refers to."""


def reference_columns(feed: Feed) -> list[str]:
    """The columns of a feed that may refer to something by another name than its id."""
    return [
        column.name
        for column in feed.columns
        if column.ref or column.name in NAMED_ELSEWHERE.get(feed.name, ())
    ]


def held_contents(state: State) -> list[str]:
    """The contents with tables that are held back."""
    held = (key for key, content in state.contents.items() if any(part.resolution for part in content.parts))
    return sorted(held)


def gather_questions(
    connection: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, state: State
) -> None:
    """Make the table ``question``: what tables that are held back ask for by something else than an id.

    Args:
        connection: gets the table.
        lake: where they lie.
        contract: the feeds.
        state: the registry.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE question (asked TEXT)")
    for key in held_contents(state):
        for part in state.contents[key].parts:
            if part.resolution:
                feed = contract.feeds[part.feed]
                waiting = lake.all_unresolved(feed.name, key.split("/")[1], part.held_tables)
                held = table(*waiting)
                keys = (name for name in feed.key if feed.column(name).type == "string")
                every = " UNION ".join(
                    f"SELECT {resource_of(name, 'r')} FROM {held} AS r WHERE contains({name}, '?')"  # noqa: S608
                    for name in sorted({*reference_columns(feed), *keys})
                )
                connection.execute(f"INSERT INTO question {every}")


def gather_identifiers(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Path], *, has_questions: bool, keeps_all: bool
) -> None:
    """Make the table ``known``: the id that each way of asking leads to, where need be over another one.

    Args:
        connection: gets the table.
        files: the identifiers of each file.
        has_questions: whether the table ``question`` holds all that is looked for; else it may be anything.
        keeps_all: whether the identifiers are also looked for by others.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE carried (type TEXT, system TEXT, value TEXT, id TEXT)")
    if files:
        every = table(*sorted(files))
        asked = f"FROM question UNION SELECT id FROM {every} WHERE contains(id, '?')"  # noqa: S608
        types = f"SELECT split_part(asked, '?', 1) FROM ({asked})"  # noqa: S608
        some = f"WHERE type IN ({types})" if has_questions and not keeps_all else ""
        connection.execute(f"INSERT INTO carried BY NAME FROM {every} {some}")
    wanted = "true"
    if has_questions:
        wanted = "asked IN (FROM question UNION SELECT id FROM carried WHERE contains(id, '?'))"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE answer AS
        SELECT asked, min(id) AS id
        FROM (
            SELECT type || system || '=' || value AS asked, id, '' AS system
            FROM carried WHERE starts_with(system, '?')
            UNION ALL
            SELECT type || '?identifier=' || system || '|' || value, id, ''
            FROM carried WHERE NOT starts_with(system, '?')
            UNION ALL
            SELECT type || '?identifier=' || value, id, system FROM carried WHERE NOT starts_with(system, '?')
        )
        WHERE {wanted}
        GROUP BY asked
        HAVING min(id) = max(id) OR min(system) = max(system)
        """  # noqa: S608
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT asked, id FROM answer WHERE NOT contains(id, '?')
        UNION ALL
        SELECT other.asked, coalesce(third.id, second.id, other.id) AS id
        FROM (FROM answer WHERE contains(id, '?')) AS other
        LEFT JOIN answer AS second ON other.id = second.asked
        LEFT JOIN answer AS third ON second.id = third.asked
        """
    )
