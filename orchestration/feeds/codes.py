"""The codes of standard formats, and what they become in a feed.

Belongs here: reading ``seeds/code_map.csv`` and ``seeds/assessment_instrument.csv`` and putting a lookup into
SQL. Does not belong here: the codes themselves; they are rows of those seeds.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.feeds.lake import quoted

CODE_MAP_FILE = "code_map.csv"
INSTRUMENT_FILE = "assessment_instrument.csv"
LOINC = "http://loinc.org"
ANY_SYSTEM = ("fhir", "system")
"""Feed and column of the rows that say which names of code systems mean the same."""


PLACE = re.compile(r"<<(pairs|values):(\w+)[.](\w+)>>")


def pairs_of(feed: str, column: str) -> str:
    """A place in SQL that takes the list of all pairs ``system|code`` that a column's rows know."""
    return f"<<pairs:{feed}.{column}>>"


def values_of(feed: str, column: str) -> str:
    """A place in SQL that takes the map from pairs ``system|code`` to the values of a column's rows."""
    return f"<<values:{feed}.{column}>>"


@dataclass(frozen=True)
class CodeMap:
    """What each code of a feed's column becomes on one date.

    Attributes:
        entries: value by feed, column and ``system|code``.
        systems: the one name of each code system that goes by several, by its other names.
    """

    entries: dict[tuple[str, str], dict[str, str]]
    systems: dict[str, str]

    def lookup(self, feed: str, column: str, codings: str) -> str:
        """SQL for the value of the first coding that is known.

        Args:
            feed: name of the feed.
            column: name of its column.
            codings: SQL that gives a list of structs of ``system`` and ``code``.

        Returns:
            A VARCHAR expression; null where no coding is known.
        """
        known = self.entries.get((feed, column))
        if not known:
            return "NULL::VARCHAR"
        found = f"[{_map(known)}[fhir_pair(coding)] for coding in {codings}]"
        return f"list_filter({found}, lambda value: value IS NOT NULL)[1]"

    def fill(self, sql: str) -> str:
        """SQL with the places that ``pairs_of`` and ``values_of`` left for this date's rows."""

        def filled(place: re.Match[str]) -> str:
            known = self.entries.get((place[2], place[3]), {})
            if place[1] == "values":
                return f"({_map(known)}::MAP(VARCHAR, VARCHAR))"
            return f"([{', '.join(quoted(pair) for pair in sorted(known))}]::VARCHAR[])"

        return PLACE.sub(filled, sql)


def _map(known: dict[str, str]) -> str:
    pairs = ", ".join(f"{quoted(pair)}: {quoted(value)}" for pair, value in sorted(known.items()))
    return f"MAP {{{pairs}}}"


def _in_force(row: dict[str, str], day: date) -> bool:
    valid_from, valid_to = row["valid_from"].strip(), row["valid_to"].strip()
    return (not valid_from or date.fromisoformat(valid_from) <= day) and (
        not valid_to or day <= date.fromisoformat(valid_to)
    )


def _rows(path: Path, day: date) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [row for row in csv.DictReader(handle) if _in_force(row, day)]


def load_code_map(seeds: Path, day: date) -> CodeMap:
    """Read the codes in force on a date.

    Args:
        seeds: the folder of the rules that are rows.
        day: the delivery date of the file whose codes are read.

    Returns:
        The lookups; an instrument is known by the code of its own row, too.
    """
    entries: dict[tuple[str, str], dict[str, str]] = {}
    for row in _rows(seeds / INSTRUMENT_FILE, day):
        if row["loinc_code"]:
            known = entries.setdefault(("assessment", "instrument"), {})
            known[f"{LOINC}|{row['loinc_code']}"] = row["instrument"]
    rows = _rows(seeds / CODE_MAP_FILE, day)
    systems = {row["code"]: row["value"] for row in rows if (row["feed"], row["column"]) == ANY_SYSTEM}
    for row in rows:
        system = systems.get(row["system"], row["system"])
        entries.setdefault((row["feed"], row["column"]), {})[f"{system}|{row['code']}"] = row["value"]
    return CodeMap(entries, systems)
