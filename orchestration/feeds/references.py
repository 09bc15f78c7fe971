"""References that name a resource by an identifier instead of its id, resolved over all that was delivered.

Belongs here: keeping such rows apart from the raw lake until their references are resolved, and resolving
them anew when more identifiers become known, so that the order of deliveries does not matter. Does not belong
here: how a reference is written in a format.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from shutil import copyfile

import duckdb

from orchestration.feeds.answers import gather_identifiers, gather_questions, held_contents, reference_columns
from orchestration.feeds.contract import Feed
from orchestration.feeds.door import Staged
from orchestration.feeds.follow_ups import complete_reports, is_report, part_of, resource_of, tables_of
from orchestration.feeds.hl7v2_rules import APPOINTMENT
from orchestration.feeds.identity import answers_of, count_unjoined, gather_joins, joined_rows
from orchestration.feeds.lake import Lake, move_into_place, table, write_table
from orchestration.feeds.landing import IDENTITY
from orchestration.feeds.merges import gather_merges, has_links, hold_back_merged, merged_rows, merges_of
from orchestration.feeds.placers import (
    AMBIGUOUS,
    answers_of_placers,
    count_ambiguous,
    gather_placers,
    is_placed,
    numbered,
)
from orchestration.feeds.reading import NOT_RESOLVED, Judged, Reading, Rules
from orchestration.feeds.registry import Content, Part, State, Unjoined

ASKED = "'^[A-Za-z]+[?](identifier|role|schedule|location|service|code|system|of)='"
"""How a reference reads that has to be resolved: by an identifier, or by what stands for another resource."""


def hold_back_references(reading: Reading, feed: Feed, staged: Staged) -> Part:
    """Let rows in, and hold their raw table back where a reference in it has to be resolved.

    Args:
        reading: the file.
        feed: the contract.
        staged: the rows as text.

    Returns:
        The counts; ``resolution`` is set where the table was held back.
    """
    return place_rows(reading, feed, [reading.judge(feed, staged, reading.work / feed.name)])


def leading(feed: Feed, row: str) -> str:
    """SQL of whether a row names something that has to be resolved.

    Args:
        feed: the contract.
        row: alias of the row of its raw table.
    """
    asked = (
        f"contains({row}.{name}, '?') AND regexp_matches({row}.{name}, {ASKED})"
        for name in reference_columns(feed)
    )
    return " OR ".join([*asked, is_placed(feed, row)])


def leads_somewhere(connection: duckdb.DuckDBPyConnection, feed: Feed, tables: Sequence[Path]) -> bool:
    """Whether any row of some raw tables names something that has to be resolved.

    Args:
        connection: any.
        feed: the contract.
        tables: the raw tables.
    """
    first = f"SELECT 1 FROM {table(*tables)} AS r WHERE {leading(feed, 'r')} LIMIT 1"  # noqa: S608
    return connection.execute(first).fetchone() is not None


def place_rows(reading: Reading, feed: Feed, judged: Sequence[Judged]) -> Part:
    """Put rows in place, and hold their raw table back where a reference in it has to be resolved.

    Args:
        reading: the file.
        feed: the contract.
        judged: the rows, piece by piece.

    Returns:
        The counts; ``resolution`` is set where the table was held back.
    """
    waits = reading.waits(feed) or any(piece.leads for piece in judged)
    unknown = [piece.kept for piece in judged if piece.leads is None]
    if unknown and not waits:
        waits = leads_somewhere(reading.connection, feed, unknown)
    return reading.put_in_place(feed, judged, waits=waits)


def _resolve_table(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    rules: Rules,
    key: str,
    content: Content,
    part: Part,
    completed: str | None,
    *,
    has_merges: bool,
) -> Part:
    feed, (folder, file_id) = rules.contract.feeds[part.feed], key.split("/")
    waiting = lake.all_unresolved(feed.name, file_id, part.held_tables)
    held = table(*waiting)
    news = "''"
    first = f"SELECT 1 FROM {held} AS r WHERE {is_report('r')} LIMIT 1"  # noqa: S608
    has_reports = completed is not None and connection.execute(first).fetchone() is not None
    if has_reports:
        own = f"(FROM {completed} WHERE _file_id = '{file_id}')"
        held = f"(SELECT * FROM {held} AS r WHERE NOT {is_report('r')} UNION ALL BY NAME {own})"  # noqa: S608
        news = f"(SELECT coalesce(string_agg(md5(c::VARCHAR), '' ORDER BY c::VARCHAR), '') FROM {own} AS c)"  # noqa: S608
    every = " UNION ".join(
        f"SELECT '{name}' AS named, {resource_of(name, 'r')} AS asked "  # noqa: S608
        f"FROM {held} AS r WHERE contains({name}, '?')"
        for name in reference_columns(feed)
    )
    every = every or "SELECT NULL::VARCHAR AS named, NULL::VARCHAR AS asked"
    answer = "asked || '=' || id"
    answers = f"md5(coalesce(string_agg(DISTINCT {answer}, '|' ORDER BY {answer}), '') || {news})"
    found = connection.execute(
        f"SELECT {answers}, list(DISTINCT named) FROM ({every}) INNER JOIN known USING (asked)"  # noqa: S608
    ).fetchone()
    resolution, named = (str(found[0]), found[1] or []) if found else (NOT_RESOLVED, [])
    names = [name for name in reference_columns(feed) if name in named]
    numbers = answers_of_placers(connection, feed, f"FROM {held}")
    resolution += numbers
    stays = not (names or has_reports or rules.joins_identifiers or has_merges or numbers)
    joins = " ".join(
        f"LEFT JOIN known AS known_{name} ON {resource_of(name, 'held')} = known_{name}.asked"
        for name in names
    )
    replaced = ", ".join(
        f"coalesce(known_{name}.id || {part_of(name, 'held')}, held.{name}) AS {name}" for name in names
    )
    star = f"held.* REPLACE ({replaced})" if names else "held.*"
    rows = numbered(feed, f"SELECT {star} FROM {held} AS held {joins}")  # noqa: S608
    if rules.joins_identifiers:
        resolution += answers_of(connection, feed, folder, rows, rules.site)
        rows = joined_rows(feed, folder, rows, rules.site)
    if has_merges:
        resolution += merges_of(connection, feed, rows)
        rows = merged_rows(feed, rows)
    # Where nothing in them leads anywhere, the tables are in the order of their file already.
    day, number = date.fromisoformat(content.delivered_on), len(waiting) if stays else 1
    finals = lake.raws(feed.name, day, file_id, number)
    if part.resolution == resolution and all(final.exists() for final in finals):
        return part
    for place, final in enumerate(finals):
        made = lake.work / f"{feed.name}-{file_id}.resolved"
        if stays:
            copyfile(waiting[place], made)
        else:
            write_table(connection, f"SELECT * FROM ({rows}) ORDER BY _row_number", made)  # noqa: S608
        move_into_place(made, final)
    return replace(part, resolution=resolution, tables=number)


def resolve_references(
    connection: duckdb.DuckDBPyConnection, lake: Lake, rules: Rules, state: State, as_of: date
) -> None:
    """Write the raw tables that were held back, from the identifiers delivered up to a date.

    An identifier that two resources carry stands for the lower id. One that none carries stays as it is
    written, and so does one without a system that two carry in different systems: they are two people's.

    Args:
        connection: any.
        lake: where the tables lie.
        rules: the feeds, and what the site says of identifiers.
        state: the registry; the resolutions are noted in it, and what identifiers lead to nobody.
        as_of: later deliveries are not looked at.
    """
    links, day = has_links(connection, lake, state, as_of), as_of.isoformat()
    if not links and not held_contents(state):
        return
    known = [
        lake.identifiers(key.split("/")[1])
        for key, content in state.contents.items()
        if content.has_identifiers and content.delivered_on <= day
    ]
    if not links:
        gather_questions(connection, lake, rules.contract, state)
    gather_identifiers(connection, known, has_questions=not links, keeps_all=rules.joins_identifiers)
    if rules.joins_identifiers:
        crosswalks = (
            lake.crosswalk(key.split("/")[1])
            for key, content in state.contents.items()
            if key.startswith(f"{IDENTITY}/") and not content.reason and content.delivered_on <= day
        )
        state.unjoined += gather_joins(connection, crosswalks, rules.site)
    has_merges = links and gather_merges(connection, lake, state, as_of, has_joins=rules.joins_identifiers)
    if has_merges:
        hold_back_merged(connection, lake, rules.contract, state, as_of)
    whole, waiting = tables_of(lake, state, APPOINTMENT, as_of)
    site = rules.site if rules.joins_identifiers else None
    gather_placers(connection, rules.contract.feeds[APPOINTMENT], [*whole, *waiting] if waiting else [], site)
    completed = complete_reports(connection, lake, rules.contract, state, as_of, numbered)
    for key in held_contents(state):
        content = state.contents[key]
        parts = tuple(
            _resolve_table(
                connection,
                lake,
                rules,
                key,
                content,
                part,
                completed.get(part.feed) if content.delivered_on <= day else None,
                has_merges=has_merges,
            )
            if part.resolution
            else part
            for part in content.parts
        )
        state.contents[key] = replace(content, parts=parts)
        if content.delivered_on <= day:
            state.unjoined += _unjoined(connection, lake, rules, key, content)


def _unjoined(
    connection: duckdb.DuckDBPyConnection, lake: Lake, rules: Rules, key: str, content: Content
) -> Iterator[Unjoined]:
    """What of a file's identifiers leads to nobody."""
    folder, file_id = key.split("/")
    for part in content.parts:
        if part.resolution:
            feed = rules.contract.feeds[part.feed]
            held = f"FROM {table(*lake.all_unresolved(feed.name, file_id, part.held_tables))}"
            day = date.fromisoformat(content.delivered_on)
            if rules.joins_identifiers:
                for found in count_unjoined(connection, feed, folder, held, rules.site):
                    yield (feed.name, *found, day)
            if unclear := count_ambiguous(connection, feed, held):
                yield (feed.name, feed.key[0], feed.name, "", AMBIGUOUS, unclear, day)
