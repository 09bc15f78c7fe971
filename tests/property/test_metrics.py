"""The metrics against a second computation in plain Python, and their statistics against a library.

Belongs here: values of ``fct_metric_value`` over clinics drawn around the edges.
Does not belong here: cases worked out by hand (``tests/golden/metrics``), and the quality measures
(``test_quality_measures``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from scipy.stats import entropy

from tests.property.panels import Practice
from tests.property.runs import contract
from tests.reference.clinic import Clinic
from tests.reference.marts import compute
from tests.reference.metric_periods import COCM, Key, Tally, kept
from tests.reference.metrics_cocm import HOURS, fte, tally_cocm
from tests.reference.metrics_pcbh import BANDS, tally_pcbh
from tests.support.landing import write_landing
from tests.support.warehouse import Marts, Warehouse, load_rules

# Within a quarter and a week; the last day of a leap February; the night on which clocks go forward.
DRAWN = [
    (date(2026, 5, 20), 1),
    (date(2024, 2, 29), 2),
    (date(2026, 3, 8), 3),
]
COUNTS = ("cocm_active_patients", "cocm_billable_patients")
DAYS = ("pcbh_unique_patients_per_day",)


@dataclass
class Run:
    """One clinic: its marts and what the reference makes of it."""

    marts: Marts
    clinic: Clinic
    tally: Tally
    medians: dict[Key, float]

    def values(self) -> dict[Key, dict[str, Any]]:
        """The rows of ``fct_metric_value`` by key."""
        names = ("metric_id", "entity_type", "entity_id", "period_type", "period_start_on")
        rows = self.marts.rows("fct_metric_value")
        found = {tuple(row[name] for name in names): row for row in rows}
        assert len(found) == len(rows)
        return {(str(a), str(b), str(c), str(d), e): row for (a, b, c, d, e), row in found.items()}


@pytest.fixture(scope="module", params=DRAWN, ids=lambda drawn: f"{drawn[0]}-{drawn[1]}")
def run(
    request: pytest.FixtureRequest, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    as_of, seed = request.param
    feeds = Practice(as_of, seed).delivered()
    work = tmp_path_factory.mktemp("metrics")
    rules = load_rules()
    clinic = Clinic(feeds, contract(), rules, as_of, "UTC")
    cocm, medians = tally_cocm(clinic, compute(feeds, contract(), rules, as_of=as_of))
    marts = warehouse.build(write_landing(work / "landing", feeds), work, as_of=as_of)
    yield Run(marts, clinic, Tally({**tally_pcbh(clinic).sums, **cocm.sums}), medians)
    marts.close()


def test_numerators_and_denominators_are_those_of_the_reference(run: Run) -> None:
    values, unlike = run.values(), []
    for key, (over, under) in run.tally.sums.items():
        under = Fraction(1) if key[0] in COUNTS else under
        row = values.get(key)
        told = (row["numerator"], row["denominator"]) if row else None
        if told != (float(over), float(under)):
            unlike.append(f"{key}: {told} and not {(float(over), float(under))}")
    assert unlike == []


def test_what_the_reference_does_not_know_is_zero(run: Run) -> None:
    known = {key[0] for key in run.tally.sums}
    odd = [
        key
        for key, row in run.values().items()
        if key[0] in known and key not in run.tally.sums and row["numerator"] != 0
    ]
    assert odd == []


def test_a_value_is_the_quotient_and_null_at_a_denominator_of_0(run: Run) -> None:
    nulls = 0
    for key, row in run.values().items():
        if row["denominator"] and row["numerator"] is not None:
            assert row["value"] == row["numerator"] / row["denominator"], key
        else:
            assert row["value"] is None and row["target_status"] == "none", key
            nulls += 1
    assert nulls > 0


def test_staff_are_counted_by_the_mean_of_their_days(run: Run) -> None:
    values, known = run.values(), 0
    for period in kept(COCM, run.clinic.as_of):
        for team in run.clinic.teams:
            place = ("team", team, period.kind, period.first)
            managers = fte(run.clinic, "care_manager", period, "team_id", team)
            consultants = fte(run.clinic, "psychiatric_consultant", period, "team_id", team)
            row = values["cocm_active_patients_per_fte", *place]
            assert row["denominator"] == (None if managers is None else pytest.approx(float(managers)))
            hours = values["cocm_consultant_hours_per_fte", *place]
            told = None if consultants is None else pytest.approx(float(consultants * HOURS))
            assert hours["numerator"] == told
            known += managers is not None
    assert known > 0


def test_evenness_is_the_entropy_of_a_library(run: Run) -> None:
    values, seen = run.values(), 0
    for key, row in values.items():
        if key[0] == "pcbh_followup_evenness":
            bands = [values[f"pcbh_followup_{band}", *key[1:]]["numerator"] for band in BANDS]
            if sum(bands):
                even = entropy(bands) / entropy([1] * len(bands))
                assert row["value"] == pytest.approx(even, abs=1e-12)
                seen += 1
            else:
                assert row["value"] is None
    assert seen > 0


def test_the_median_is_that_of_the_reference(run: Run) -> None:
    found = {key: row["median_value"] for key, row in run.values().items() if row["median_value"] is not None}
    assert found == run.medians


def test_members_add_up_and_every_data_test_holds(run: Run) -> None:
    opened = run.marts.rows("select count(*) as rows from fct_metric_value where is_opened_by_members")
    assert opened[0]["rows"] > 0
    assert run.marts.failing_tests() == {}
