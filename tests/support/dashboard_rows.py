"""Invented rows of the marts behind the dashboard: two teams, their metrics and targets.

Belongs here: the rows. Does not belong here: any expectation.
"""

from tests.support.publishing_warehouse import ROWS, Row


def metric(
    metric_id: str,
    entity: str,
    month: str,
    parts: tuple[float, float],
    *,
    low: float | None = None,
    high: float | None = None,
    status: str | None = None,
    period_type: str = "month",
) -> Row:
    """A row of the metric mart; ``parts`` are numerator and denominator, and there is no value over 0."""
    numerator, denominator = parts
    return {
        "metric_id": metric_id, "metric_version": "1",
        "entity_type": "team" if entity.startswith("t") else "practitioner", "entity_id": entity,
        "period_type": period_type, "period_start_on": month, "numerator": numerator,
        "denominator": denominator, "value": numerator / denominator if denominator else None,
        "target_low": low, "target_high": high, "target_status": status,
    }  # fmt: skip


def cadence(team: str, month: str, bands: tuple[int, int, int]) -> list[Row]:
    """The three bands of one team and month, by their return visits."""
    names = ("pcbh_followup_1_2_weeks", "pcbh_followup_3_4_weeks", "pcbh_followup_5_plus_weeks")
    return [
        metric(name, team, month, (visits, sum(bands))) for name, visits in zip(names, bands, strict=True)
    ]


def target(target_id: str, team: str | None, month: str, usd: str, expected: str | None) -> Row:
    """A row of the finance mart, projected to three times what is expected so far."""
    projected = None if expected is None else str(3 * float(expected))
    return {
        "target_id": target_id, "team_id": team, "month": month, "target_amount_usd": usd,
        "actual_expected_usd": expected, "projected_usd": projected,
    }  # fmt: skip


METRICS: list[Row] = [
    metric("pcbh_penetration", "t1", "2026-02-01", (30, 200), low=0.1, high=0.2, status="within"),
    metric("pcbh_penetration", "t1", "2026-01-01", (20, 200), low=0.1, high=0.2, status="within"),
    metric("pcbh_penetration", "t1", "2026-02-01", (60, 200), period_type="quarter"),
    metric("pcbh_penetration", "t2", "2026-02-01", (4, 80), low=0.1, high=0.2, status="below"),
    metric("pcbh_unique_patients_per_day", "d1", "2026-02-01", (45, 5), low=8, high=12, status="within"),
    metric("pcbh_unique_patients_per_day", "c1", "2026-02-01", (0, 0), low=8, high=12),
    metric("cocm_active_patients_per_fte", "t1", "2026-02-01", (40, 0.5), low=60, high=100, status="within"),
    metric("cocm_active_patients_per_fte", "t2", "2026-02-01", (3, 0), low=60, high=100),
    # A year and a month before February stands outside the year to it, March 2025 is its first month.
    *cadence("t1", "2025-02-01", (9, 9, 9)),
    *cadence("t1", "2025-03-01", (1, 0, 0)),
    *cadence("t1", "2026-02-01", (2, 1, 4)),
    *cadence("t1", "2026-03-01", (9, 9, 9)),
    *cadence("t2", "2026-02-01", (0, 0, 0)),
]

TARGETS: list[Row] = [
    target("f1", None, "2026-01-01", "900.00", "100.00"),
    target("f1", None, "2026-02-01", "900.00", "250.00"),
    target("f1", None, "2026-03-01", "900.00", "270.00"),
    target("f2", "t1", "2026-02-01", "50.00", "20.00"),
    target("f3", None, "2026-03-01", "10.00", "1.00"),
    target("f0", None, "2025-12-01", "600.00", None),
    target("f0", None, "2026-01-01", "600.00", None),
    target("f0", None, "2026-02-01", "600.00", None),
]

DASHBOARD_ROWS: dict[str, list[Row]] = ROWS | {"fct_metric_value": METRICS, "rpt_finance_bridge": TARGETS}
