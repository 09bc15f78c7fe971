"""The codes of standard formats, and what they become in a feed.

Belongs here: reading ``seeds/code_map.csv`` and ``seeds/assessment_instrument.csv`` and putting a lookup into
SQL. Does not belong here: the codes themselves; they are rows of those seeds.
"""

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import duckdb

from orchestration.feeds.lake import quoted
from orchestration.feeds.words import folded

CODE_MAP_FILE = "code_map.csv"
INSTRUMENT_FILE = "assessment_instrument.csv"
LOINC = "http://loinc.org"
PAYER_COLUMNS = (("coverage", "payer_id"), ("claim_line", "payer_id"))
ANY_SYSTEM = ("fhir", "system")
"""Feed and column of the rows that say which names of code systems mean the same."""
NO_SYSTEM = "none"
"""What a row has for codes that are sent without a system."""

WORDS = ("text", "payer")
"""Systems whose codes are words, which are the same however they are capitalized and spaced."""

CODES = "fhir_codes"
SYSTEMS = "fhir_systems"
"""Variables of the connection, one for each column that codes are looked up for: ``fhir_codes.feed.column``.

A constant written into a query is copied for every row, a variable is not; where it stands in a query, the
whole of it is copied once, so that each holds no more than one column's rows.
"""


class OneCoding(str):
    """SQL of a list of one coding of a known system, which is looked up without a list."""

    __slots__ = ("coding", "pair")
    coding: str
    pair: str

    def __new__(cls, system: str, code: str) -> "OneCoding":
        """Make the list.

        Args:
            system: its name.
            code: SQL of the code.
        """
        coding = f"{{'system': '{system}', 'code': {code}}}"
        made = super().__new__(cls, f"[{coding}]")
        made.coding = coding
        made.pair = f"fhir_system('{system}') || '|' || {code}"
        if system in WORDS:
            made.pair = f"'{system}|' || fhir_folded({code})"
        return made


class Codings(str):
    """SQL of a list of a few codings, which are looked up one after the other without a list."""

    __slots__ = ("each",)
    each: tuple[OneCoding, ...]

    def __new__(cls, *each: OneCoding) -> "Codings":
        """Make the list.

        Args:
            each: the codings, the first known one deciding.
        """
        made = super().__new__(cls, f"list_concat({', '.join(each)})")
        made.each = each
        return made


def values_of(feed: str, column: str) -> str:
    """SQL of the map from pairs ``system|code`` to the values that rows give them; null without rows."""
    return f"CAST(getvariable('{CODES}.{feed}.{column}') AS MAP(VARCHAR, VARCHAR))"


def pairs_of(feed: str, column: str) -> str:
    """SQL of the list of all pairs ``system|code`` that a column's rows know."""
    return f"map_keys({values_of(feed, column)})"


def lookup(feed: str, column: str, codings: str) -> str:
    """SQL for the value of the first coding that is known.

    Args:
        feed: name of the feed.
        column: name of its column.
        codings: SQL that gives a list of structs of ``system`` and ``code``.

    Returns:
        A VARCHAR expression; null where no coding is known.
    """
    if isinstance(codings, OneCoding):
        return f"{values_of(feed, column)}[{codings.pair}]"
    if isinstance(codings, Codings):
        return f"coalesce({', '.join(lookup(feed, column, coding) for coding in codings.each)})"
    found = f"[{values_of(feed, column)}[fhir_pair(coding)] for coding in {codings}]"
    return f"list_filter({found}, lambda value: value IS NOT NULL)[1]"


def with_words(*concepts: str) -> str:
    """SQL of the codings of lists of concepts, and of their words under the system ``text``."""
    listed = f"list_concat({', '.join(concepts)})"
    words = f"[{{'system': 'text', 'code': concept.text}} for concept in {listed}]"
    return f"list_concat(fhir_concepts({listed}), {words})"


def standard(codings: str, systems: str) -> str:
    """SQL of the coding that counts: of several the first in a standard system, else the first.

    Args:
        codings: SQL of the list.
        systems: SQL of the list of standard systems.
    """
    return (
        f"CASE WHEN len({codings}) > 1 THEN coalesce(fhir_coding({codings}, {systems}), {codings}[1]) "
        f"ELSE {codings}[1] END"
    )


@dataclass(frozen=True)
class CodeMap:
    """What each code of a feed's column becomes on one date.

    Attributes:
        entries: value by feed, column and ``system|code``.
        systems: the one name of each code system that goes by several, by its other names.
    """

    entries: dict[tuple[str, str], dict[str, str]]
    systems: dict[str, str]

    def make_known(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Set the variables that the lookups read, unless they hold the same already.

        Args:
            connection: gets them.
        """
        if connection.execute(f"SELECT getvariable('{CODES}')").fetchone() == (self._name,):
            return
        of_another = f"SELECT name FROM duckdb_variables() WHERE starts_with(name, '{CODES}.')"  # noqa: S608
        for (name,) in connection.execute(of_another).fetchall():
            connection.execute(f'RESET VARIABLE "{name}"')
        known = [f'SET VARIABLE "{name}" = {text}' for name, text in self._texts.items()]
        connection.execute(";".join([*known, f"SET VARIABLE {CODES} = '{self._name}'"]))

    @cached_property
    def _texts(self) -> dict[str, str]:
        """SQL of the lookups and of the names of systems, by the names of their variables."""
        columns = {
            f"{CODES}.{feed}.{column}": known for (feed, column), known in sorted(self.entries.items())
        }
        return {name: _map(known) for name, known in {**columns, SYSTEMS: self.systems}.items()}

    @cached_property
    def _name(self) -> str:
        return hashlib.sha256(repr(self._texts).encode()).hexdigest()


def _map(known: dict[str, str]) -> str:
    """SQL of a map; the engine reads a document in half the time of as many constants."""
    return f"CAST({quoted(json.dumps(known, sort_keys=True))}::JSON AS MAP(VARCHAR, VARCHAR))"


def _in_force(row: dict[str, str], day: date) -> bool:
    valid_from, valid_to = row["valid_from"].strip(), row["valid_to"].strip()
    return (not valid_from or date.fromisoformat(valid_from) <= day) and (
        not valid_to or day <= date.fromisoformat(valid_to)
    )


def rows_in_force(path: Path, day: date) -> list[dict[str, str]]:
    """The rows of a seed that are in force on a date; none where it is not there."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [row for row in csv.DictReader(handle) if _in_force(row, day)]


def _items_asked(items: Mapping[str, str]) -> dict[str, str]:
    """How many items each instrument has, from rows such as ``PHQ-9/1;PHQ-2/1``."""
    asked: dict[str, set[str]] = {}
    for item in set(items.values()):
        for name in item.split(";"):
            asked.setdefault(name.partition("/")[0], set()).add(item)
    return {instrument: str(len(found)) for instrument, found in asked.items()}


def load_code_map(seeds: Path, day: date, payers: Mapping[str, str] | None = None) -> CodeMap:
    """Read the codes in force on a date.

    Args:
        seeds: the folder of the rules that are rows.
        day: the delivery date of the file whose codes are read.
        payers: payer ids by the names that the site knows them by; they go before the seed's.

    Returns:
        The lookups; an instrument is known by the code of its own row, too.
    """
    found = (path.stat() for path in (seeds / INSTRUMENT_FILE, seeds / CODE_MAP_FILE) if path.exists())
    stamps = tuple((status.st_mtime_ns, status.st_size) for status in found)
    return _load_code_map(seeds, day, tuple((payers or {}).items()), stamps)


@lru_cache(maxsize=4)
def _load_code_map(
    seeds: Path, day: date, payers: tuple[tuple[str, str], ...], _stamps: tuple[tuple[int, int], ...]
) -> CodeMap:
    """The codes of seeds as they were written at some time: many files have one date."""
    entries: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows_in_force(seeds / INSTRUMENT_FILE, day):
        if row["loinc_code"]:
            known = entries.setdefault(("assessment", "instrument"), {})
            known[f"{LOINC}|{row['loinc_code']}"] = row["instrument"]
    rows = rows_in_force(seeds / CODE_MAP_FILE, day)
    systems = {row["code"]: row["value"] for row in rows if (row["feed"], row["column"]) == ANY_SYSTEM}
    for row in rows:
        system = "" if row["system"] == NO_SYSTEM else systems.get(row["system"], row["system"])
        code = folded(row["code"]) if system in WORDS else row["code"]
        entries.setdefault((row["feed"], row["column"]), {})[f"{system}|{code}"] = row["value"]
    for column in PAYER_COLUMNS:
        named = {f"payer|{folded(name)}": payer for name, payer in payers}
        entries.setdefault(column, {}).update(named)
    forms = entries.get(("assessment", "form"), {})
    entries["assessment", "items_asked"] = _items_asked(entries.get(("assessment", "item"), {}))
    entries["assessment", "scale"] = {**forms, **entries.get(("assessment", "instrument"), {})}
    return CodeMap(entries, systems)
