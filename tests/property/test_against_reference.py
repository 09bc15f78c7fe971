"""The marts against the reference implementation, row by row, over messy small clinics.

A difference names the clinic (c and its seed): draw it alone with ``draw_many(seed, season, 1)``.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.property.choices import Drawn
from tests.property.runs import DEFAULT_ZONE, SOME_CLINICS, Run, reference_restatement, reference_rows
from tests.property.seasons import SEASONS
from tests.property.work import delivered, draw_clinic
from tests.support.compare import differences
from tests.support.landing import write_landing
from tests.support.warehouse import Warehouse


@pytest.mark.parametrize("mart", ["fct_minute_segment", "fct_patient_month", "fct_claim_candidate"])
def test_ledger_month_and_candidates_are_those_of_the_reference(run: Run, mart: str) -> None:
    assert differences(run.marts, {mart: run.reference[mart]}) == []


@pytest.mark.parametrize("mart", ["fct_claim_check", "fct_claim_evidence", "rpt_near_miss", "dq_quarantine"])
def test_checks_evidence_near_misses_and_refusals_are_those_of_the_reference(run: Run, mart: str) -> None:
    assert differences(run.marts, {mart: run.reference[mart]}) == []


def test_the_restatement_is_that_of_the_reference(run: Run) -> None:
    assert differences(run.marts, {"rpt_restatement": reference_restatement(run.season, run.feeds)}) == []


@settings(
    max_examples=SOME_CLINICS,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_a_clinic_that_hypothesis_draws_comes_out_the_same(
    data: st.DataObject, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    season = data.draw(st.sampled_from(SEASONS))
    feeds = delivered(draw_clinic("c", season, Drawn(data)))
    work: Path = tmp_path_factory.mktemp("drawn")
    landing = write_landing(work / "landing", feeds)
    marts = warehouse.build(landing, work, as_of=season.as_of, default_zone=DEFAULT_ZONE)
    try:
        assert differences(marts, reference_rows(season, feeds)) == []
    finally:
        marts.close()
