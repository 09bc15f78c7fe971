"""From versions of a time entry to the one interval that it claims.

What belongs here: rule 1 (version) and rule 2 (interval) of the ledger. What does not: whether its
time counts.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from tests.reference.cells import Stamp, epoch_second
from tests.reference.clinic import Clinic, Record
from tests.reference.versions import Version, versions_by_key

TOLERANCE = timedelta(seconds=60)
LONGEST_WORK = timedelta(hours=12)
LONGEST_INTERVAL = timedelta(hours=24)


@dataclass(frozen=True)
class Entry:
    """A time entry with the seconds that it claims, ``start`` included and ``end`` not."""

    entry_id: str
    patient_id: str
    staff_id: str
    activity_code: str
    start: int
    end: int
    documented_at: Stamp | None
    zone: str
    is_voided: bool

    @property
    def order(self) -> tuple[int, str]:
        """What pieces and ties are sorted by."""
        return (self.start, self.entry_id)

    @property
    def documented_second(self) -> int | None:
        """When it was written down."""
        return epoch_second(self.documented_at, self.zone) if self.documented_at else None


def read_entries(clinic: Clinic) -> list[Entry]:
    """The entries that have an interval; those without a plausible one are rejected at the clinic's door."""
    door = clinic.accepted["care_activity"]
    for version in list(door.versions):
        if not version.is_void:
            _, reason = _interval(clinic, version.values)
            if reason:
                door.reject("care_activity", version, reason)
    histories = versions_by_key(door.versions).values()
    entries = (_entry(clinic, history) for history in histories)
    return sorted((entry for entry in entries if entry), key=lambda entry: entry.order)


def _entry(clinic: Clinic, history: list[Version]) -> Entry | None:
    latest = history[-1]
    if not latest.is_void:
        return _build(clinic, latest.values, is_voided=False)
    withdrawn = next((version for version in reversed(history) if not version.is_void), None)
    if withdrawn is not None:
        return _build(clinic, withdrawn.values, is_voided=True)
    values = latest.values
    is_readable = all(values[column] for column in ("patient_id", "staff_id", "activity_code", "started_at"))
    if latest.is_deleted or not is_readable or _interval(clinic, values)[1]:
        return None
    return _build(clinic, values, is_voided=True)


def _build(clinic: Clinic, values: Record, *, is_voided: bool) -> Entry:
    (start, end), _ = _interval(clinic, values)
    return Entry(
        entry_id=values["entry_id"],
        patient_id=values["patient_id"],
        staff_id=values["staff_id"],
        activity_code=values["activity_code"],
        start=start,
        end=end,
        documented_at=values["documented_at"],
        zone=_zone(clinic, values),
        is_voided=is_voided,
    )


def _zone(clinic: Clinic, values: Record) -> str:
    return clinic.row_zone(
        values["started_at"],
        patient_id=values["patient_id"],
        encounter_id=values["encounter_id"],
        staff_id=values["staff_id"],
    )


def _interval(clinic: Clinic, values: Record) -> tuple[tuple[int, int], str | None]:
    """The claimed seconds, or why there are none."""
    nothing = (0, 0)
    if values["started_at"] is None:
        return nothing, "missing_required:started_at"
    zone = _zone(clinic, values)
    start = epoch_second(values["started_at"], zone)
    end = epoch_second(values["ended_at"], zone) if values["ended_at"] else None
    worked = _whole_seconds(values["duration_minutes"])
    if end is None and worked is None:
        return nothing, "open_interval"
    if (end is not None and end <= start) or (worked is not None and worked <= 0):
        return nothing, "non_positive_duration"
    if end is not None and worked is not None and worked > end - start + TOLERANCE.total_seconds():
        return nothing, "duration_exceeds_interval"
    interval = end - start if end is not None else worked or 0
    claimed = interval if worked is None else min(interval, worked)
    if claimed > LONGEST_WORK.total_seconds() or interval > LONGEST_INTERVAL.total_seconds():
        return nothing, "implausible_duration"
    return (start, start + claimed), None


def _whole_seconds(minutes: Decimal | None) -> int | None:
    if minutes is None:
        return None
    return int((minutes * 60).quantize(Decimal(1), rounding=ROUND_HALF_UP))
