"""Times of rows that cannot be: ended before they began, lasting for days, told by a clock that stands still.

Belongs here: checks that compare times of one row; none of them holds a night back. Does not belong here:
when a row was changed (``raw_stamps``), and time entries, which the models refuse themselves.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from expectations.check import Check, Drill, NoRows, is_latest
from expectations.consequences import FeedConsequence, affected_by
from orchestration.feeds.contract import Contract

OWNER: Final = "ehr_interfaces"
_ENDS: Final = {
    "staffing": ("effective_from", "effective_to"),
    "patient": ("birth_date", "deceased_on"),
    "panel": ("effective_from", "effective_to"),
    "coverage": ("effective_from", "effective_to"),
    "encounter": ("started_at", "ended_at"),
    "slot": ("starts_at", "ends_at"),
    "consent": ("granted_at", "revoked_at"),
    "episode": ("started_on", "ended_on"),
    "finance_target": ("period_start_on", "period_end_on"),
}
"""By feed, the columns of a beginning and of its end that decide what counts."""

_LONG: Final = (
    "select null as cause, visit.encounter_id as row_key, visit._source_file as place "
    "from encounter as visit where visit.ended_at > visit.started_at + interval {hours} hour "
    "and visit.encounter_class in ('ambulatory', 'virtual', 'home') and visit.status = 'finished' "
    "and not visit.is_deleted and {latest}"
)
_VISITS: Final = (
    "select count(*) from encounter where encounter_class in ('ambulatory', 'virtual', 'home') "
    "and status = 'finished'"
)

_FIXED: Final = (
    "select null as cause, team.team_id as row_key, team._source_file as place from team "
    "where (team.time_zone in ('EST', 'MST') or starts_with(team.time_zone, 'Etc/')) "
    "and not team.is_deleted and {latest}"
)


def _backwards(contract: Contract) -> Iterator[str]:
    """SQL of the rows of each feed that end before they begin, as they are known now."""
    for name, (begin, end) in _ENDS.items():
        feed = contract.feeds[name]
        slack = ""
        if feed.column(end).type == "timestamp":
            # One with an offset and one without are told by clocks that are hours apart.
            differ = f"bad.{begin}_is_local is distinct from bad.{end}_is_local"
            slack = f" - case when {differ} then interval 1 day else interval 0 day end"
        has_status = any(column.name == "status" for column in feed.columns)
        stands = " and coalesce(bad.status, '') <> 'entered-in-error'" if has_status else ""
        yield (
            f"select '{name}' as cause, null as row_key, bad._source_file as place from {name} as bad "  # noqa: S608
            f"where bad.{end} < bad.{begin}{slack} and not bad.is_deleted{stands} "
            f"and {is_latest(name, feed.key, 'bad')}"
        )


def checks(
    contract: Contract,
    consequences: Mapping[str, FeedConsequence],
    visit_hours: float,
    long_share: float,
) -> list[Check]:
    """Return the checks.

    Args:
        contract: the feeds.
        consequences: what each feed costs when it is missing, by feed.
        visit_hours: how long a visit outside of a hospital may last.
        long_share: share of visits that may last longer.
    """
    backwards = " union all ".join(_backwards(contract))
    fixed = _FIXED.format(latest=is_latest("team", contract.feeds["team"].key, "team"))
    long = _LONG.format(
        hours=int(visit_hours), latest=is_latest("encounter", contract.feeds["encounter"].key, "visit")
    )
    return [
        Check(
            layer="raw",
            table_name="feed_file",
            name="no_end_lies_before_its_beginning",
            rule=NoRows(backwards),
            severity="warning",
            owner=OWNER,
            what_it_means=(
                "Rows end before they begin: a coverage, a post, an enrolment or a consent that was never in "
                "force, a patient who died before being born. Most often a blank end was written as a day "
                "long ago (1900-01-01). Nothing is billed to such a coverage, and no minute of such a "
                "patient or consent counts."
            ),
            what_to_do=(
                "Look at the ends in the files that are named. Have the export leave them blank where there "
                "is none, and send the rows again."
            ),
            affected_marts=affected_by(consequences, _ENDS),
            total_query="select sum(rows_accepted) from feed_file where status = 'accepted'",
            drill=Drill(backwards, cause="feed"),
        ),
        Check(
            layer="raw",
            table_name="encounter",
            name="no_visit_lasts_for_days",
            rule=NoRows(long),
            severity="warning",
            severity_within_threshold="info",
            threshold=long_share,
            owner=OWNER,
            what_it_means=(
                "Visits outside of a hospital last longer than a day. Often their end is the moment at "
                "which the record was closed, or a day in a far year. While a visit that is billed by itself "
                "lasts, no other time of its practitioner with the patient counts."
            ),
            what_to_do=(
                "Compare some of them with the schedule. Have the export give the end of the visit itself, "
                "or none where it is not known."
            ),
            affected_marts=consequences["encounter"].affected_marts,
            total_query=_VISITS,
            drill=Drill(long, key="encounter_id"),
        ),
        Check(
            layer="raw",
            table_name="team",
            name="no_time_zone_stands_still",
            rule=NoRows(fixed),
            severity="warning",
            owner="practice_operations",
            what_it_means=(
                "The time zone of a team is EST, MST or a fixed distance from UTC: none has a summer time. "
                "Where the clinic has one, its times are an hour off for most of the year: visits and "
                "minutes of late evenings fall on another day, and overlap where they do not."
            ),
            what_to_do=(
                "Have the team sent with the name of a place: America/New_York for EST, America/Denver for "
                "MST, America/Phoenix where the clock is never changed."
            ),
            affected_marts=consequences["team"].affected_marts,
            drill=Drill(fixed, key="team_id"),
        ),
    ]
