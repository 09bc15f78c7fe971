"""The files of the scorecards: ``identified/scorecards/<kind>/<recipient>/<YYYY-MM>.html`` and an index.

Public: ``write_scorecards``.

Belongs here: which pages there are and what each template is given. Does not belong here: queries (``rows``),
words (``words``) and pictures (``charts``).
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.publishing.claim_lists import folder_name
from orchestration.publishing.files import make_folder
from orchestration.publishing.scorecards import words
from orchestration.publishing.scorecards.charts import (
    Dot,
    Funnel,
    Point,
    funnel_chart,
    trend_chart,
)
from orchestration.publishing.scorecards.rows import Row, Source, open_source

FOLDER: Final = "scorecards"
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
_DEMAND: Final = (
    ("likely_eligible_seen", "Likely-eligible patients seen in primary care"),
    ("eligible_not_referred", "Of these, not referred"),
    ("referrals", "Referrals written"),
    ("warm_handoffs", "Of these, warm handoffs"),
)
_STAFF: Final = {
    "bhc": ("bhc", "Behavioral health clinician"),
    "care_manager": ("care_managers", "Care manager"),
}


@cache
def _templates() -> Environment:
    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader([here / "templates", here.parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["words"] = words
    return environment


class _Writer:
    """Writes pages below a folder and remembers them for the index."""

    def __init__(self, root: Path, source: Source, as_of_date: date) -> None:
        self.root, self.source, self.as_of_date = root, source, as_of_date
        self.listed: dict[str, dict[str, tuple[str, list[tuple[date, str]]]]] = {}

    def page(self, kind: str, recipient: str, name: str, month: date, template: str, **given: Any) -> None:
        """Write a recipient's page of a month."""
        place = f"{kind}/{folder_name(recipient, 'unknown')}/{month:%Y-%m}.html"
        self._write(place, template, month=month, name=name, **given)
        self.listed.setdefault(kind, {}).setdefault(recipient, (name, []))[1].append((month, place))

    def index(self) -> None:
        """Write the list of all pages, by kind and name."""
        kinds = {
            kind: sorted(people.items(), key=lambda item: (item[1][0].casefold(), item[0]))
            for kind, people in self.listed.items()
        }
        self._write("index.html", "index.html.j2", kinds=kinds, months=self.source.months)

    def _write(self, place: str, template: str, **given: Any) -> None:
        path = self.root / place
        make_folder(path.parent)
        text = _templates().get_template(template).render(as_of=self.as_of_date, **given)
        path.write_text(text, encoding="utf-8", newline="")


def write_scorecards(
    engine: duckdb.DuckDBPyConnection, identified: Path, rules: Path, as_of_date: date
) -> int:
    """Write the pages from a generation's marts; none where a mart that every page needs is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the pages go below it.
        rules: the generation's rules: thresholds and what the metrics mean.
        as_of_date: the business date; its month is open.

    Returns:
        The number of pages without the index.
    """
    source = open_source(engine, identified, rules, as_of_date)
    if source is None:
        return 0
    writer = _Writer(make_folder(identified / FOLDER), source, as_of_date)
    least_post = source.thresholds["scorecard_least_fte"]
    for month in source.months:
        for pcp_id, months in sorted(source.referrers.items()):
            if month in months:
                _referrer(writer, pcp_id, months, month)
        for team_id in sorted({row["team_id"] for row in _of_month(source, month)}):
            _team(writer, team_id, month)
        for (role, practitioner_id), found in sorted(source.staff.items()):
            if role in _STAFF and month in found and found[month]["fte"] >= least_post:
                _staff_member(writer, role, practitioner_id, found, month)
    writer.index()
    return sum(len(months) for people in writer.listed.values() for _, months in people.values())


def _referrer(writer: _Writer, pcp_id: str, months: dict[date, Row], month: date) -> None:
    source, row, before = writer.source, months[month], months.get(_month_before(month))
    days = {name: int(source.thresholds[name]) for name in ("referral_within_days", "conversion_within_days")}
    measures = [
        {
            "title": title,
            "now": words.amount_of(row[name], "" if unit == "number" else unit),
            "interval": _interval(row, name),
            "before": words.amount_of(before[name], "" if unit == "number" else unit)
            if before
            else words.DASH,
            "change": words.change_of(row[name], before[name] if before else None, unit),
        }
        for name, title, unit in _MEASURES
    ]
    writer.page(
        "referrers",
        pcp_id,
        source.name_of(pcp_id),
        month,
        "referrer.html.j2",
        team=source.team_name_of(row["team_id"]),
        row=row,
        sentences=words.referrer_sentences(row, days),
        measures=measures,
        trend=_rate_trend(months, month, "referral_rate"),
        funnel=_funnel(source, month, {pcp_id}, row["organization_rate"]),
        missed=source.missed.get((pcp_id, month), []),
        listed=int(source.thresholds["scorecard_listed_patients"]),
    )


def _team(writer: _Writer, team_id: str, month: date) -> None:
    source = writer.source
    own = [row for row in _of_month(source, month) if row["team_id"] == team_id]
    members = sorted(own, key=lambda row: (source.name_of(row["pcp_id"]).casefold(), row["pcp_id"]))
    writer.page(
        "teams",
        team_id,
        source.team_name_of(team_id),
        month,
        "team.html.j2",
        members=[(source.name_of(row["pcp_id"]), row) for row in members],
        demand=_demand(source, {team_id}, month),
        metrics=_metrics(source, ("team", team_id), month),
        trend=_demand_trend(source, {team_id}, month),
        funnel=_funnel(source, month, {row["pcp_id"] for row in own}, own[0]["organization_rate"]),
    )


def _staff_member(
    writer: _Writer, role: str, practitioner_id: str, months: dict[date, Row], month: date
) -> None:
    source = writer.source
    team_id = source.staff_team.get(practitioner_id)
    teams = {team_id} if team_id else {row["team_id"] for row in _of_month(source, month)}
    kind, title = _STAFF[role]
    is_now = month == source.months[0]
    writer.page(
        kind,
        practitioner_id,
        source.name_of(practitioner_id),
        month,
        "staff.html.j2",
        role=role,
        role_title=title,
        team=source.team_name_of(team_id) if team_id else None,
        capacity=months[month],
        demand=_demand(source, teams, month),
        metrics=_metrics(source, ("practitioner", practitioner_id), month),
        trend=_demand_trend(source, teams, month),
        caseload=source.caseload.get(practitioner_id) if is_now and role == "care_manager" else None,
        near_misses=source.near_misses.get(practitioner_id, 0),
    )


def _of_month(source: Source, month: date) -> list[Row]:
    return [months[month] for _, months in sorted(source.referrers.items()) if month in months]


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _months_of(source: Source, month: date) -> list[date]:
    found = [month]
    while len(found) < int(source.thresholds["scorecard_trend_months"]):
        found.append(_month_before(found[-1]))
    return found[::-1]


def _interval(row: Row, name: str) -> str:
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    return f"{words.percent(low)} to {words.percent(high)}" if low is not None and high is not None else ""


def _rate_trend(months: dict[date, Row], month: date, name: str) -> Any:
    points = [
        Point(one, row[name], row[f"{name}_low"], row[f"{name}_high"], row["organization_rate"])
        for one, row in sorted(months.items())
        if one <= month and row[name] is not None
    ]
    said = "; ".join(f"{point.month:%b %Y} {words.percent(point.value)}" for point in points)
    return trend_chart(points, f"Referral rate by month: {said}", is_share=True)


def _funnel(source: Source, month: date, own: set[str], middle: float | None) -> Any:
    dots = [
        Dot(row["likely_eligible_seen"], row["referral_rate"], row["pcp_id"] in own)
        for row in _of_month(source, month)
        if row["likely_eligible_seen"] and row["referral_rate"] is not None
    ]
    if middle is None:
        return ""
    funnel = Funnel(middle, source.thresholds["funnel_inner_sd"], source.thresholds["funnel_outer_sd"])
    said = ", ".join(f"{words.percent(dot.rate)} of {dot.count}" for dot in dots if dot.is_own)
    label = f"Referral rates of {len(dots)} providers by likely-eligible patients seen"
    return funnel_chart(dots, funnel, f"{label}, around {words.percent(middle)}. Filled: {said or 'none'}")


def _sums(source: Source, teams: set[str], month: date) -> dict[str, int | None]:
    rows = [row for row in _of_month(source, month) if row["team_id"] in teams]
    sums: dict[str, int | None] = {}
    for name, _ in _DEMAND:
        known = [row[name] for row in rows if row[name] is not None]
        sums[name] = sum(known) if known else None
    return sums


def _demand(source: Source, teams: set[str], month: date) -> list[dict[str, str]]:
    now, before = _sums(source, teams, month), _sums(source, teams, _month_before(month))
    return [
        {
            "title": title,
            "now": words.number(now[name]),
            "before": words.number(before[name]),
            "change": words.change_of(now[name], before[name], "number"),
        }
        for name, title in _DEMAND
    ]


def _demand_trend(source: Source, teams: set[str], month: date) -> Any:
    points = [
        Point(one, float(count))
        for one in _months_of(source, month)
        if (count := _sums(source, teams, one)["referrals"]) is not None
    ]
    said = "; ".join(f"{point.month:%b %Y} {words.number(point.value)}" for point in points)
    return trend_chart(points, f"Referrals by month: {said}", is_share=False)


def _metrics(source: Source, entity: tuple[str, str], month: date) -> list[dict[str, str]]:
    months = source.metrics.get(entity, {})
    before = {row["metric_id"]: row["value"] for row in months.get(_month_before(month), [])}
    return [
        {
            "title": row["sentence"],
            "now": words.amount_of(row["value"], row["unit"]),
            "before": words.amount_of(before.get(row["metric_id"]), row["unit"]),
            "change": words.change_of(row["value"], before.get(row["metric_id"]), row["unit"]),
            "target": words.target_of(row["target_low"], row["target_high"], row["unit"]),
        }
        for row in months.get(month, [])
        if row["value"] is not None
    ]
