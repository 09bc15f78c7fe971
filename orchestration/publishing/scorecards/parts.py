"""What a page shows of a recipient and month: trends, the funnel plot, demand and measures.

Public: ``of_month``, ``draw_ahead``, ``referrer_measures``, ``rate_trend``, ``funnel``, ``demand``,
``demand_trend``, ``metrics``.

Belongs here: which rows become which picture or table. Does not belong here: how these are made (``charts``,
``tables``), and files (``pages``).
"""

from datetime import date
from itertools import dropwhile
from typing import Final

from markupsafe import Markup

from orchestration.publishing.scorecards import words
from orchestration.publishing.scorecards.charts import (
    Funnel,
    Point,
    draw_trends_ahead,
    funnel_chart,
    trend_chart,
)
from orchestration.publishing.scorecards.rows import Row, Source
from orchestration.publishing.scorecards.tables import changes_table

_MEASURES: Final = (
    ("panel_patients", "Patients of the panel", "number"),
    ("patients_seen", "Of these, seen in primary care", "number"),
    ("likely_eligible_seen", "Likely-eligible patients seen", "number"),
    ("referral_rate", "Referral rate", "share"),
    ("eligible_not_referred", "Eligible and not referred", "number"),
    ("referrals", "Referrals written", "number"),
    ("warm_handoffs", "Of these, warm handoffs", "number"),
    ("conversion_rate", "Referrals that came to a visit or contact", "share"),
    ("median_days_to_contact", "Median days to it", "days"),
    ("penetration", "Panel patients seen by behavioral health in a year", "share"),
)
_RANGE: Final = "The likely range is the 95% interval of a rate: wide where few patients were counted."
_DEMAND: Final = (
    ("likely_eligible_seen", "Likely-eligible patients seen in primary care"),
    ("eligible_not_referred", "Of these, not referred"),
    ("referrals", "Referrals written"),
    ("warm_handoffs", "Of these, warm handoffs"),
)


def of_month(source: Source, month: date) -> list[Row]:
    """The rows of a month, a provider each."""
    return source.by_month.get(month, [])


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _months_of(source: Source, month: date) -> list[date]:
    found = [month]
    while len(found) < int(source.thresholds["scorecard_trend_months"]):
        found.append(_month_before(found[-1]))
    return found[::-1]


def referrer_measures(months: dict[date, Row], month: date) -> Markup:
    """A provider's measures of a month, beside the month before."""
    row, before = months[month], months.get(_month_before(month))
    rows = [
        {
            "title": title,
            "now": words.amount_of(row[name], "" if unit == "number" else unit),
            "interval": words.interval_of(row, name),
            "before": words.amount_of(before[name], "" if unit == "number" else unit)
            if before
            else words.DASH,
            "change": words.change_of(row[name], before[name] if before else None, unit),
        }
        for name, title, unit in _MEASURES
    ]
    return changes_table("Measures", rows, _RANGE)


def draw_ahead(source: Source, month: date) -> None:
    """Draw the trends of a month's pages together; the pages then find them drawn."""
    referrers = (months for months in source.referrers.values() if month in months)
    draw_trends_ahead([_rate_points(months, month, "referral_rate") for months in referrers], is_share=True)
    teams = dict.fromkeys(row["team_id"] for row in of_month(source, month))
    draw_trends_ahead([_demand_points(source, {team_id}, month) for team_id in teams], is_share=False)


def rate_trend(months: dict[date, Row], month: date, name: str) -> Markup:
    """A provider's rate by month up to this one, beside the organization's."""
    points = _rate_points(months, month, name)
    said = "; ".join(f"{point.month:%b %Y} {words.percent(point.value)}" for point in points)
    return trend_chart(points, f"Referral rate by month: {said}", is_share=True)


def _rate_points(months: dict[date, Row], month: date, name: str) -> list[Point]:
    return [
        Point(one, row[name], row[f"{name}_low"], row[f"{name}_high"], row["organization_rate"])
        for one, row in sorted(months.items())
        if one <= month and row[name] is not None
    ]


def funnel(source: Source, month: date, own: set[str], middle: float | None) -> Markup:
    """The referral rates of all providers of a month; those of ``own`` are filled."""
    rates = source.rates.get(month, {})
    if middle is None:
        return Markup("")
    filled = [rates[pcp_id] for pcp_id in sorted(own) if pcp_id in rates]
    limits = Funnel(middle, source.thresholds["funnel_inner_sd"], source.thresholds["funnel_outer_sd"])
    said = ", ".join(f"{words.percent(rate)} of {count}" for count, rate in filled)
    label = f"Referral rates of {len(rates)} providers by likely-eligible patients seen"
    return funnel_chart(
        rates.values(), filled, limits, f"{label}, around {words.percent(middle)}. Filled: {said or 'none'}"
    )


def _sums(source: Source, teams: set[str], month: date) -> dict[str, int | None]:
    rows = [row for team_id in teams for row in source.by_team.get((month, team_id), [])]
    sums: dict[str, int | None] = {}
    for name, _ in _DEMAND:
        known = [row[name] for row in rows if row[name] is not None]
        sums[name] = sum(known) if known else None
    return sums


def demand(source: Source, teams: set[str], month: date, caption: str) -> Markup:
    """What primary care of teams saw and sent, beside the month before."""
    now, before = _sums(source, teams, month), _sums(source, teams, _month_before(month))
    rows = [
        {
            "title": title,
            "now": words.number(now[name]),
            "before": words.number(before[name]),
            "change": words.change_of(now[name], before[name], "number"),
        }
        for name, title in _DEMAND
    ]
    return changes_table("Demand", rows, caption)


def demand_trend(source: Source, teams: set[str], month: date) -> Markup:
    """Referrals of teams by month up to this one, from the first month that has any."""
    points = _demand_points(source, teams, month)
    said = "; ".join(f"{point.month:%b %Y} {words.number(point.value)}" for point in points)
    return trend_chart(points, f"Referrals by month: {said}", is_share=False)


def _demand_points(source: Source, teams: set[str], month: date) -> list[Point]:
    counted = [(one, _sums(source, teams, one)["referrals"]) for one in _months_of(source, month)]
    return [
        Point(one, float(count))
        for one, count in dropwhile(lambda pair: not pair[1], counted)
        if count is not None
    ]


def metrics(source: Source, entity: tuple[str, str], month: date, whose: str) -> Markup:
    """The measures of a team or a practitioner with their targets; nothing where none has a value."""
    months = source.metrics.get(entity, {})
    before = {row["metric_id"]: row["value"] for row in months.get(_month_before(month), [])}
    rows = [
        {
            "title": row["sentence"],
            "now": words.amount_of(row["value"], row["unit"]),
            "target": words.target_of(row["target_low"], row["target_high"], row["unit"]),
            "before": words.amount_of(before.get(row["metric_id"]), row["unit"]),
            "change": words.change_of(row["value"], before.get(row["metric_id"]), row["unit"]),
        }
        for row in months.get(month, [])
        if row["value"] is not None
    ]
    caption = f"{whose} measures of the month; a target stands where one is set."
    return changes_table("Care", rows, caption) if rows else Markup("")
