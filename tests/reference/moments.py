"""The fate of each moment by itself: rules 1 to 12 of the ledger.

What belongs here: what holds at one second of one entry, without regard to other time. What does not: who
claimed the second first (``overlaps``).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from tests.reference.cells import epoch_second, first_second, local_date
from tests.reference.clinic import ABSENT_STATUSES, PROGRAMS, Clinic, Record, covers
from tests.reference.intervals import Entry
from tests.reference.rules import Policy, listed

CONSENT_STATUSES = frozenset({"active", "inactive"})
STAY_CLASSES = frozenset({"inpatient", "observation"})
ENDLESS = 2**62
Span = tuple[int, int]


@dataclass(frozen=True)
class Moment:
    """What holds for one entry from one border to the next."""

    start: int
    end: int
    day: date
    zone: str
    episode: Record | None
    policy: Policy | None
    refusal: str | None


class Moments:
    """Cuts entries at every border and decides what lies between."""

    def __init__(self, clinic: Clinic, entries: list[Entry]) -> None:
        """Find the duplicates among all entries, which no entry can tell by itself."""
        self._clinic = clinic
        self._duplicates = _duplicates(entries)

    def of_entry(self, entry: Entry) -> list[Moment]:
        """The moments of an entry, in order, without a gap."""
        borders = sorted({entry.start, entry.end} | self._borders(entry))
        inside = [border for border in borders if entry.start <= border <= entry.end]
        return [self._moment(entry, start, end) for start, end in pairwise(inside)]

    def _borders(self, entry: Entry) -> set[int]:
        """Every second at which something that a rule asks about can change."""
        clinic = self._clinic
        zones = {entry.zone} | {
            clinic.team_zone(episode["team_id"]) or entry.zone
            for episode in clinic.of_patient("episode", entry.patient_id)
        }
        borders = set()
        for zone in zones:
            first, last = local_date(entry.start, zone), local_date(entry.end, zone)
            for offset in range((last - first).days + 1):
                borders.add(first_second(first + timedelta(days=offset), zone))
        for consent in clinic.of_patient("consent", entry.patient_id):
            borders.update(self._consent_span(consent))
        for encounter in clinic.of_patient("encounter", entry.patient_id):
            start, end = self._stay_span(encounter)
            borders.update((start, end))
        return borders

    def _moment(self, entry: Entry, start: int, end: int) -> Moment:
        clinic = self._clinic
        episode = self._episode(entry, start)
        zone = entry.zone
        if episode is not None:
            zone = clinic.team_zone(episode["team_id"]) or entry.zone
        day = local_date(start, zone)
        policy = clinic.policy(entry.patient_id, day)
        refusal = self._refusal(entry, start, day, episode, policy)
        return Moment(start, end, day, zone, episode, policy, refusal)

    def _episode(self, entry: Entry, second: int) -> Record | None:
        """The episode of the moment, each tested in its own team's zone: cocm, then the latest."""
        clinic = self._clinic
        for program in PROGRAMS:
            in_force = [
                episode
                for episode in clinic.episodes(entry.patient_id, program)
                if covers(
                    episode,
                    local_date(second, clinic.team_zone(episode["team_id"]) or entry.zone),
                    "started_on",
                    "ended_on",
                )
            ]
            if in_force:
                return latest_episode(in_force)
        return None

    def _refusal(
        self, entry: Entry, second: int, day: date, episode: Record | None, policy: Policy | None
    ) -> str | None:
        """The first of rules 1 to 12 that holds, if any."""
        clinic = self._clinic
        if entry.is_voided:
            return "voided"
        if entry.entry_id in self._duplicates:
            return "duplicate"
        if day > clinic.as_of:
            return "future_dated"
        if entry.patient_id not in clinic.patients:
            return "unknown_patient"
        if entry.staff_id not in clinic.practitioners:
            return "unknown_staff"
        if episode is None:
            return "no_episode"
        if day > (clinic.died_on(entry.patient_id) or date.max):
            return "after_death"
        if not self.has_consent(entry.patient_id, episode["program"], second):
            return "outside_consent"
        if self._countable_role(entry, day, episode, policy) is None:
            return "unqualified_staff"
        if not clinic.rules.activity_flag(entry.activity_code, "is_countable", day):
            return "not_countable_activity"
        encounters = clinic.of_patient("encounter", entry.patient_id)
        if any(self._is_billed_at(one, entry.staff_id, second, day) for one in encounters):
            return "billed_separately"
        counts_stays = policy is not None and policy.flag("counts_facility_stay")
        if not counts_stays and any(self._is_stay_at(one, second) for one in encounters):
            return "facility_stay"
        return None

    def has_consent(self, patient_id: str, program: str, second: int) -> bool:
        """Whether a consent to the program is in force at a second."""
        for consent in self._clinic.of_patient("consent", patient_id):
            start, end = self._consent_span(consent)
            counts = consent["program"] == program and consent["status"] in CONSENT_STATUSES
            if counts and start <= second < end:
                return True
        return False

    def _consent_span(self, consent: Record) -> Span:
        zone = self._clinic.row_zone(
            consent["granted_at"], patient_id=consent["patient_id"], staff_id=consent["recorded_by"]
        )
        revoked_at = consent["revoked_at"]
        end = epoch_second(revoked_at, zone) if revoked_at else ENDLESS
        return epoch_second(consent["granted_at"], zone), end

    def _stay_span(self, encounter: Record) -> Span:
        """An encounter without an end lasts to the end of ``as_of``."""
        start, end = self._clinic.encounter_span(encounter)
        if end is None:
            zone = self._clinic.encounter_zone(encounter)
            end = first_second(self._clinic.as_of + timedelta(days=1), zone)
        return start, end

    def _is_billed_at(self, encounter: Record, staff_id: str, second: int, day: date) -> bool:
        start, end = self._clinic.encounter_span(encounter)
        if encounter["status"] != "finished" or end is None or encounter["practitioner_id"] != staff_id:
            return False
        codes = listed(encounter["billing_codes"] or "")
        is_billed = any(
            self._clinic.rules.procedure_flag(code, "is_separately_billed", day) for code in codes
        )
        return is_billed and start <= second < end

    def _is_stay_at(self, encounter: Record, second: int) -> bool:
        if encounter["encounter_class"] not in STAY_CLASSES or encounter["status"] in ABSENT_STATUSES:
            return False
        start, end = self._stay_span(encounter)
        return start <= second < end

    def _countable_role(
        self, entry: Entry, day: date, episode: Record | None, policy: Policy | None
    ) -> str | None:
        if episode is None or policy is None:
            return None
        countable = policy.countable_roles(episode["program"])
        held = [one.role for one in self._clinic.staffings(entry.staff_id, day) if one.role in countable]
        return held[0] if held else None

    def staff_role(self, entry: Entry, moment: Moment) -> str | None:
        """The countable role held, else the role of the largest share of a full-time post."""
        countable = self._countable_role(entry, moment.day, moment.episode, moment.policy)
        if countable:
            return countable
        held = self._clinic.staffings(entry.staff_id, moment.day)
        return held[0].role if held else None


def latest_episode(episodes: list[Record]) -> Record:
    """The episode with the latest start, then the lowest id."""
    return min(episodes, key=lambda one: (-one["started_on"].toordinal(), one["episode_id"]))


def _duplicates(entries: list[Entry]) -> set[str]:
    """Entries that say again what an entry documented before them, or of a lower id, says already."""
    first: dict[tuple[object, ...], tuple[object, ...]] = {}
    valid = [entry for entry in entries if not entry.is_voided]
    for entry in valid:
        rank = _documented_rank(entry)
        first[_content(entry)] = min(first.get(_content(entry), rank), rank)
    return {entry.entry_id for entry in valid if _documented_rank(entry) > first[_content(entry)]}


def _content(entry: Entry) -> tuple[object, ...]:
    return (entry.patient_id, entry.staff_id, entry.activity_code, entry.start, entry.end)


def _documented_rank(entry: Entry) -> tuple[object, ...]:
    second = entry.documented_second
    return (second is None, second or 0, entry.entry_id)
