"""Every minute of a month from 0 to 220, under both time rules, in a first and in a later month.

The ranges are the published tables, cut off below the 30 minutes of G2214; nothing here is computed.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.property.runs import contract, rules
from tests.reference.marts import compute
from tests.support.landing import Cells, deliver, write_landing
from tests.support.warehouse import Warehouse

AS_OF = date(2026, 6, 30)
MOST = 220
# First and last minute, the base code, units of the add-on.
Range = tuple[int, int, str | None, int]
RANGES: dict[tuple[str, str], tuple[Range, ...]] = {
    ("medicare", "initial"): (
        (0, 29, None, 0),
        (30, 35, "G2214", 0),
        (36, 85, "99492", 0),
        (86, 115, "99492", 1),
        (116, 145, "99492", 2),
        (146, 175, "99492", 3),
        (176, 220, "99492", 4),
    ),
    ("medicare", "subsequent"): (
        (0, 29, None, 0),
        (30, 30, "G2214", 0),
        (31, 75, "99493", 0),
        (76, 105, "99493", 1),
        (106, 135, "99493", 2),
        (136, 165, "99493", 3),
        (166, 220, "99493", 4),
    ),
    ("strict_example", "initial"): (
        (0, 29, None, 0),
        (30, 69, "G2214", 0),
        (70, 99, "99492", 0),
        (100, 129, "99492", 1),
        (130, 159, "99492", 2),
        (160, 189, "99492", 3),
        (190, 219, "99492", 4),
        (220, 220, "99492", 5),
    ),
    ("strict_example", "subsequent"): (
        (0, 29, None, 0),
        (30, 59, "G2214", 0),
        (60, 89, "99493", 0),
        (90, 119, "99493", 1),
        (120, 149, "99493", 2),
        (150, 179, "99493", 3),
        (180, 209, "99493", 4),
        (210, 220, "99493", 5),
    ),
}
Claims = dict[str, dict[str | None, int | None]]


@pytest.fixture(scope="module")
def claims(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Claims, Claims]]:
    """The codes and units of each patient's May, by the marts and by the reference."""
    rows: dict[str, list[Cells]] = {}
    for payer, kind in RANGES:
        for minutes in range(MOST + 1):
            for feed, cells in _patient(f"{payer}-{kind}-{minutes}", payer, kind, minutes):
                rows.setdefault(feed, []).append(cells)
    feeds = {feed: deliver(feed, AS_OF, cells) for feed, cells in rows.items()}
    work = tmp_path_factory.mktemp("minutes")
    marts = warehouse.build(write_landing(work / "landing", feeds), work, as_of=AS_OF)
    reference = compute(feeds, contract(), rules(), as_of=AS_OF)
    yield _told(marts.rows("fct_claim_candidate")), _told(reference["fct_claim_candidate"])
    marts.close()


@pytest.mark.parametrize(("payer", "kind"), RANGES)
def test_each_minute_reaches_the_codes_of_the_published_table(
    payer: str, kind: str, claims: tuple[Claims, Claims]
) -> None:
    expected: Claims = {}
    for first, last, base, units in RANGES[payer, kind]:
        for minutes in range(first, last + 1):
            codes: dict[str | None, int | None] = {base: 1 if base else None}
            expected[f"{payer}-{kind}-{minutes}"] = {**codes, "99494": units} if units else codes
    assert len(expected) == MOST + 1
    for told in claims:
        assert {patient: told[patient] for patient in expected} == expected


def _patient(patient: str, payer: str, kind: str, minutes: int) -> Iterator[tuple[str, Cells]]:
    """One patient with a care manager of their own."""
    yield "patient", {"patient_id": patient}
    yield "practitioner", {"practitioner_id": f"cm-{patient}"}
    staffing = {"practitioner_id": f"cm-{patient}", "team_id": "t", "role": "care_manager"}
    yield "staffing", staffing
    yield "coverage", {"coverage_id": f"v-{patient}", "patient_id": patient, "payer_id": payer}
    own = {"patient_id": patient, "program": "cocm"}
    yield "episode", {**own, "episode_id": f"e-{patient}", "started_on": "2026-04-01", "status": "active"}
    granted_at = "2026-04-01T00:00:00Z"
    yield "consent", {**own, "consent_id": f"k-{patient}", "granted_at": granted_at, "status": "active"}
    months = [("may", datetime(2026, 5, 5, 8), minutes)]
    if kind == "subsequent":
        months.append(("april", datetime(2026, 4, 5, 8), 1))
    for name, start, worked in months:
        if worked:
            yield (
                "care_activity",
                {
                    "entry_id": f"{name}-{patient}",
                    "patient_id": patient,
                    "staff_id": f"cm-{patient}",
                    "activity_code": "care_plan",
                    "started_at": f"{start.isoformat()}Z",
                    "ended_at": f"{(start + timedelta(minutes=worked)).isoformat()}Z",
                    "status": "final",
                },
            )


def _told(rows: list[dict[str, Any]]) -> Claims:
    found: Claims = {}
    for row in rows:
        if row["service_month"] == date(2026, 5, 1):
            units = row["units"] if row["procedure_code"] else None
            found.setdefault(row["patient_id"], {})[row["procedure_code"]] = units
    return found
