"""Times of rows that cannot be, as findings of the raw gate."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.unit.quality_lake import AS_OF, RawLake

BACKWARDS = "feed_file.no_end_lies_before_its_beginning"
FIXED = "team.no_time_zone_stands_still"
LONG = "encounter.no_visit_lasts_for_days"
NINE = datetime(2026, 4, 1, 9)
FAR = datetime(9999, 12, 31)
LONG_AGO = date(1900, 1, 1)


@pytest.fixture
def lake(tmp_path: Path) -> RawLake:
    lake = RawLake.make(tmp_path)
    lake.deliver("patient", {"delivered_on": AS_OF, "rows_accepted": 100})
    return lake


def covered(number: int, **changed: Any) -> dict[str, Any]:
    """A coverage of last year."""
    return {"coverage_id": f"V{number}", "effective_from": date(2025, 1, 1)} | changed


def agreed(number: int, **changed: Any) -> dict[str, Any]:
    """A consent of a morning."""
    return {"consent_id": f"C{number}", "granted_at": NINE, "status": "active"} | changed


def test_an_end_before_its_beginning_is_a_finding(lake: RawLake) -> None:
    lake.add(
        "coverage",
        covered(1, effective_to=LONG_AGO),
        covered(2, effective_to=date(2025, 1, 1)),
        covered(3),
        covered(4, effective_from=None, effective_to=LONG_AGO),
        covered(5, effective_to=LONG_AGO, is_deleted=True),
    )
    lake.add("patient", {"patient_id": "P1", "birth_date": date(1980, 1, 1), "deceased_on": LONG_AGO})
    other_clock = {"granted_at_is_local": False, "revoked_at_is_local": True}
    lake.add(
        "consent",
        agreed(1, revoked_at=datetime(1900, 1, 1)),
        agreed(2, revoked_at=datetime(2026, 4, 1, 5), **other_clock),
        agreed(3, revoked_at=datetime(2026, 3, 31, 5), **other_clock),
        agreed(4, revoked_at=datetime(1900, 1, 1), status="entered-in-error"),
    )
    post = {"practitioner_id": "D1", "team_id": "T1", "role": "pcp"}
    lake.add("staffing", post | {"effective_to": LONG_AGO})
    result = lake.run(BACKWARDS)[BACKWARDS]
    assert (result.status, result.failed_rows) == ("failed", 4)


def test_an_end_that_was_put_right_is_no_finding(lake: RawLake) -> None:
    lake.add("coverage", covered(1, effective_to=LONG_AGO), on=date(2026, 4, 14))
    lake.add("coverage", covered(1))
    assert lake.run(BACKWARDS)[BACKWARDS].status == "passed"


def visit(number: int, **changed: Any) -> dict[str, Any]:
    """A finished visit of half an hour."""
    end = datetime(2026, 4, 1, 9, 30)
    usual = {"encounter_class": "ambulatory", "status": "finished", "started_at": NINE, "ended_at": end}
    return {"encounter_id": f"E{number}"} | usual | changed


def test_a_visit_that_lasts_for_days_is_a_finding(lake: RawLake) -> None:
    lake.add(
        "encounter",
        visit(1, ended_at=FAR),
        visit(2, ended_at=datetime(2026, 4, 2, 9)),
        visit(3, ended_at=FAR, encounter_class="inpatient"),
        visit(4, ended_at=FAR, status="planned"),
        visit(5, ended_at=None),
        visit(6, ended_at=FAR, is_deleted=True),
    )
    result = lake.run(LONG)[LONG]
    assert (result.status, result.failed_rows, result.severity) == ("failed", 1, "warning")


def test_few_long_visits_are_told_in_passing(lake: RawLake) -> None:
    lake.add("encounter", *map(visit, range(100)), visit(100, ended_at=datetime(2026, 4, 9)))
    result = lake.run(LONG)[LONG]
    assert (result.failed_rows, result.severity) == (1, "info")


def test_a_zone_without_summer_time_is_a_finding(lake: RawLake) -> None:
    zones = ("EST", "Etc/GMT+5", "America/New_York", "America/Phoenix", None)
    lake.add("team", *({"team_id": f"T{n}", "time_zone": zone} for n, zone in enumerate(zones)))
    result = lake.run(FIXED)[FIXED]
    assert (result.status, result.failed_rows) == ("failed", 2)
