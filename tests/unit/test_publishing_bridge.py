"""The what-if of a target: its numbers, its edges and its words."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from orchestration.publishing.bridge import Basis, Walk, walk
from orchestration.publishing.bridge_render import render_bridge
from orchestration.publishing.errors import PublishError

# One care manager of a moderate team: 100 dollars a billable month, half of the active are billable.
BASIS = Basis(
    entity_type="team",
    entity_id="t1",
    revenue_source="claims",
    revenue_per_billable_month_usd=Decimal("100.00"),
    billable_rate=0.5,
    conversion_rate=0.5,
    months_in_program=6.0,
    revenue_per_bhc_visit_usd=None,
    bhc_share=0.0,
    bhc_clinic_days=10.0,
    cost_per_month_usd=None,
    capacity_active_low=60.0,
    capacity_active_high=100.0,
    bhc_patients_per_day_low=8.0,
    bhc_patients_per_day_high=12.0,
)
WITH_VISITS = replace(BASIS, bhc_share=0.5, revenue_per_bhc_visit_usd=Decimal("50.00"))


@pytest.mark.parametrize(
    ("amount", "feasibility"),
    [
        ("17999", "within"),
        ("18000", "within"),
        ("18001", "stretch"),
        ("30000", "stretch"),
        ("30001", "beyond"),
    ],
)
def test_the_two_ends_of_the_guideline_part_the_three_answers(amount: str, feasibility: str) -> None:
    found = walk(BASIS, Decimal(amount), 6)
    assert found.feasibility == feasibility
    assert found.largest_usd == 30000


def test_visits_carry_their_part_and_the_worse_line_of_work_decides() -> None:
    # 10,000 a month by visits: 200 of 50 dollars on 10 clinic days are 20 a day, of 12. 20,000 x 12 / 20.
    capable = replace(WITH_VISITS, capacity_active_low=600.0, capacity_active_high=1000.0)
    found = walk(capable, Decimal(20000), 1)
    assert found == Walk(100.0, 200.0, 400 / 6, 20.0, "beyond", 12000)


@pytest.mark.parametrize(
    "basis",
    [
        replace(BASIS, revenue_per_billable_month_usd=None),
        replace(BASIS, billable_rate=None),
        replace(BASIS, capacity_active_low=None, capacity_active_high=None),
        replace(WITH_VISITS, bhc_clinic_days=0.0),
    ],
)
def test_what_is_not_known_is_not_guessed(basis: Basis) -> None:
    found = walk(basis, Decimal(12000), 6)
    assert found.largest_usd is None
    assert found.feasibility is None


def _shown(basis: Basis, amount: str) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(render_bridge(basis, walk(basis, Decimal(amount), 6), Decimal(amount), 6, "2026-06-30"))
    return capture.get()


def test_it_says_what_is_needed_what_can_be_carried_and_what_to_walk_back() -> None:
    shown = _shown(BASIS, "30001")
    assert "$30,001.00 in 6 months, team t1, as of 2026-06-30" in shown
    assert "60 to 100" in shown and "100.0" in shown
    assert "Walk it back to finance" in shown
    assert "The largest amount within the guideline is $30,000.00." in shown


def test_it_says_what_is_not_known() -> None:
    shown = _shown(replace(BASIS, billable_rate=None, entity_type="organization"), "30001")
    assert "the organization" in shown
    assert "It cannot be said" in shown and "not known" in shown
    assert "largest" not in shown


def test_without_a_publication_there_is_nothing_to_walk_over(tmp_path: Path) -> None:
    from orchestration.publishing.bridge import read_basis

    with pytest.raises(PublishError):
        read_basis(tmp_path / "published")
