"""The windows and cuts by which metrics, registry, referrers and measures are defined, number by number.

Golden cases stand on one side of many of them, and would not see one that is moved by a day or a point.

Belongs here: numbers that a definition states. Does not belong here: limits that are a site's to choose.
"""

from datetime import date
from decimal import Decimal

import pytest

from tests.unit.seed_rows import SEED, first_day, last_day

DAY = date(2026, 11, 22)

LEDGER = {
    "max_worked_hours": 12,
    "max_interval_hours": 24,
    "duration_tolerance_seconds": 60,
}
EPISODES = {
    "baseline_days_before_start": 30,
    "baseline_severe_score": 20,
    "baseline_cohort_score": 10,
    "begun_min_age_days": 28,
    "begun_max_age_days": 365,
    "early_followup_days": 28,
    "full_time_hours_per_week": 40,
    "minimum_contacts": 3,
    "not_improved_action_days": 60,
    "not_improving_days": 70,
    "outcome_min_days": 90,
}
REGISTRY = {
    "followup_due_days_active_treatment": 14,
    "followup_due_days_relapse_prevention": 28,
    "no_contact_days": 28,
    "no_score_days": 30,
    "recent_contact_days": 30,
    "responses_in_a_row": 2,
    "review_overdue_days": 30,
    "safety_item_score": 0,
}
VISITS = {
    "followup_bucket_1_max_days": 14,
    "followup_bucket_2_max_days": 28,
    "kept_period_months": 24,
    "penetration_window_days": 365,
    "return_visit_max_days": 365,
}
REFERRERS = {
    "case_finding_months": 3,
    "conversion_within_days": 14,
    "declined_outreach_days": 90,
    "funnel_inner_sd": 2,
    "funnel_outer_sd": 3,
    "referral_within_days": 7,
    "small_cell_minimum": 11,
}
MEASURES = {
    "depression_followup_from_days": 120,
    "depression_followup_until_days": 240,
    "depression_index_days_of_visit": 15,
    "depression_intake_months_before": 8,
    "depression_intake_months_into": 4,
    "index_score_above": 9,
    "measure_min_age_years": 12,
    "remission_followup_days": 60,
    "remission_followup_months": 12,
    "remission_index_days_before_visit": 7,
    "remission_intake_months_before": 14,
    "remission_intake_until_months_before": 2,
    "screen_days_before_visit": 14,
    "screen_followup_days_after_visit": 2,
}


@pytest.mark.parametrize(
    ("name", "value"), sorted({**LEDGER, **EPISODES, **REGISTRY, **VISITS, **REFERRERS, **MEASURES}.items())
)
def test_a_window_or_cut_is_what_its_definition_says(name: str, value: int) -> None:
    rows = [row for row in SEED["threshold"] if row["name"] == name]
    assert [Decimal(row["value"]) for row in rows if first_day(row) <= DAY <= last_day(row)] == [value]
