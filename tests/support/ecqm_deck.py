"""A deck of official test patients against the quality measures.

    python -m tests.support.ecqm_deck DIR

DIR holds the resources as FHIR bulk NDJSON and ``expected.csv``: for each patient the counts of initial
population, denominator, exclusion, exception and numerator, and the measurement period. The deck is one
landing and one night, on the last day of its period; the answer is read from the measures' member rows.

What belongs here: reading a deck, running it, telling the patients apart that came out otherwise. What does
not: any rule of a measure, and any deck (they stand where their owners publish them).
"""

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.support.warehouse import Warehouse

POPULATIONS = (
    "initial_population",
    "denominator",
    "denominator_exclusion",
    "denominator_exception",
    "numerator",
)
METRICS = {
    "cms2": "cms2_screening_followup",
    "cms159": "cms159_depression_remission_12_months",
}
MEMBERS = """
    select * from fct_metric_member
    where metric_id = '{metric}' and entity_type = 'organization'
        and period_type = 'year' and period_start_on = date '{start}'
"""


@dataclass(frozen=True)
class Expected:
    """A patient of a deck.

    Attributes:
        patient_id: id of the patient's resource.
        counts: the population counts that the deck gives, by population.
        period_start_on: first day of the measurement period.
        period_end_on: last day of it.
    """

    patient_id: str
    counts: dict[str, int]
    period_start_on: date
    period_end_on: date


@dataclass(frozen=True)
class Difference:
    """A patient who came out otherwise than the deck says."""

    patient_id: str
    expected: dict[str, int]
    actual: dict[str, int]
    reason: str


def read_expected(deck: Path) -> list[Expected]:
    """The patients of ``expected.csv``; a blank count is not looked at."""
    with (deck / "expected.csv").open(encoding="utf-8", newline="") as handle:
        return [
            Expected(
                row["patient_id"],
                {name: int(row[name]) for name in POPULATIONS if row.get(name)},
                date.fromisoformat(row["period_start"]),
                date.fromisoformat(row["period_end"]),
            )
            for row in csv.DictReader(handle)
        ]


def metric_of(deck: Path) -> str:
    """The measure that a deck is of, by the name of its folder.

    Raises:
        ValueError: no measure of this project is named.
    """
    name = deck.resolve().name.lower()
    for word in sorted(METRICS, key=len, reverse=True):
        if name.startswith(word):
            return METRICS[word]
    raise ValueError(f"{name} names none of {', '.join(METRICS)}: say --metric")


def land(deck: Path, landing: Path, delivered_on: date) -> None:
    """Put the deck's resources into a landing as one delivery of FHIR bulk files.

    Args:
        deck: the folder.
        landing: where it goes.
        delivered_on: the day of the delivery.
    """
    folder = landing / "fhir" / delivered_on.isoformat()
    folder.mkdir(parents=True)
    for path in sorted(deck.glob("*.ndjson")):
        shutil.copyfile(path, folder / path.name)


def populations(member: dict[str, Any] | None) -> dict[str, int]:
    """The population counts that a member row stands for; no row is no member."""
    if member is None:
        return dict.fromkeys(POPULATIONS, 0)
    reason = member["exclusion_reason"] or ""
    return {
        "initial_population": 1,
        "denominator": 1,
        "denominator_exclusion": int(reason.startswith("denominator_exclusion:")),
        "denominator_exception": int(reason.startswith("denominator_exception:")),
        "numerator": int(member["in_numerator"]),
    }


def compare(expected: Iterable[Expected], members: Iterable[dict[str, Any]]) -> list[Difference]:
    """The patients whose counts are not those of the deck."""
    rows = {row["patient_id"]: row for row in members}
    found = []
    for patient in expected:
        row = rows.get(patient.patient_id)
        counts = populations(row)
        actual = {name: counts[name] for name in patient.counts}
        if actual != patient.counts:
            reason = (row or {}).get("exclusion_reason") or ""
            found.append(Difference(patient.patient_id, patient.counts, actual, reason))
    return found


def run(deck: Path, warehouse: Warehouse, work: Path, *, metric: str) -> list[Difference]:
    """Take a deck in as one night and compare.

    Args:
        deck: the folder.
        warehouse: the compiled project.
        work: where the landing and the lake go.
        metric: the measure.

    Returns:
        The patients who came out otherwise.
    """
    expected = read_expected(deck)
    last_day = max(patient.period_end_on for patient in expected)
    start = max(patient.period_start_on for patient in expected)
    land(deck, work / "landing", last_day)
    marts = warehouse.build(work / "landing", work, as_of=last_day)
    try:
        members = marts.rows(MEMBERS.format(metric=metric, start=start))
    finally:
        marts.close()
    return compare(expected, members)


def main(arguments: list[str] | None = None) -> int:
    """Run the decks that are named, and say which patients came out otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.ecqm_deck", description=__doc__)
    parser.add_argument("deck", nargs="+", type=Path)
    parser.add_argument("--metric", choices=sorted(METRICS.values()), help="else by the folder's name")
    named = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder) / "compiled")
        for number, deck in enumerate(named.deck):
            metric = named.metric or metric_of(deck)
            found = run(deck, warehouse, Path(folder) / str(number), metric=metric)
            failed += len(found)
            total = len(read_expected(deck))
            print(f"{deck.name}: {total - len(found)} of {total} patients as expected ({metric})")
            for one in found:
                print(f"  {one.patient_id}: expected {one.expected}, came out {one.actual} {one.reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
