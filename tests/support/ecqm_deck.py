"""A deck of official test patients against the quality measures.

    python -m tests.support.ecqm_deck DIR

DIR holds the resources as FHIR bulk NDJSON and ``expected.csv``: for each patient the counts of initial
population, denominator, exclusion, exception and numerator, and the measurement period. The deck is one
landing and one night, on the last day of its period; the answer is read from the measures' member rows.

A deck is published as one bundle a patient, and its owner's engine takes what is in a bundle for the
patient's, whatever its subject names. Where bundles were joined into one deck, a resource of another server's
patient is nobody's any more, and the door rightly gives it to nobody. With ``--bundled`` such resources are
given back, before they are landed, to the patient whose id their own id begins with; the run says how many.

What belongs here: reading a deck, running it, telling the patients apart that came out otherwise. What does
not: any rule of a measure, and any deck (they stand where their owners publish them).
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
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


def land(deck: Path, landing: Path, delivered_on: date, *, is_bundled: bool = False) -> int:
    """Put the deck's resources into a landing as one delivery of FHIR bulk files.

    Args:
        deck: the folder.
        landing: where it goes.
        delivered_on: the day of the delivery.
        is_bundled: whether resources of no patient of the deck are given back to whom their id names.

    Returns:
        How many resources were given back.
    """
    folder = landing / "fhir" / delivered_on.isoformat()
    folder.mkdir(parents=True)
    patients = {resource["id"] for resource in _resources(deck / "Patient.ndjson")}
    given_back = 0
    for path in sorted(deck.glob("*.ndjson")):
        with (folder / path.name).open("w", encoding="utf-8") as handle:
            for resource in _resources(path):
                owner = _owner(resource, patients) if is_bundled else None
                if owner:
                    resource["subject"] = {"reference": f"Patient/{owner}"}
                    given_back += 1
                handle.write(json.dumps(resource) + "\n")
    return given_back


def _resources(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            if line.strip():
                yield json.loads(line)


def _owner(resource: dict[str, Any], patients: set[str]) -> str | None:
    """The one patient whose id a resource's own begins with, where its subject is no patient of the deck."""
    subject = resource.get("subject", {}).get("reference", "")
    if not subject or subject.rsplit("/", 1)[-1] in patients:
        return None
    prefix = resource["id"].split(".", 1)[0]
    owners = [patient for patient in patients if patient.startswith(prefix)]
    return owners[0] if len(owners) == 1 else None


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


def run(
    deck: Path, warehouse: Warehouse, work: Path, *, metric: str, is_bundled: bool = False
) -> tuple[list[Difference], int]:
    """Take a deck in as one night and compare.

    Args:
        deck: the folder.
        warehouse: the compiled project.
        work: where the landing and the lake go.
        metric: the measure.
        is_bundled: as ``land`` takes it.

    Returns:
        The patients who came out otherwise, and how many resources were given back.
    """
    expected = read_expected(deck)
    last_day = max(patient.period_end_on for patient in expected)
    start = max(patient.period_start_on for patient in expected)
    given_back = land(deck, work / "landing", last_day, is_bundled=is_bundled)
    marts = warehouse.build(work / "landing", work, as_of=last_day)
    try:
        members = marts.rows(MEMBERS.format(metric=metric, start=start))
    finally:
        marts.close()
    return compare(expected, members), given_back


def main(arguments: list[str] | None = None) -> int:
    """Run the decks that are named, and say which patients came out otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.ecqm_deck", description=__doc__)
    parser.add_argument("deck", nargs="+", type=Path)
    parser.add_argument("--metric", choices=sorted(METRICS.values()), help="else by the folder's name")
    parser.add_argument("--bundled", action="store_true", help="give strays back to whom their id names")
    named = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse(Path(folder) / "compiled")
        for number, deck in enumerate(named.deck):
            metric = named.metric or metric_of(deck)
            work = Path(folder) / str(number)
            found, given_back = run(deck, warehouse, work, metric=metric, is_bundled=named.bundled)
            failed += len(found)
            total = len(read_expected(deck))
            print(f"{deck.name}: {total - len(found)} of {total} patients as expected ({metric})")
            if given_back:
                print(f"  {given_back} resources were given back to the patient whom their id names")
            for one in found:
                print(f"  {one.patient_id}: expected {one.expected}, came out {one.actual} {one.reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
