"""The report to a state against a second computation in plain Python, for two states at once.

The second state is invented: other numbers, other windows, other scales, and nothing but rows.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.property.caseloads import Caseload
from tests.property.runs import contract
from tests.reference.rules import Rules
from tests.reference.state_marts import compute_state_report, plain
from tests.support.landing import deliver, write_landing
from tests.support.warehouse import SEEDS, Warehouse

SECOND = {
    "state_report_rule": [
        {"metric_number": "7", "measure": "remission", "decimals": "2", "target": "0.10", "met_if": "above"},
        {"metric_number": "1", "measure": "improved", "decimals": "3", "target": "0.5", "met_if": "at_least"},
        {"metric_number": "12", "measure": "duration", "decimals": "1", "target": "12", "met_if": "above"},
        {"metric_number": "2", "measure": "screened", "decimals": "", "target": "0.5", "met_if": "at_least"},
        {"metric_number": "3", "measure": "enrolled_covered", "value_is": "numerator"},
        {"metric_number": "4", "measure": "screen_yield", "valid_from": "2026-02-01"},
    ],
    "state_report_setting": [
        {
            "payer_classes": "medicare;medicaid",
            "inactivity_days": "30",
            "duration_activity_code": "follow_up_contact",
            "improved_min_days": "14",
            "review_days": "30",
            "screen_months": "6",
            "screen_min_age_years": "18",
            "initial_screen_days": "90",
            "screen_positive_at_least": "5",
            "qualifying_codes": "99211;99385",
            "clinician_roles": "pcp;nurse",
            "valid_to": "2026-02-28",
        },
        {"payer_classes": "", "inactivity_days": "60", "clinician_roles": "pcp", "valid_from": "2026-03-01"},
    ],
    "state_report_instrument": [
        {"instrument": "PHQ-9", "elevated_at_least": "5", "improved_points": "4", "remission_below": "10"},
        {
            "instrument": "PHQ-A",
            "elevated_at_least": "5",
            "improved_fraction": "0.25",
            "remission_below": "5",
        },
        {
            "instrument": "EPDS",
            "is_depression_screen": "false",
            "elevated_at_least": "9",
            "improved_below": "9",
        },
    ],
}
SEASONS = (date(2026, 3, 31), date(2026, 3, 18), date(2024, 2, 29))
KEY = ("state", "metric_number", "entity_id", "month")
NUMBERS = ("numerator", "denominator", "value", "target")
COLUMNS = (*KEY, "entity_type", *NUMBERS, "is_met")


@pytest.fixture(scope="module")
def two_states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seeds with a second state beside the first: each of its rows is one of the first's with other cells."""
    folder = tmp_path_factory.mktemp("two_states")
    for name, changed in SECOND.items():
        with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        like = dict(rows[0])
        if name == "state_report_rule":
            like |= {"value_is": "quotient", "target": "", "met_if": "", "decimals": "3"}
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            writer.writerows(like | row | {"state": "ZZ"} for row in changed)
    return folder


def _report(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    found = {}
    for row in rows:
        cells = {name: plain(row[name]) if name in NUMBERS else row[name] for name in COLUMNS}
        key = tuple(cells[name] for name in KEY)
        assert key not in found
        found[key] = cells
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("as_of", SEASONS, ids=str)
def test_both_states_get_the_numbers_of_the_second_computation(
    as_of: date, seed: int, two_states: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    feeds = Caseload(as_of, seed).delivered()
    landing = write_landing(tmp_path / "landing", feeds)
    marts = warehouse.build(landing, tmp_path, as_of=as_of, seeds=two_states)
    try:
        report = _report(marts.rows("rpt_state_report"))
    finally:
        marts.close()
    rules = Rules(SEEDS, two_states)
    expected = _report(compute_state_report(feeds, contract(), rules, as_of=as_of))
    assert {key: row for key, row in report.items() if row != expected.get(key)} == {}
    assert set(report) == set(expected)
    counted = {key[:2] for key, row in expected.items() if row["numerator"]}
    assert len(counted) >= 12, "the caseload shows too little to compare"


def test_a_second_state_has_its_report_by_rows_alone(
    two_states: Path, warehouse: Warehouse, tmp_path: Path
) -> None:
    """A PHQ-9 of 8, then 4: remission for both, and the second state asks something of it."""
    as_of = date(2026, 3, 31)
    scores = [("a1", "8", "2026-03-01T15:00:00Z"), ("a2", "4", "2026-03-20T15:00:00Z")]
    feeds = {
        "team": [{"team_id": "t", "team_name": "A team", "time_zone": "UTC"}],
        "patient": [{"patient_id": "p", "birth_date": "1980-01-01"}],
        "coverage": [{"coverage_id": "c", "patient_id": "p", "payer_id": "medicaid_nc"}],
        "episode": [
            {
                "episode_id": "ep",
                "patient_id": "p",
                "program": "cocm",
                "team_id": "t",
                "started_on": "2026-03-01",
                "status": "active",
            }
        ],
        "assessment": [
            {
                "assessment_id": name,
                "patient_id": "p",
                "instrument": "PHQ-9",
                "score": score,
                "taken_at": at,
                "status": "final",
            }
            for name, score, at in scores
        ],
    }
    delivered = {feed: deliver(feed, as_of, rows) for feed, rows in feeds.items()}
    landing = write_landing(tmp_path / "landing", delivered)
    marts = warehouse.build(landing, tmp_path, as_of=as_of, seeds=two_states)
    try:
        rows = marts.rows(
            "select state, metric_number, value, is_met from rpt_state_report"
            " where month = '2026-03-01' and entity_id = 't' and metric in ('remission', 'improved')"
            " or state = 'ZZ' and month = '2026-03-01' and entity_id = 't' order by 1, 2"
        )
    finally:
        marts.close()
    values = {(row["state"], row["metric_number"]): (row["value"], row["is_met"]) for row in rows}
    assert values == {
        ("NY", 6): (None, None),
        ("NY", 7): (1.0, None),
        ("ZZ", 1): (None, None),
        ("ZZ", 2): (None, None),
        ("ZZ", 3): (1.0, None),
        ("ZZ", 4): (None, None),
        ("ZZ", 7): (1.0, True),
        ("ZZ", 12): (None, None),
    }
