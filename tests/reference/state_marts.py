"""The rows of ``rpt_state_report``: numbers divided, rounded and held against their targets.

What belongs here: the columns of the mart. What does not: who counts (``state_report``, ``state_screens``).
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from tests.reference.clinic import EPISODE_STATUSES, Clinic, Feeds
from tests.reference.rules import Row, Rules
from tests.reference.state_report import Records, Treatment
from tests.reference.state_screens import Member, Screens

# Numerator and denominator; a count of episodes has no denominator.
Pair = tuple[Fraction | None, Fraction | None]
KEPT_MONTHS = 24


def compute_state_report(
    feeds: Feeds, contract: Mapping[str, Any], rules: Rules, *, as_of: date, default_zone: str = "UTC"
) -> list[dict[str, Any]]:
    """Every row of the report, for every state of the rules."""
    clinic = Clinic(feeds, contract, rules, as_of, default_zone)
    records = Records(clinic)
    treatments: dict[tuple[str, str], list[Treatment]] = {}
    rows = []
    for first, last in _months(as_of):
        for setting in rules.rows("state_report_setting", first):
            key = (setting["state"], setting["valid_from"])
            if key not in treatments:
                treatments[key] = list(_treatments(records, setting))
            metrics = [
                rule for rule in rules.rows("state_report_rule", first) if rule["state"] == setting["state"]
            ]
            screens = Screens(records, setting, first, last)
            members = {"screened": screens.seen(), "screen_yield": screens.first_scores()}
            enrolled = [one for one in treatments[key] if one.is_enrolled(first, last)]
            for team in (None, *_teams(clinic, treatments[key], members)):
                pairs = _episode_pairs(
                    [one for one in enrolled if team in (None, one.episode["team_id"])], first, last
                )
                for measure, found in members.items():
                    own = [one for one in found if team in (None, one[1])]
                    pairs[measure] = (Fraction(sum(one[2] for one in own)), Fraction(len(own)))
                fte, days = screens.fte(team), Fraction((last - first).days + 1)
                pairs["care_manager_fte"] = (fte, days)
                pairs["enrolled"] = (pairs["enrolled"][0], None if fte is None else fte / days)
                rows += [_row(rule, team, first, pairs[rule["measure"]]) for rule in metrics]
    return rows


def _months(as_of: date) -> Iterator[tuple[date, date]]:
    """First and last day of the months that overlap the kept ones; an open month ends on ``as_of``."""
    first = as_of.replace(day=1)
    for _ in range(KEPT_MONTHS + 1):
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        kept_from = (as_of + timedelta(days=1)).replace(day=1)
        kept_from = kept_from.replace(year=kept_from.year - KEPT_MONTHS // 12)
        if first >= kept_from:
            yield first, min(last, as_of)
        first = (first - timedelta(days=1)).replace(day=1)


def _treatments(records: Records, setting: Row) -> Iterator[Treatment]:
    for episode in records.clinic.all_of("episode"):
        is_backwards = episode["ended_on"] is not None and episode["ended_on"] < episode["started_on"]
        if (
            episode["program"] == setting["program"]
            and episode["status"] in EPISODE_STATUSES
            and not is_backwards
        ):
            yield Treatment(records, setting, episode)


def _teams(clinic: Clinic, treatments: list[Treatment], members: Mapping[str, list[Member]]) -> list[str]:
    named = {one.episode["team_id"] for one in treatments}
    named |= {team for found in members.values() for _, team, _ in found}
    named |= {row["team_id"] for row in clinic.all_of("staffing")}
    return sorted(team for team in {*clinic.teams, *named} if team)


def _episode_pairs(enrolled: list[Treatment], first: date, last: date) -> dict[str, Pair]:
    covered = [one for one in enrolled if one.is_covered(first)]
    ended = [one for one in covered if first <= one.end <= last]
    due = [one for one in covered if one.is_due(first, last)]
    others = [one for one in due if not one.is_improved(first, last)]

    def share(part: int, whole: list[Treatment]) -> Pair:
        return Fraction(part), Fraction(len(whole))

    return {
        "enrolled": (Fraction(len(enrolled)), None),
        "enrolled_covered": (Fraction(len(covered)), None),
        "newly_enrolled": (
            Fraction(sum(first <= one.episode["started_on"] <= last for one in covered)),
            None,
        ),
        "duration": (sum((one.weeks() for one in ended), Fraction(0)), Fraction(len(ended))),
        "monthly_contact": share(sum(one.has_contact_and_scale(first, last) for one in covered), covered),
        "improved": share(len(due) - len(others), due),
        "remission": share(sum(one.is_in_remission(first, last) for one in covered), covered),
        "reviewed": share(sum(one.is_reviewed(last) for one in others), others),
    }


def _row(rule: Row, team: str | None, month: date, pair: Pair) -> dict[str, Any]:
    numerator, denominator = pair
    quotient = None if not denominator or numerator is None else numerator / denominator
    if quotient is not None and rule["decimals"]:
        scale = 10 ** int(rule["decimals"])
        quotient = Fraction(floor(quotient * scale + Fraction(1, 2)), scale)
    target = Fraction(rule["target"]) if rule["target"] else None
    is_met = None
    if target is not None and quotient is not None:
        is_met = quotient > target if rule["met_if"] == "above" else quotient >= target
    return {
        "state": rule["state"],
        "metric_number": int(rule["metric_number"]),
        "entity_type": "team" if team else "organization",
        "entity_id": team or "organization",
        "month": month,
        "numerator": plain(numerator),
        "denominator": plain(denominator),
        "value": plain(numerator if rule["value_is"] == "numerator" else quotient),
        "target": plain(target),
        "is_met": is_met,
    }


def plain(number: Fraction | float | Decimal | None) -> float | None:
    """A number to nine decimals, so that two ways of computing it can be compared."""
    return None if number is None else round(float(number), 9) + 0.0
