"""The metrics of collaborative care, patient by patient, on top of the reference's own ledger.

What belongs here: what ``docs/decisions/0032`` and the metric definitions say, as one would count by hand.
What does not: the ledger and the candidates (``marts``), periods and sums (``metric_periods``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from tests.reference.cells import epoch_second, local_date
from tests.reference.clinic import FAR_FUTURE, Clinic, Record, covers
from tests.reference.metric_periods import COCM, DAY, Key, Period, Tally, kept
from tests.reference.state_report import Records, Score

Marts = Mapping[str, Sequence[Mapping[str, Any]]]
HOURS = 40


class Care:
    """Episodes of collaborative care with their contacts, scores and reviews."""

    def __init__(self, clinic: Clinic, marts: Marts) -> None:
        """Take the ledger that the reference wrote."""
        self.clinic, self.marts, self.records = clinic, marts, Records(clinic)
        self.episodes = [
            row
            for row in clinic.all_of("episode")
            if row["program"] == "cocm" and row["status"] in ("active", "onhold", "finished")
        ]
        self.contacts = {row["episode_id"]: self._contacts(row) for row in self.episodes}

    def _contacts(self, episode: Record) -> list[date]:
        entries: dict[str, tuple[date, Any, str]] = {}
        is_contact = self.clinic.rules.activity_flag
        for row in self.marts["fct_minute_segment"]:
            own = row["disposition"] == "credited" and row["episode_id"] == episode["episode_id"]
            if own and is_contact(row["activity_code"], "is_contact", row["service_on"]):
                found = (row["service_on"], row["started_at"], row["entry_id"])
                entries[row["entry_id"]] = min(entries.get(row["entry_id"], found), found)
        return [day for day, _, _ in sorted(entries.values())]

    def active(self, period: Period) -> Iterator[Record]:
        """One episode a patient: that of the last day, else one that ended; the latest, then by id."""
        found: dict[str, list[Record]] = {}
        for row in self.episodes:
            end = row["ended_on"] or FAR_FUTURE
            if row["started_on"] <= min(end, period.last) and end >= period.first:
                found.setdefault(row["patient_id"], []).append(row)
        for rows in found.values():
            yield min(
                rows,
                key=lambda row: (
                    (row["ended_on"] or FAR_FUTURE) < period.last,
                    -row["started_on"].toordinal(),
                    row["episode_id"],
                ),
            )

    def reviews(self, episode: Record) -> Iterator[tuple[date, date | None]]:
        """The day of each review of the patient, and the day on which something was changed."""
        for row in self.clinic.of_patient("case_review", episode["patient_id"]):
            if row["status"] != "entered-in-error":
                staff = row["psychiatric_consultant_id"]
                zone = self.clinic.row_zone(row["reviewed_at"], patient_id=row["patient_id"], staff_id=staff)
                clock = self.clinic.team_zone(episode["team_id"]) or zone
                days = [
                    local_date(epoch_second(stamp, zone), clock) if stamp else None
                    for stamp in (row["reviewed_at"], row["acted_at"])
                ]
                assert days[0] is not None
                yield days[0], (days[1] or days[0]) if row["outcome"] == "acted" else None

    def scores(self, episode: Record, scale: str, last: date) -> list[int]:
        """Baseline and latest score of an episode by a day; empty without a baseline."""
        every, own = [], []
        for one in self.records.scores(episode["patient_id"]):
            day = self.records.episode_day(episode, one.second, one.zone)
            if one.scale == scale and day <= last and self._is_near(episode, day):
                found = (day, one.second, one.assessment_id, one.value)
                every.append(found)
                own += [found] if self._owner(episode["patient_id"], one) is episode else []
        return [min(every)[3], max(own or [min(every)])[3]] if every else []

    def _owner(self, patient_id: str, score: Score) -> Record | None:
        """The episode that a score belongs to: one in force on its day, else one that begins after it."""
        ranked = []
        for episode in self.episodes:
            day = self.records.episode_day(episode, score.second, score.zone)
            if episode["patient_id"] == patient_id and self._is_near(episode, day):
                start = episode["started_on"]
                ranked.append((start > day, -start.toordinal(), episode["episode_id"], episode))
        return min(ranked, key=lambda one: one[:3])[3] if ranked else None

    def _is_near(self, episode: Record, day: date) -> bool:
        return bool(episode["started_on"] - 30 * DAY <= day <= (episode["ended_on"] or FAR_FUTURE))


def fte(clinic: Clinic, role: str, period: Period, name: str, entity: str) -> Fraction | None:
    """Full-time equivalents as the mean of a period's days; None where one is not known."""
    total, day = Fraction(0), period.first
    while day <= period.last:
        posts: dict[tuple[str, str], Record] = {}
        for row in clinic.all_of("staffing"):
            if row["role"] == role and covers(row, day) and row[name] == entity:
                key = (row["practitioner_id"], row["team_id"])
                start = row["effective_from"] or date.min
                if key not in posts or start > (posts[key]["effective_from"] or date.min):
                    posts[key] = row
        if any(row["fte"] is None for row in posts.values()):
            return None
        total += sum((Fraction(str(row["fte"])) for row in posts.values()), Fraction(0))
        day += DAY
    return total / ((period.last - period.first).days + 1)


def tally_cocm(clinic: Clinic, marts: Marts) -> tuple[Tally, dict[Key, float]]:
    """Every metric that patients make up, and the medians of days to contact."""
    care, tally, medians = Care(clinic, marts), Tally(), {}
    for period in kept(COCM, clinic.as_of):
        for episode in care.active(period):
            _tally_active(care, episode, period, tally)
            _tally_outcome(care, episode, period, tally)
        for row in marts["fct_claim_candidate"]:
            if row["program"] == "cocm" and row["procedure_code"] and period.holds(row["service_month"]):
                ready = int(row["status"] in ("ready", "submitted"))
                tally.add("cocm_claim_ready_rate", ("team", row["team_id"]), period, ready, 1)
        for episode in care.episodes:
            _tally_contacts(care, episode, period, tally)
        medians.update(_tally_referrals(care, period, tally))
    return tally, medians


def _tally_active(care: Care, episode: Record, period: Period, tally: Tally) -> None:
    patient = episode["patient_id"]
    months = [
        row
        for row in care.marts["fct_patient_month"]
        if (row["patient_id"], row["program"]) == (patient, "cocm") and period.holds(row["service_month"])
    ]
    coded = {
        row["service_month"]
        for row in care.marts["fct_claim_candidate"]
        if (row["patient_id"], row["program"]) == (patient, "cocm") and row["procedure_code"]
    }
    billable = int(any(row["service_month"] in coded for row in months))
    reviews = sum(period.holds(day) for day, _ in care.reviews(episode))
    minutes = sum(row["credited_minutes"] for row in months)
    manager, team = ("practitioner", episode["care_manager_id"]), ("team", episode["team_id"])
    for entity in (manager, team):
        tally.add("cocm_active_patients", entity, period, 1, 0)
        tally.add("cocm_billable_patients", entity, period, billable, 0)
        tally.add("cocm_billable_rate", entity, period, billable, 1)
    tally.add("cocm_minutes_per_active_patient", manager, period, minutes, 1)
    tally.add("cocm_case_reviews_per_active", team, period, reviews, 1)


def _tally_outcome(care: Care, episode: Record, period: Period, tally: Tally) -> None:
    team, end = ("team", episode["team_id"]), episode["ended_on"] or FAR_FUTURE
    days = (min(end, period.last) - episode["started_on"]).days
    depression = care.scores(episode, "PHQ-9", period.last)
    measured = depression or care.scores(episode, "GAD-7", period.last)
    if measured and measured[0] >= 10 and days >= 70:
        improved = measured[1] < 10 or 2 * (measured[0] - measured[1]) >= measured[0]
        tally.add("cocm_improved_70_days", team, period, int(improved), 1)
        if not improved:
            window = Period("", period.last - timedelta(days=59), period.last)
            acts = list(care.reviews(episode))
            reviewed = any(window.holds(day) for day, _ in acts)
            changed = any(day is not None and window.holds(day) for _, day in acts)
            tally.add("cocm_not_improved_reviewed", team, period, int(reviewed), 1)
            tally.add("cocm_not_improved_changed", team, period, int(changed), 1)
    if depression and depression[0] >= 10 and (end <= period.last or days >= 90):
        payer = care.clinic.primary_payer(episode["patient_id"], period.last)
        for entity in (team, ("payer", payer)):
            response = int(2 * (depression[0] - depression[1]) >= depression[0])
            tally.add("cocm_response", entity, period, response, 1)
            tally.add("cocm_remission", entity, period, int(depression[1] < 5), 1)


def _tally_contacts(care: Care, episode: Record, period: Period, tally: Tally) -> None:
    contacts, team = care.contacts[episode["episode_id"]], ("team", episode["team_id"])
    cohort = range(28, 366)
    if (period.last - episode["started_on"]).days in cohort:
        three = len(contacts) >= 3 and contacts[2] <= period.last
        tally.add("cocm_three_contacts", team, period, int(three), 1)
    if contacts and (period.last - contacts[0]).days in cohort:
        early = len(contacts) >= 2 and (contacts[1] - contacts[0]).days <= 28
        tally.add("cocm_early_followup", team, period, int(early), 1)


def _tally_referrals(care: Care, period: Period, tally: Tally) -> dict[Key, float]:
    metric = "cocm_days_referral_to_contact"
    days_of: dict[Key, list[int]] = {}
    for row in care.clinic.all_of("referral"):
        zone = care.clinic.row_zone(
            row["authored_at"],
            patient_id=row["patient_id"],
            team_id=row["team_id"],
            staff_id=row["referrer_id"],
        )
        written = local_date(epoch_second(row["authored_at"], zone), zone)
        found = [
            (day, episode["episode_id"], episode["team_id"])
            for episode in care.episodes
            if episode["referral_id"] == row["referral_id"]
            and row["status"] not in ("draft", "entered-in-error")
            for day in care.contacts[episode["episode_id"]]
            if day >= written
        ]
        if found and period.holds(min(found)[0]):
            day, _, team = min(found)
            tally.add(metric, ("team", team), period, (day - written).days, 1)
            days_of.setdefault((metric, "team", team, period.kind, period.first), []).append(
                (day - written).days
            )
    return {key: float(median(days)) for key, days in days_of.items()}
