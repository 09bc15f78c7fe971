"""Case finding and the referrers' counts against a second computation in plain Python.

Belongs here: rows of ``rpt_likely_eligible`` and ``rpt_referrer_scorecard`` over days drawn around the edges.
Does not belong here: cases worked out by hand (``tests/golden``), and the macros of the statistics
(``tests/unit/test_statistics``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from tests.property.arrivals import Arrivals
from tests.reference.case_finding import CaseFinding, Found
from tests.support.landing import write_landing
from tests.support.warehouse import Marts, Warehouse
from tests.unit.seed_rows import SEED

DRAWN = [(date(2026, 6, 16), 3), (date(2024, 5, 31), 2)]


@dataclass
class Run:
    """One clinic: its marts and what the reference makes of it."""

    marts: Marts
    finding: CaseFinding
    found: Found
    as_of: date


@pytest.fixture(scope="module", params=DRAWN, ids=lambda drawn: f"{drawn[0]}-{drawn[1]}")
def run(
    request: pytest.FixtureRequest, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    as_of, seed = request.param
    arrivals = Arrivals(as_of, seed)
    work = tmp_path_factory.mktemp("arrivals")
    marts = warehouse.build(write_landing(work / "landing", arrivals.delivered()), work, as_of=as_of)
    finding = CaseFinding(arrivals.rows, SEED["case_finding_rule"], as_of)
    yield Run(marts, finding, finding.found(), as_of)
    marts.close()


def test_the_list_is_that_of_the_reference(run: Run) -> None:
    told = {(row["clinic_date"], row["patient_id"]): row for row in run.marts.rows("rpt_likely_eligible")}
    assert set(told) == set(run.found)
    unlike = [
        (key, name, told[key][name], value)
        for key, row in run.found.items()
        for name, value in row.items()
        if name in told[key] and told[key][name] != value
    ]
    assert unlike == []


def test_the_clinics_that_were_drawn_try_every_rule_and_every_outcome(run: Run) -> None:
    rules = {rule for row in run.found.values() for rule in row["trigger_ids"].split(";")}
    assert rules == {row["rule_id"] for row in SEED["case_finding_rule"]}
    happened = {row["what_happened"] for row in run.found.values()}
    assert happened == {"enrolled", "referred", "seen", "not_seen", None}
    assert any(row["priority"] > 10 for row in run.found.values())


def test_the_scorecard_counts_the_list_and_the_referrals(run: Run) -> None:
    rows = run.marts.rows("rpt_referrer_scorecard")
    assert {row["pcp_id"] for row in rows} == set(run.finding.pcps)
    counted = 0
    for row in rows:
        first, last = row["period_start_on"], row["period_end_on"]
        seen = {
            (patient, one["was_referred"])
            for (day, patient), one in run.found.items()
            if one["pcp_id"] == row["pcp_id"] and first <= day <= last and one.get("is_seen")
        }
        patients, referred = {patient for patient, _ in seen}, {patient for patient, was in seen if was}
        wanted = (len(patients), len(referred)) if first >= run.finding.first else (None, None)
        assert (row["likely_eligible_seen"], row["likely_eligible_referred"]) == wanted, row[
            "period_start_on"
        ]
        counted += len(referred)
    assert counted > 0


def test_conversion_and_its_median_are_those_of_the_reference(run: Run) -> None:
    rows, contacted = run.marts.rows("rpt_referrer_scorecard"), 0
    for row in rows:
        days = [
            _days_to_visit(run, referral)
            for referrals in run.finding.of["referral"].values()
            for referral in referrals
            if referral["referrer_id"] == row["pcp_id"]
            and _counts(referral)
            and row["period_start_on"]
            <= date.fromisoformat(referral["authored_at"][:10])
            <= row["period_end_on"]
        ]
        known = [one for one in days if one is not None]
        assert row["referrals"] == len(days)
        assert row["converted_referrals"] == sum(one <= 14 for one in known)
        assert row["median_days_to_contact"] == (median(known) if known else None)
        contacted += len(known)
    assert contacted > 0


def _counts(referral: dict[str, str]) -> bool:
    is_written = referral["status"] not in ("draft", "entered-in-error")
    return (
        is_written
        and referral["service_line"] == "behavioral_health"
        and referral["do_not_perform"] != "true"
    )


def _days_to_visit(run: Run, referral: dict[str, str]) -> int | None:
    """Days from a referral to the first visit to the behavioral consultant; nobody has minutes here."""
    written = date.fromisoformat(referral["authored_at"][:10])
    days = [
        (seen - written).days
        for visit in run.finding.of["encounter"][referral["patient_id"]]
        if visit["service_line"] == "behavioral_health"
        and visit["practitioner_id"] == "bea"
        and visit["status"] == "finished"
        and (seen := date.fromisoformat(visit["started_at"][:10])) >= written
        and seen <= run.as_of
    ]
    return min(days, default=None)


def test_intervals_are_those_of_statsmodels_and_signals_follow_the_funnel(run: Run) -> None:
    rows = run.marts.rows("rpt_referrer_scorecard")
    counts = {
        "referral_rate": ("likely_eligible_referred", "likely_eligible_seen", "signal", "organization_rate"),
        "conversion_rate": ("converted_referrals", "referrals", "conversion_rate_signal", None),
        "penetration": ("panel_patients_visited", "panel_patients", "penetration_signal", None),
    }
    minimum = int(_threshold("funnel_minimum_count"))
    seen = set()
    for row in rows:
        for rate, (part, whole, signal, of_all) in counts.items():
            if not row[whole]:
                assert row[rate] is None and row[signal] == "too_few"
                continue
            low, high = proportion_confint(row[part], row[whole], method="wilson")
            assert (row[f"{rate}_low"], row[f"{rate}_high"]) == pytest.approx((low, high), abs=1e-7)
            peers = [one for one in rows if _period(one) == _period(row)]
            expected = sum(one[part] or 0 for one in peers) / sum(one[whole] or 0 for one in peers)
            assert row[of_all or f"organization_{rate}"] == pytest.approx(expected)
            assert row[signal] == _signal(row[part], row[whole], expected, minimum)
            seen.add(row[signal])
    assert {"within", "too_few"} <= seen


def _threshold(name: str) -> str:
    """The value of a threshold that never changed."""
    (row,) = [row for row in SEED["threshold"] if row["name"] == name]
    return row["value"]


def _period(row: dict[str, Any]) -> tuple[str, date]:
    return row["period_type"], row["period_start_on"]


def _signal(part: int, whole: int, expected: float, minimum: int) -> str:
    if whole < minimum:
        return "too_few"
    away = part / whole - expected
    deviation = (expected * (1 - expected) / whole) ** 0.5
    for deviations in (3, 2):
        if abs(away) > deviations * deviation:
            return f"{'above' if away > 0 else 'below'}_{deviations}sd"
    return "within"


def test_every_data_test_holds(run: Run) -> None:
    assert run.marts.failing_tests() == {}
