"""The codes of standard formats, and what they become in a feed.

Belongs here: reading ``seeds/code_map.csv`` and ``seeds/assessment_instrument.csv`` and putting a lookup into
SQL. Does not belong here: the codes themselves; they are rows of those seeds.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.feeds.lake import quoted

CODE_MAP_FILE = "code_map.csv"
INSTRUMENT_FILE = "assessment_instrument.csv"
LOINC = "http://loinc.org"
ANY_SYSTEM = ("fhir", "system")
"""Feed and column of the rows that say which names of code systems mean the same."""


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
        pairs = ", ".join(f"{quoted(code)}: {quoted(value)}" for code, value in sorted(known.items()))
        found = f"[MAP {{{pairs}}}[fhir_pair(coding)] for coding in {codings}]"
        return f"list_filter({found}, lambda value: value IS NOT NULL)[1]"


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
