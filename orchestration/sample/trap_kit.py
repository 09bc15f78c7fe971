"""The tools that traps are built with: patients and staff of their own, entries, files, and the record.

Belongs here: a case (one patient under care, complete and billable unless told otherwise) and where its
rows land.
Does not belong here: what goes wrong (`traps_*.py`).

All of a case's time lies in the trap month, the latest month that is closed on `as_of`. Its people are
delivered long before, its enrolment two weeks before the month, its entries on the third day after it,
before it is closed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.sample.days import PROMPT_DELIVERY_DAYS, ZONES, Window, day_of, month_at
from orchestration.sample.names import FAMILY_NAMES, GIVEN_NAMES
from orchestration.sample.planted import Trap
from orchestration.sample.workforce import npi_of

Row = dict[str, str]
CLOSE_AFTER_DAYS = 5
MORE = "_more"
_TEAMS = ("TX000", "TX001")
_PATIENTS_AN_INSTANCE = 1_000
_FEWEST_INSTANCES, _MOST_INSTANCES = 2, 8
_FIRST_NPI = 800_000
# The seeds know Medicare from 2024 on; a call over the month's beginning needs the month before it too.
_FIRST_TRAP_MONTH = date(2024, 2, 1)


@dataclass
class Case:
    """A patient under care with staff of his or her own."""

    patient_id: str
    program: str
    team: int
    care_manager: str
    pcp: str
    consultant: str
    episode_id: str
    started_on: date
    entry_ids: list[str] = field(default_factory=list)


class Kit:
    """Rows of all feeds that the traps add, and the record of what was planted.

    A larger panel has more instances of each trap, at most 8.
    """

    def __init__(self, window: Window, patients: int) -> None:
        """Find the trap month; nothing is written.

        Raises:
            ValueError: if `as_of` is so early that the trap month has no policy of its own.
        """
        self.as_of = day_of(window.as_of)
        last = month_at(window.months[-1].ordinal - 1)
        if window.as_of <= last.last + CLOSE_AFTER_DAYS:
            last = month_at(last.ordinal - 1)
        self.month = day_of(last.first)
        if self.month < _FIRST_TRAP_MONTH:
            raise ValueError(
                f"Traps need a closed month from {_FIRST_TRAP_MONTH.isoformat()} on; take a later date."
            )
        self.month_end = day_of(last.last)
        self.month_before = day_of(month_at(last.ordinal - 1).first)
        self.prompt = self.month_end + timedelta(days=PROMPT_DELIVERY_DAYS)
        self.enrolled_on = self.month - timedelta(days=14)
        self.people_on = self.month - timedelta(days=330)
        self.instances = min(max(_FEWEST_INSTANCES, patients // _PATIENTS_AN_INSTANCE), _MOST_INSTANCES)
        self.rows: dict[tuple[str, date, str], list[Row]] = defaultdict(list)
        self.raw_files: dict[tuple[str, date, str], bytes] = {}
        self.traps: list[Trap] = []
        self._columns: dict[str, list[str]] = {}
        self._counts: dict[str, int] = defaultdict(int)
        self._colleagues: dict[tuple[str, int], str] = {}
        for number, team in enumerate(_TEAMS):
            self.add(
                "team",
                self.people_on,
                {
                    "team_id": team,
                    "team_name": f"Trapdoor {number + 1} Primary Care",
                    "site_id": f"SX{number:03d}",
                    "site_name": f"Trapdoor {number + 1}",
                    "time_zone": ZONES[number],
                    "billing_tin": f"98{number:07d}",
                    "facility_type": "office",
                    "complexity_tier": "moderate",
                },
            )

    def number(self, kind: str) -> int:
        """Return the next number of a kind, from 1."""
        self._counts[kind] += 1
        return self._counts[kind]

    def add(self, feed: str, delivered_on: date, row: Row, name: str = MORE) -> int:
        """Add a row to a file of a delivery and return its number in the file, from 1."""
        rows = self.rows[feed, delivered_on, feed + name if name.startswith("_") else name]
        self._columns.setdefault(feed, list(row))
        rows.append(row)
        return len(rows)

    def add_bare(self, feed: str, delivered_on: date, row: Row) -> int:
        """Add a row that says only what is given, in a file that has the feed's usual columns."""
        return self.add(feed, delivered_on, dict.fromkeys(self._columns[feed], "") | row)

    def raw_file(self, feed: str, delivered_on: date, name: str, content: bytes) -> str:
        """Add a file of given bytes; return its path below the landing folder."""
        self.raw_files[feed, delivered_on, name] = content
        return f"{feed}/{delivered_on.isoformat()}/{name}"

    def day(self, number: int) -> date:
        """Return a day of the trap month by its number in the month."""
        return self.month.replace(day=number)

    def zone(self, team: int) -> ZoneInfo:
        """Return a trap team's zone."""
        return ZoneInfo(ZONES[team])

    def staff(self, role: str, team: int = 0, npi: str | None = None, until: str = "") -> str:
        """Add a member of the staff; a valid NPI unless given; return the id."""
        number = self.number("staff")
        staff_id = f"PX{number:05d}"
        self.add(
            "practitioner",
            self.people_on,
            {
                "practitioner_id": staff_id,
                "npi": npi_of(_FIRST_NPI + number) if npi is None else npi,
                "family_name": FAMILY_NAMES[number % len(FAMILY_NAMES)],
                "given_name": GIVEN_NAMES[number % len(GIVEN_NAMES)],
                "credential": "MD" if role in ("pcp", "psychiatric_consultant") else "LCSW",
            },
        )
        self.add(
            "staffing",
            self.people_on,
            {
                "practitioner_id": staff_id,
                "team_id": _TEAMS[team],
                "role": role,
                "fte": "0.01",
                "hourly_cost_usd": "50.00",
                "effective_from": "2015-01-01",
                "effective_to": until,
            },
        )
        return staff_id

    def colleague(self, role: str, team: int) -> str:
        """Return the id of the role's one member whom all cases of a trap team share."""
        if (role, team) not in self._colleagues:
            self._colleagues[role, team] = self.staff(role, team)
        return self._colleagues[role, team]

    def patient(self, team: int = 0, payer: str = "medicare", family_name: str = "", died: str = "") -> str:
        """Add a patient of 66 with panel and coverage; no payer, no coverage; return the id."""
        number = self.number("patient")
        patient_id = f"X{number:07d}"
        birth_year = self.month.year - 66
        self.add(
            "patient",
            self.people_on,
            {
                "patient_id": patient_id,
                "mrn": f"MX{number:07d}",
                "family_name": family_name or FAMILY_NAMES[number % len(FAMILY_NAMES)],
                "given_name": GIVEN_NAMES[number % len(GIVEN_NAMES)],
                "birth_date": f"{birth_year}-02-03",
                "sex": "female",
            },
        )
        if died:
            self.add("patient", self.prompt, self.rows[self._patients_file()][-1] | {"deceased_on": died})
        panel = {"patient_id": patient_id, "team_id": _TEAMS[team], "effective_from": "2020-01-01"}
        self.add("panel", self.people_on, panel)
        if payer:
            self.coverage(patient_id, payer)
        return patient_id

    def _patients_file(self) -> tuple[str, date, str]:
        return ("patient", self.people_on, "patient" + MORE)

    def coverage(self, patient_id: str, payer: str, since: str = "2020-01-01", until: str = "") -> None:
        """Add a primary coverage."""
        self.add(
            "coverage",
            self.people_on,
            {
                "coverage_id": f"CX{self.number('coverage'):06d}",
                "patient_id": patient_id,
                "payer_id": payer,
                "rank": "1",
                "effective_from": since,
                "effective_to": until,
            },
        )

    def moment(self, team: int, day: date, clock: str, style: str = "local", fold: int = 0) -> str:
        """Return a local time as text: `local` without an offset, `utc` with Z, `offset` with its own."""
        hour, minute = (int(part) for part in clock.split(":")[:2])
        second = int(clock.split(":")[2]) if clock.count(":") == 2 else 0
        local = datetime.combine(day, time(hour, minute, second, fold=fold), tzinfo=self.zone(team))
        if style == "local":
            return local.replace(tzinfo=None).isoformat()
        if style == "offset":
            return local.isoformat()
        return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None).isoformat() + "Z"

    def refused(self, name: str, row: int, reason: str, feed: str = "care_activity") -> dict[str, Any]:
        """Return an expected row of the quarantine, of a prompt delivery; row 0 is the whole file."""
        file = f"{feed}/{self.prompt.isoformat()}/{name}"
        return {"feed": feed, "file": file, "row": row, "reason": reason}

    def plant(
        self,
        trap: str,
        says: str,
        cases: Iterable[Case | str],
        entry_ids: Iterable[str] = (),
        count: int | None = None,
        **expected: list[dict[str, Any]],
    ) -> None:
        """Record a trap: its name, what is odd, on whom it was planted and what must come of it."""
        patient_ids = [case.patient_id if isinstance(case, Case) else case for case in cases]
        entries = list(entry_ids)
        planted = len(patient_ids) if count is None else count
        self.traps.append(Trap(trap, says, planted, patient_ids, entries, dict(sorted(expected.items()))))
