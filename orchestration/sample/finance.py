"""What the clinic's finance and quality staff deliver: survey, service_cost, finance_target.

Belongs here: a few rows a month and team.
Does not belong here: claims (`billing.py`).
"""

from datetime import timedelta

import numpy as np

from orchestration.sample.days import Month, day_of
from orchestration.sample.draws import draw
from orchestration.sample.people import team_count
from orchestration.sample.rows import write_rows
from orchestration.sample.workforce import CARE_MANAGER, CONSULTANT
from orchestration.sample.world import Cut, World
from orchestration.sample.writer import Writer

_DOMAINS = (
    ("patient", "satisfaction"),
    ("patient", "access"),
    ("patient", "stigma"),
    ("provider", "burnout"),
    ("provider", "support"),
    ("provider", "isolation"),
)
_HOURLY = {CARE_MANAGER: ("care_manager", 46), CONSULTANT: ("psychiatric_consultant", 148)}
_TARGET_BASE_USD, _TARGET_A_PATIENT_USD = 60_000, 24.0


def survey_rows(seed: int, teams: int, month: Month, day: int) -> list[dict[str, str]]:
    """Return a month's surveys: patients in the domains of experience, providers in theirs."""
    rows = []
    for team in range(teams):
        for place, (respondent, domain) in enumerate(_DOMAINS):
            uniform = draw(seed, "survey", np.array([team]), np.array([month.ordinal * 10 + place]))[0]
            rows.append(
                {
                    "survey_id": f"SV{month.label:04d}-{team:03d}-{place}",
                    "respondent_type": respondent,
                    "team_id": f"T{team:03d}",
                    "domain": domain,
                    "score": str(3 + int(uniform * 8)),
                    "score_max": "10",
                    "taken_on": day_of(day).isoformat(),
                }
            )
    return rows


def cost_rows(world: World, month: Month) -> list[dict[str, str]]:
    """Return a month's costs of each team, with those of the beginning in the first month."""
    hours = len(month.workdays) * 8
    rows: list[dict[str, str]] = []
    for team in range(team_count(len(world.patients.number))):
        costs = []
        for role, (category, rate) in _HOURLY.items():
            fte = sum(one.fte for one in world.workforce.members if one.team == team and one.role == role)
            costs.append(("ongoing", category, fte * hours * rate))
        costs += [("ongoing", "administration", 420.0 + 5 * (team % 12)), ("ongoing", "registry", 95.0)]
        if month == world.window.months[0]:
            costs += [("initial", "training", 2600.0), ("initial", "workflow_planning", 1800.0)]
        rows += [
            {
                "cost_id": f"SC{month.label:04d}-{team:03d}-{category}",
                "team_id": f"T{team:03d}",
                "cost_month": day_of(month.first).isoformat(),
                "kind": kind,
                "category": category,
                "amount_usd": f"{amount:.2f}",
            }
            for kind, category, amount in costs
        ]
    return rows


def write_finance(world: World, month: Month, cut: Cut, writer: Writer) -> None:
    """Write a month's surveys and costs, as of the last day that the delivery is about."""
    teams = team_count(len(world.patients.number))
    write_rows(writer, "survey", cut.delivered_on, survey_rows(world.seed, teams, month, cut.last))
    write_rows(writer, "service_cost", cut.delivered_on, cost_rows(world, month))


def write_target(world: World, cut: Cut, writer: Writer) -> None:
    """Write the amount agreed with finance for the year from the window's first day."""
    start = day_of(world.window.start)
    row = {
        "target_id": "FT01",
        "team_id": "",
        "period_start_on": start.isoformat(),
        "period_end_on": (start.replace(year=start.year + 1) - timedelta(days=1)).isoformat(),
        "amount_usd": f"{_TARGET_BASE_USD + _TARGET_A_PATIENT_USD * len(world.patients.number):.2f}",
        "agreed_on": day_of(cut.last).isoformat(),
    }
    write_rows(writer, "finance_target", cut.delivered_on, [row])
