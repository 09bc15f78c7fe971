"""Caseloads drawn around the edges of a state's report: 90 days without a contact, 70 in treatment.

What belongs here: rows of the feeds. What does not: what the report makes of them.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.property.rows import DrawnRows

ZONES = ("America/New_York", "Pacific/Auckland", "America/Los_Angeles")
PAYERS = ("medicaid_nc", "medicaid_nc", "medicaid_tx", "medicare", "unknown_plan")
SCALES = ("PHQ-9", "PHQ-9", "GAD-7", "PCL-5", "PHQ-9M", "PHQ-A", "PHQ-2", "SMFQ-child", "EPDS")
SCORES = (3, 4, 5, 9, 10, 12, 20, 21, 24)
ACTIVITIES = ("follow_up_contact", "follow_up_contact", "initial_assessment", "outreach_attempt", "care_plan")
CODES = ("99213", "99204", "99211", "99385", "G0438", "99397;90837", "90837", "")
# Days from a start, or before the business date, at which things happen: beside every window.
GAPS = (30, 45, 60, 89, 90, 91, 92, 120)
STEPS = (0, 0, 1, 13, 14, 15, 30, 69, 70, 71, 89, 90, 91, 92, 120, 181)


class Caseload(DrawnRows):
    """Rows of the feeds in the making."""

    def __init__(self, as_of: date, seed: int) -> None:
        """Draw a clinic of three teams and their patients."""
        super().__init__(as_of, seed)
        self._add_clinic()
        for patient in range(45):
            self._add_patient(f"p{patient}")

    def near(self, day: date) -> date:
        """A day beside an edge after another one."""
        return day + timedelta(days=self.choices.one(STEPS) + self.choices.one((0, 0, 1, -1)))

    def moment(self, day: date) -> str:
        """A moment of a day, near midnight on some clock more often than not."""
        clock = time(self.choices.one((10, 0, 23, 4, 7)), self.choices.one((0, 30, 59)))
        zone = ZoneInfo(self.choices.one(ZONES))
        if self.choices.chance(30):
            return datetime.combine(day, clock).isoformat()
        return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _add_clinic(self) -> None:
        roles = ("pcp", "nurse", "care_manager", "bhc", "psychiatric_consultant", "care_manager")
        for number, zone in enumerate((ZONES[0], ZONES[1], "")):
            self.add("team", team_id=f"t{number}", team_name="A team", time_zone=zone)
        for number, role in enumerate(roles):
            self.add("practitioner", practitioner_id=f"s{number}")
            for _ in range(self.choices.number(1, 2)):
                self.add(
                    "staffing",
                    practitioner_id=f"s{number}",
                    team_id=f"t{self.choices.number(0, 2)}",
                    role=self.choices.one((role, role, role, "nurse")),
                    fte=self.choices.one(("1", "0.5", "0.3", "0.3", "0.7", "1", "0.5", "0.3", "")),
                    effective_from=self.choices.one(
                        ("", (self.as_of - timedelta(days=self.choices.number(1, 700))).isoformat())
                    ),
                    effective_to=self.choices.one(
                        ("", (self.as_of - timedelta(days=self.choices.number(1, 300))).isoformat())
                    ),
                )

    def _add_patient(self, patient: str) -> None:
        choices = self.choices
        start = self.as_of - timedelta(days=choices.one((400, 200, 100, 91, 90, 70, 69, 45, 20, 3)))
        visited = start + timedelta(days=choices.one(STEPS))
        twelve = visited.replace(year=start.year - 12, day=min(visited.day, 28))
        born = choices.one(("1980-05-05", "", twelve.isoformat()))
        self.add("patient", patient_id=patient, birth_date=born)
        if choices.chance(70):
            moved = self.near(start).isoformat()
            for first, last in (
                ("2020-01-01", moved),
                (moved, choices.one(("", self.near(start).isoformat()))),
            ):
                team = f"t{choices.number(0, 2)}"
                self.add("panel", patient_id=patient, team_id=team, effective_from=first, effective_to=last)
        for _ in range(choices.number(1, 2)):
            month = self.near(start).replace(day=1)
            bound = (month + timedelta(days=choices.one((0, 1, -1)))).isoformat()
            self.add(
                "coverage",
                coverage_id=self.id("cov"),
                patient_id=patient,
                payer_id=choices.one(PAYERS),
                effective_from=choices.one(("", bound)),
                effective_to=choices.one(("", "", bound)),
            )
        for _ in range(choices.number(1, 2)):
            self._add_episode(patient, start)
            start = self.near(start)
        for _ in range(choices.number(1, 4)):
            self._add_visit(patient, start)

    def _add_episode(self, patient: str, start: date) -> None:
        choices = self.choices
        self.add(
            "episode",
            episode_id=self.id("ep"),
            patient_id=patient,
            program=choices.one(("cocm", "cocm", "cocm", "bhi")),
            team_id=choices.one(("t0", "t0", "t1", "t2", "")),
            started_on=start.isoformat(),
            ended_on=choices.one(
                ("", "", self.near(start).isoformat(), (start - timedelta(days=1)).isoformat())
            ),
            status=choices.one(("active", "active", "finished", "onhold", "planned")),
            primary_instrument=choices.one(("", "", "PHQ-9", "PHQ-9M", "PCL-5")),
        )
        day, scale = start, choices.one(SCALES)
        for _ in range(choices.number(0, 6)):
            day = min(day + timedelta(days=choices.one(GAPS)), self.as_of + timedelta(days=1))
            self._add_contact(patient, day)
            if choices.chance(60):
                self._add_score(patient, self.near(day) if choices.chance(30) else day, scale)
        for _ in range(choices.number(1, 6)):
            self._add_score(patient, self.near(start), choices.one((scale, scale, choices.one(SCALES))))
        for _ in range(choices.number(0, 3)):
            self.add(
                "case_review",
                review_id=self.id("rev"),
                patient_id=patient,
                psychiatric_consultant_id="s4",
                reviewed_at=self.moment(self.near(start)),
                recommendation=choices.one(("continue", "change_medication", "")),
                status=choices.one(("final", "final", "entered-in-error")),
            )

    def _add_contact(self, patient: str, day: date) -> None:
        entry = self.id("e")
        cells = {
            "patient_id": patient,
            "staff_id": self.choices.one(("s2", "s5")),
            "activity_code": self.choices.one(ACTIVITIES),
            "started_at": self.moment(day),
            "duration_minutes": "20",
        }
        status = self.choices.one(("final", "final", "final", "amended", "entered-in-error"))
        self.add("care_activity", entry_id=entry, status=status, **cells)
        if self.choices.chance(20):
            self.add("care_activity", entry_id=f"{entry}-again", status="final", **cells)

    def _add_score(self, patient: str, day: date, scale: str) -> None:
        status = self.choices.one(("final", "final", "final", "amended", "preliminary"))
        for _ in range(self.choices.one((1, 1, 1, 2))):
            score = min(
                self.choices.one(SCORES), 6 if scale == "PHQ-2" else 99, 21 if scale == "GAD-7" else 99
            )
            self.add(
                "assessment",
                assessment_id=self.id("a"),
                patient_id=patient,
                instrument=scale,
                score=str(score + (30 if scale == "PCL-5" else 0)),
                taken_at=self.moment(day),
                status=status,
            )

    def _add_visit(self, patient: str, start: date) -> None:
        choices = self.choices
        day = self.near(start) if choices.chance(50) else self.as_of - timedelta(days=choices.number(0, 60))
        self.add(
            "encounter",
            encounter_id=self.id("v"),
            patient_id=patient,
            practitioner_id=choices.one(("s0", "s1", "s3", "gone", "")),
            team_id=choices.one(("t0", "t1", "")),
            encounter_class="ambulatory",
            service_line=choices.one(("primary_care", "primary_care", "behavioral_health", "psychiatry")),
            started_at=self.moment(day),
            status=choices.one(("finished", "finished", "finished", "cancelled")),
            billing_codes=choices.one(CODES),
        )
        if choices.chance(60):
            long_ago = day - timedelta(days=choices.one((0, 364, 365, 366, 330, 395)))
            self._add_score(patient, long_ago, choices.one(("PHQ-2", "PHQ-9", "PHQ-A", "GAD-7")))
