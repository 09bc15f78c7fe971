"""The files of the scorecards: ``identified/scorecards/<kind>/<recipient>/<YYYY-MM>.html`` and an index.

Public: ``write_scorecards``.

Belongs here: which pages there are and what each template is given. Does not belong here: the figures of a
recipient and month (``parts``), queries (``rows``) and words (``words``).
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.publishing.claim_lists import folder_name
from orchestration.publishing.files import make_folder
from orchestration.publishing.scorecards import parts, words
from orchestration.publishing.scorecards.rows import Row, Source, open_source
from orchestration.publishing.scorecards.tables import index_table, referrers_table

FOLDER: Final = "scorecards"
_KINDS: Final = {
    "referrers": "Referrers",
    "teams": "Teams",
    "bhc": "Behavioral health clinicians",
    "care_managers": "Care managers",
}
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
            title: index_table(kind, title, self._by_name(kind), self.source.months)
            for kind, title in _KINDS.items()
            if kind in self.listed
        }
        self._write("index.html", "index.html.j2", kinds=kinds, months=self.source.months)

    def _by_name(self, kind: str) -> list[tuple[str, dict[date, str]]]:
        people = sorted(self.listed[kind].items(), key=lambda item: (item[1][0].casefold(), item[0]))
        return [(name, dict(pages)) for _, (name, pages) in people]

    def _write(self, place: str, template: str, **given: Any) -> None:
        path = self.root / place
        make_folder(path.parent)
        text = _templates().get_template(template).render(as_of=self.as_of_date, **given)
        path.write_text(text, encoding="utf-8", newline="")


def write_scorecards(
    engine: duckdb.DuckDBPyConnection,
    identified: Path,
    rules: Path,
    as_of_date: date,
    unfinished: Mapping[str, str] | None = None,
) -> int:
    """Write the pages from a generation's marts; none where a mart that every page needs is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the pages go below it.
        rules: the generation's rules: thresholds and what the metrics mean.
        as_of_date: the business date; its month is open.
        unfinished: SQL relations of marts whose files are still being written.

    Returns:
        The number of pages without the index.
    """
    source = open_source(engine, identified, rules, as_of_date, unfinished or {})
    if source is None:
        return 0
    writer = _Writer(make_folder(identified / FOLDER), source, as_of_date)
    least_post = source.thresholds["scorecard_least_fte"]
    for month in source.months:
        parts.draw_ahead(source, month)
        for pcp_id, months in sorted(source.referrers.items()):
            if month in months:
                _referrer(writer, pcp_id, months, month)
        for team_id in sorted({row["team_id"] for row in parts.of_month(source, month)}):
            _team(writer, team_id, month)
        for (role, practitioner_id), found in sorted(source.staff.items()):
            if role in _STAFF and month in found and found[month]["fte"] >= least_post:
                _staff_member(writer, role, practitioner_id, found, month)
    writer.index()
    return sum(len(months) for people in writer.listed.values() for _, months in people.values())


def _referrer(writer: _Writer, pcp_id: str, months: dict[date, Row], month: date) -> None:
    source, row = writer.source, months[month]
    days = {name: int(source.thresholds[name]) for name in ("referral_within_days", "conversion_within_days")}
    writer.page(
        "referrers",
        pcp_id,
        source.name_of(pcp_id),
        month,
        "referrer.html.j2",
        team=source.team_name_of(row["team_id"]),
        row=row,
        sentences=words.referrer_sentences(row, days),
        measures=parts.referrer_measures(months, month),
        trend=parts.rate_trend(months, month, "referral_rate"),
        funnel=parts.funnel(source, month, {pcp_id}, row["organization_rate"]),
        missed=source.missed.get((pcp_id, month), []),
        listed=int(source.thresholds["scorecard_listed_patients"]),
    )


def _team(writer: _Writer, team_id: str, month: date) -> None:
    source = writer.source
    own = source.by_team[month, team_id]
    members = sorted(own, key=lambda row: (source.name_of(row["pcp_id"]).casefold(), row["pcp_id"]))
    writer.page(
        "teams",
        team_id,
        source.team_name_of(team_id),
        month,
        "team.html.j2",
        members=len(members),
        referrers=referrers_table([(source.name_of(row["pcp_id"]), row) for row in members]),
        demand=parts.demand(source, {team_id}, month, "What the team's primary care saw and sent."),
        metrics=parts.metrics(source, ("team", team_id), month, "The team's"),
        trend=parts.demand_trend(source, {team_id}, month),
        funnel=parts.funnel(source, month, {row["pcp_id"] for row in own}, own[0]["organization_rate"]),
    )


def _staff_member(
    writer: _Writer, role: str, practitioner_id: str, months: dict[date, Row], month: date
) -> None:
    source = writer.source
    team_id = source.staff_team.get(practitioner_id)
    teams = {team_id} if team_id else {row["team_id"] for row in parts.of_month(source, month)}
    kind, title = _STAFF[role]
    place = source.team_name_of(team_id) if team_id else "the organization"
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
        demand=parts.demand(
            source,
            teams,
            month,
            f"What primary care of {place} saw and sent, to all behavioral health staff.",
        ),
        metrics=parts.metrics(source, ("practitioner", practitioner_id), month, "Your"),
        trend=parts.demand_trend(source, teams, month),
        caseload=source.caseload.get(practitioner_id) if is_now and role == "care_manager" else None,
        near_misses=source.near_misses.get(practitioner_id, 0),
    )
