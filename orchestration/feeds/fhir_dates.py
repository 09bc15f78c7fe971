"""Dates where a FHIR resource has an instant: the day that it was at the clinic.

Belongs here: from a moment as it is written to a date. Does not belong here: times, which models turn into
local ones by the zone of a row's team.
"""

from typing import Final

import duckdb

from orchestration.feeds.lake import quoted, set_variable

ZONE: Final = "fhir_zone"
"""Variable of the connection: the zone of the site."""


def set_zone(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Set the zone in which instants become dates.

    Args:
        connection: gets it as a variable.
        zone: an IANA zone.

    Raises:
        ValueError: the engine does not know it.
    """
    try:
        connection.execute(f"SELECT TIMESTAMPTZ '2000-01-01 00:00:00+00' AT TIME ZONE {quoted(zone)}")
    except duckdb.Error:
        raise ValueError(f"the engine does not know the time zone {zone!r}; name one such as UTC") from None
    set_variable(connection, ZONE, zone)


def local_day(moment: str, *, is_end: bool = False) -> str:
    """SQL of the date of a moment.

    An instant in UTC is told in the site's zone. One with another offset has the date that it is written in,
    and so has midnight in UTC, which is how a date looks that was made into an instant.

    Args:
        moment: SQL of a FHIR ``dateTime``: a year, a month, a date or an instant.
        is_end: whether it ends a period, which a year or a month does with its last day.
    """
    endings = ("Z", "+00:00", "-00:00", "+0000")
    is_utc = "(" + " OR ".join(f"ends_with({moment}, '{ending}')" for ending in endings) + ")"
    is_date = f"regexp_matches({moment}, '^.{{10}}T00:00(:00([.]0+)?)?[Z+-]')"
    local = f"try_cast({moment} AS TIMESTAMPTZ) AT TIME ZONE coalesce(getvariable('{ZONE}'), 'UTC')"
    day = (
        f"CASE WHEN strlen({moment}) > 10 AND {is_utc} AND NOT {is_date} "
        f"THEN coalesce(CAST(CAST({local} AS DATE) AS VARCHAR), left({moment}, 10)) "
        f"ELSE fhir_day({moment}) END"
    )
    if not is_end:
        return day
    after = f"CAST(CAST(try_cast({day_after(moment)} AS DATE) - 1 AS DATE) AS VARCHAR)"
    return f"CASE WHEN strlen({moment}) IN (4, 7) THEN {after} ELSE {day} END"


def part_of_a_date(element: str, given: str = "") -> str:
    """SQL of the coding by which a date that is only a year or a month is a finding; null where it is whole.

    Args:
        element: name of the element.
        given: SQL of the date, where it may stand in another element.
    """
    date = given or f"s.{element}"
    return f"CASE WHEN strlen({date}) < 10 THEN {{'system': '{element}', 'code': 'part of a date'}} END"


def day_after(moment: str) -> str:
    """SQL of when a period is over: after the whole of the day, month or year that it ends with.

    Args:
        moment: SQL of a FHIR ``dateTime``; an instant stays what it is.
    """
    steps = {4: "INTERVAL 1 YEAR", 7: "INTERVAL 1 MONTH", 10: "INTERVAL 1 DAY"}
    cases = " ".join(
        f"WHEN {length} THEN CAST(CAST(try_cast(fhir_day({moment}) AS DATE) + {step} AS DATE) AS VARCHAR)"
        for length, step in steps.items()
    )
    return f"CASE strlen({moment}) {cases} ELSE {moment} END"


def end_by_length(start: str, length: str) -> str:
    """SQL of when something ended that began then and lasted so long; null where either is not known.

    A start without an offset is a local time, and so is the end.

    Args:
        start: SQL of a FHIR ``dateTime``.
        length: SQL of an interval.
    """
    has_offset = f"regexp_matches({start}, '([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND strlen({start}) > 10"
    end = f"strftime(try_cast({start} AS TIMESTAMPTZ) + {length}, '%Y-%m-%dT%H:%M:%S')"
    return f"{end} || CASE WHEN {has_offset} THEN 'Z' ELSE '' END"
