"""The patient-month: what the credited seconds add up to, whose month it is, and which month of a chain.

What belongs here: rows of the month and the chain that decides initial or subsequent. What does not: codes.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tests.reference.clinic import FAR_FUTURE, PROGRAMS, Clinic, Record
from tests.reference.ledger import Segment
from tests.reference.moments import latest_episode
from tests.reference.overlaps import CREDITED
from tests.reference.rules import Policy

INITIAL = "initial"
SUBSEQUENT = "subsequent"


def last_day(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def months_apart(earlier: date, later: date) -> int:
    """How many calendar months lie between two months, the earlier one included."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


@dataclass(frozen=True)
class Chain:
    """Months with credited seconds that belong together, up to one of them."""

    first_credited_day: date
    months: int


@dataclass(frozen=True)
class Month:
    """One patient, program and service month."""

    patient_id: str
    program: str
    month: date
    segments: list[Segment]
    episode: Record
    team: Record | None
    date_of_service: date
    payer_id: str | None
    policy: Policy | None
    chain: Chain | None
    type_it_would_have: str

    @property
    def credited(self) -> list[Segment]:
        """The segments that count."""
        return [segment for segment in self.segments if segment.disposition == CREDITED]

    @property
    def credited_seconds(self) -> int:
        """The sum."""
        return sum(segment.seconds for segment in self.credited)

    @property
    def credited_minutes(self) -> int:
        """The sum in minutes, rounded down once."""
        return self.credited_seconds // 60

    @property
    def month_type(self) -> str | None:
        """First month of a chain or a later one; nothing where nothing is credited."""
        return self.type_it_would_have if self.credited else None

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return last_day(self.month)


def read_months(clinic: Clinic, segments: list[Segment]) -> list[Month]:
    """All rows of the patient-month, sorted by patient, program and month."""
    by_key: dict[tuple[str, str, date], list[Segment]] = {}
    for patient_id, program, month in _months_in_program(clinic):
        by_key.setdefault((patient_id, program, month), [])
    for segment in segments:
        # Time after as_of is uncredited time of a month that has begun, and of no month that has not.
        if segment.episode is not None and segment.month <= clinic.as_of:
            key = (segment.entry.patient_id, segment.episode["program"], segment.month)
            by_key.setdefault(key, []).append(segment)
    found: list[Month] = []
    previous: Month | None = None
    for (patient_id, program, month), own in sorted(by_key.items()):
        if previous and (previous.patient_id, previous.program) != (patient_id, program):
            previous = None
        row = _month(clinic, patient_id, program, month, own, previous)
        if row.credited:
            previous = row
        found.append(row)
    return found


def _months_in_program(clinic: Clinic) -> Iterator[tuple[str, str, date]]:
    """The months, up to ``as_of``, on a day of which an episode is in force."""
    for patient_id in sorted({episode["patient_id"] for episode in clinic.all_of("episode")}):
        for program in PROGRAMS:
            for episode in clinic.episodes(patient_id, program):
                last = min(episode["ended_on"] or FAR_FUTURE, clinic.as_of)
                if episode["started_on"] > last:
                    continue
                month = episode["started_on"].replace(day=1)
                while month <= last:
                    yield patient_id, program, month
                    month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _month(
    clinic: Clinic,
    patient_id: str,
    program: str,
    month: date,
    segments: list[Segment],
    previous: Month | None,
) -> Month:
    """One row; ``previous`` is the last month before it with credited seconds."""
    episode = latest_episode(
        [
            episode
            for episode in clinic.episodes(patient_id, program)
            if episode["started_on"] <= last_day(month)
            and month <= (episode["ended_on"] or FAR_FUTURE)
            and episode["started_on"] <= (episode["ended_on"] or FAR_FUTURE)
        ]
    )
    date_of_service = min(last_day(month), clinic.died_on(patient_id) or FAR_FUTURE)
    policy = clinic.policy(patient_id, date_of_service)
    continues = False
    if previous is not None and policy is not None:
        empty_months = months_apart(previous.month, month) - 1
        continues = empty_months < policy.required_number("episode_gap_months")
    return Month(
        patient_id=patient_id,
        program=program,
        month=month,
        segments=segments,
        episode=episode,
        team=clinic.teams.get(episode["team_id"]),
        date_of_service=date_of_service,
        payer_id=clinic.primary_payer(patient_id, date_of_service),
        policy=policy,
        chain=_chain(segments, previous if continues else None),
        type_it_would_have=SUBSEQUENT if continues else INITIAL,
    )


def _chain(segments: list[Segment], previous: Month | None) -> Chain | None:
    credited_days = [segment.day for segment in segments if segment.disposition == CREDITED]
    if not credited_days:
        return None
    if previous is None or previous.chain is None:
        return Chain(min(credited_days), 1)
    return Chain(previous.chain.first_credited_day, previous.chain.months + 1)
