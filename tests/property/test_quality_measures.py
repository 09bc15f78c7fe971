"""The quality measures against their reference implementation, over random charts at the edges of windows.

A difference names the seed: draw it alone with ``draw_charts(seed, PATIENTS)``.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.property.charts import AS_OF, draw_charts
from tests.reference.clinic import Clinic
from tests.reference.quality import write_members
from tests.support.landing import deliver, write_landing
from tests.support.warehouse import Warehouse, load_contract, load_rules

PATIENTS = 400
SEEDS = (1, 2, 3)
YEARS = [2024, 2025, 2026]


@pytest.mark.parametrize("seed", SEEDS)
def test_members_of_the_measures_are_those_of_the_reference(
    seed: int, warehouse: Warehouse, tmp_path: Path
) -> None:
    feeds = {feed: deliver(feed, AS_OF, rows) for feed, rows in draw_charts(seed, PATIENTS).items()}
    marts = warehouse.build(write_landing(tmp_path / "landing", feeds), tmp_path, as_of=AS_OF)
    try:
        actual = {_key(row): row for row in marts.rows("int_metric__quality")}
    finally:
        marts.close()
    clinic = Clinic(feeds, load_contract(), load_rules(), AS_OF, "UTC")
    expected = {_key(row): row for row in write_members(clinic, YEARS)}
    wrong = [key for key in expected.keys() | actual.keys() if expected.get(key) != actual.get(key)]
    assert [(expected.get(key), actual.get(key)) for key in sorted(wrong)] == []


def test_random_charts_reach_every_population_of_every_measure() -> None:
    rows = []
    for seed in SEEDS:
        feeds = {feed: deliver(feed, AS_OF, drawn) for feed, drawn in draw_charts(seed, PATIENTS).items()}
        rows += write_members(Clinic(feeds, load_contract(), load_rules(), AS_OF, "UTC"), YEARS)
    reached = {(row["metric_id"], row["exclusion_reason"] or str(row["in_numerator"])) for row in rows}
    disorders = {"bipolar_disorder", "personality_disorder"}
    reasons = {f"denominator_exclusion:{one}" for one in {"hospice", "palliative_care", "death", *disorders}}
    for metric_id in {row["metric_id"] for row in rows} - {"cms2_screening_followup"}:
        assert {(metric_id, one) for one in {"True", "False", *reasons}} <= reached
    exceptions = {f"denominator_exception:{one}" for one in ("patient_refused", "medical_reason")}
    screened = {"True", "False", "denominator_exclusion:bipolar_disorder", *exceptions}
    assert {("cms2_screening_followup", one) for one in screened} <= reached


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    named = ("metric_id", "entity_type", "entity_id", "period_type", "period_start_on", "patient_id")
    return tuple(str(row[name]) for name in named)
