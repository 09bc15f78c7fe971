"""What the pages are made from: rows of a generation's marts and rules, read once.

Public: ``Source``, ``open_source``.

Belongs here: queries. Does not belong here: words, pictures and files.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import duckdb

from orchestration.publishing.engine import literal

Row = dict[str, Any]

NEEDED: Final = ("dim_patient", "dim_practitioner", "dim_team", "rpt_referrer_scorecard")
_OPTIONAL: Final = (
    "fct_metric_member",
    "fct_metric_value",
    "rpt_capacity",
    "rpt_caseload_registry",
    "rpt_likely_eligible",
    "rpt_near_miss",
)
_RULES: Final = ("threshold", "metric_definition")

_MISSED: Final = """
with patient_month as (
    select
        pcp_id,
        patient_id,
        cast(date_trunc('month', clinic_date) as date) as month,
        max(case when what_happened in ('referred', 'enrolled') then 1 else 0 end) as was_sent,
        max(case when what_happened = 'seen' then clinic_date end) as seen_on,
        min(case when what_happened = 'seen' then priority end) as priority,
        arg_max(triggers, clinic_date) filter (what_happened = 'seen') as triggers
    from {rpt_likely_eligible}
    where clinic_date >= {first_month} and pcp_id is not null
    group by all
),

ranked as (
    select
        *,
        row_number() over (
            partition by pcp_id, month order by priority, seen_on desc, patient_id
        ) as place
    from patient_month
    where was_sent = 0 and seen_on is not null
)

select
    ranked.pcp_id, ranked.month, ranked.priority, ranked.seen_on, ranked.triggers, patient.mrn,
    concat_ws(', ', patient.family_name, patient.given_name) as patient
from ranked
left join {dim_patient} as patient on ranked.patient_id = patient.patient_id
where ranked.place <= {listed}
order by ranked.pcp_id, ranked.month, ranked.place
"""

_TEAMS_SEEN: Final = """
select member.entity_id, patient.team_id, count(distinct member.patient_id) as patients
from {fct_metric_member} as member
inner join {dim_patient} as patient on member.patient_id = patient.patient_id
where
    member.metric_id = 'pcbh_warm_handoff_share' and member.entity_type = 'practitioner'
    and member.period_type = 'month' and member.period_start_on >= {first_month}
    and patient.team_id is not null
group by all
order by member.entity_id, patients, patient.team_id desc
"""

_CASELOAD: Final = """
select
    care_manager_id,
    team_id,
    count(*) as episodes,
    count(*) filter (days_overdue > 0) as overdue,
    count(*) filter (flags is not null) as flagged
from {rpt_caseload_registry}
where care_manager_id is not null
group by all
order by care_manager_id, episodes, team_id desc
"""


@dataclass
class Source:
    """The rows by recipient. ``months`` are those that get pages, newest first."""

    months: list[date]
    thresholds: dict[str, float]
    names: dict[str, str]
    teams: dict[str, str]
    referrers: dict[str, dict[date, Row]]
    missed: dict[tuple[str, date], list[Row]] = field(default_factory=dict)
    metrics: dict[tuple[str, str], dict[date, list[Row]]] = field(default_factory=dict)
    staff: dict[tuple[str, str], dict[date, Row]] = field(default_factory=dict)
    staff_team: dict[str, str] = field(default_factory=dict)
    caseload: dict[str, Row] = field(default_factory=dict)
    near_misses: dict[str, int] = field(default_factory=dict)

    @cached_property
    def by_month(self) -> dict[date, list[Row]]:
        """The referrers' rows of each month, in the order of their ids."""
        found: dict[date, list[Row]] = defaultdict(list)
        for _, months in sorted(self.referrers.items()):
            for month, row in months.items():
                found[month].append(row)
        return dict(found)

    @cached_property
    def by_team(self) -> dict[tuple[date, str], list[Row]]:
        """The same of each month and team."""
        found: dict[tuple[date, str], list[Row]] = defaultdict(list)
        for month, rows in self.by_month.items():
            for row in rows:
                found[month, row["team_id"]].append(row)
        return dict(found)

    @cached_property
    def rates(self) -> dict[date, dict[str, tuple[int, float]]]:
        """By month and referrer: likely-eligible patients seen and the referral rate, where there are any."""
        return {
            month: {
                row["pcp_id"]: (row["likely_eligible_seen"], row["referral_rate"])
                for row in rows
                if row["likely_eligible_seen"] and row["referral_rate"] is not None
            }
            for month, rows in self.by_month.items()
        }

    def name_of(self, practitioner_id: str) -> str:
        """A practitioner's name, or the id where there is none."""
        return self.names.get(practitioner_id) or practitioner_id

    def team_name_of(self, team_id: str) -> str:
        """A team's name, or the id where there is none."""
        return self.teams.get(team_id) or team_id


def open_source(
    engine: duckdb.DuckDBPyConnection,
    identified: Path,
    rules: Path,
    as_of_date: date,
    unfinished: Mapping[str, str],
) -> Source | None:
    """Read the rows, or return None where a mart or rule that every page needs is absent.

    ``unfinished`` has SQL relations of marts whose files are still being written.
    """
    files = {name: identified / f"{name}.parquet" for name in (*NEEDED, *_OPTIONAL)}
    files |= {name: rules / f"{name}.parquet" for name in _RULES}
    there = {name: f"read_parquet({literal(path)})" for name, path in files.items() if path.is_file()}
    there |= unfinished
    if not all(name in there for name in (*NEEDED, "threshold")):
        return None
    reader = _Reader(engine, there, as_of_date)
    thresholds = reader.thresholds()
    months = _months_to(as_of_date, int(thresholds["scorecard_months"]))
    source = Source(
        months=months,
        thresholds=thresholds,
        names={
            row["practitioner_id"]: row["full_name"]
            for row in reader.read(
                "select practitioner_id, concat_ws(', ', family_name, given_name) as full_name "
                "from {dim_practitioner}"
            )
        },
        teams={
            row["team_id"]: row["team_name"]
            for row in reader.read("select team_id, team_name from {dim_team}")
        },
        referrers=reader.referrers(_months_to(as_of_date, int(thresholds["scorecard_trend_months"]))[-1]),
    )
    reader.fill(source)
    return source


def _months_to(day: date, count: int) -> list[date]:
    """The month of a day and those before it, newest first."""
    first = day.year * 12 + day.month - 1
    return [date((first - back) // 12, (first - back) % 12 + 1, 1) for back in range(count)]


class _Reader:
    """Queries over the files that are there."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, there: dict[str, str], as_of_date: date) -> None:
        self._engine, self._there, self._as_of = engine, there, as_of_date

    def read(self, query: str, **values: str) -> list[Row]:
        """The rows of a query; none where it needs a file that is absent."""
        try:
            cursor = self._engine.execute(query.format(**self._there, **values))
        except KeyError:
            return []
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def thresholds(self) -> dict[str, float]:
        """The thresholds in force on the business date."""
        day = f"date '{self._as_of.isoformat()}'"
        rows = self.read(
            "select name, cast(value as double) as value from {threshold} "
            "where cast(valid_from as date) <= {day} "
            "and (valid_to is null or cast(valid_to as date) >= {day})",
            day=day,
        )
        return {row["name"]: row["value"] for row in rows}

    def referrers(self, since: date) -> dict[str, dict[date, Row]]:
        """Months by referrer."""
        rows = self.read(
            "select * from {rpt_referrer_scorecard} where period_type = 'month' "
            "and period_start_on >= {since} order by pcp_id, period_start_on, team_id",
            since=f"date '{since.isoformat()}'",
        )
        found: dict[str, dict[date, Row]] = defaultdict(dict)
        for row in rows:
            found[row["pcp_id"]][row["period_start_on"]] = row
        return dict(found)

    def fill(self, source: Source) -> None:
        """Put in what may be absent."""
        window = {
            "first_month": f"date '{source.months[-1].isoformat()}'",
            "listed": str(int(source.thresholds["scorecard_listed_patients"])),
        }
        for row in self.read(_MISSED, **window):
            source.missed.setdefault((row["pcp_id"], row["month"]), []).append(row)
        trend = _months_to(source.months[0], int(source.thresholds["scorecard_trend_months"]))[-1]
        values = self.read(
            "select value.*, definition.sentence, definition.unit from {fct_metric_value} as value "
            "inner join {metric_definition} as definition "
            "on value.metric_id = definition.metric_id "
            "and cast(value.metric_version as varchar) = cast(definition.metric_version as varchar) "
            "where value.period_type = 'month' and value.entity_type in ('team', 'practitioner') "
            "and value.period_start_on >= {trend} order by value.metric_id, value.period_start_on",
            trend=f"date '{trend.isoformat()}'",
        )
        for row in values:
            months = source.metrics.setdefault((row["entity_type"], row["entity_id"]), {})
            months.setdefault(row["period_start_on"], []).append(row)
        staff = (
            "select * from {rpt_capacity} where month >= {first_month} order by practitioner_id, role, month"
        )
        for row in self.read(staff, **window):
            source.staff.setdefault((row["role"], row["practitioner_id"]), {})[row["month"]] = row
        for row in self.read(_TEAMS_SEEN, **window):
            source.staff_team[row["entity_id"]] = row["team_id"]
        for row in self.read(_CASELOAD):
            source.staff_team[row["care_manager_id"]] = row["team_id"]
            total = source.caseload.setdefault(row["care_manager_id"], {})
            for name in ("episodes", "overdue", "flagged"):
                total[name] = total.get(name, 0) + row[name]
        near = "select care_manager_id, count(*) as patients from {rpt_near_miss} group by care_manager_id"
        for row in self.read(near):
            source.near_misses[row["care_manager_id"]] = row["patients"]
