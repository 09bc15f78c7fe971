"""Clinics drawn around the edges of the metrics: panels, visits, caseloads, scores and reviews.

What belongs here: rows of the feeds. What does not: what the metrics make of them.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.property.choices import Choices, Seeded
from tests.reference.versions import DeliveredRow
from tests.support.landing import Cells, deliver

ZONES = ("America/New_York", "Pacific/Auckland", "America/Los_Angeles")
# Days between two things: beside every window.
STEPS = (0, 1, 13, 14, 15, 28, 29, 30, 59, 60, 61, 69, 70, 90, 91, 180, 364, 365, 366)
SCORES = (3, 4, 5, 9, 10, 12, 18, 20, 24)
PATIENTS = 24


class Practice:
    """Rows of the feeds in the making."""

    def __init__(self, as_of: date, seed: int) -> None:
        """Draw three teams at two sites, their staff and their patients."""
        self.as_of = as_of
        self.choices: Choices = Seeded(seed)
        self.rows: dict[str, list[Cells]] = {}
        self.number = 0
        self._add_staff()
        for patient in range(PATIENTS):
            self._add_patient(f"p{patient}")

    def delivered(self) -> dict[str, list[DeliveredRow]]:
        """All rows, delivered on the business date."""
        return {feed: deliver(feed, self.as_of, rows) for feed, rows in self.rows.items()}

    def _add(self, feed: str, **cells: str) -> None:
        self.rows.setdefault(feed, []).append(cells)

    def _id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def _day(self, reach: int = 800) -> date:
        """A day of the past, or one that lies a step before the end of a month."""
        day = self.as_of - timedelta(days=self.choices.number(0, reach))
        if self.choices.chance(60):
            day = day.replace(day=1) - timedelta(days=1 + self.choices.one(STEPS))
        return day

    def _moment(self, day: date) -> str:
        """A moment of a day, near midnight on some clock more often than not."""
        clock = time(self.choices.one((10, 0, 23, 4, 7)), self.choices.one((0, 30, 59)))
        if self.choices.chance(30):
            return datetime.combine(day, clock).isoformat()
        zone = ZoneInfo(self.choices.one(ZONES))
        return datetime.combine(day, clock, zone).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _add_staff(self) -> None:
        for number, zone in enumerate(ZONES):
            tier = self.choices.one(("low", "moderate", "high", ""))
            self._add(
                "team",
                team_id=f"t{number}",
                team_name="A team",
                site_id=f"s{number // 2}",
                time_zone=zone,
                complexity_tier=tier,
            )
        roles = {"bhc": 3, "care_manager": 3, "pcp": 2, "psychiatric_consultant": 1}
        for role, people in roles.items():
            for number in range(people):
                name = f"{role}{number}"
                self._add("practitioner", practitioner_id=name, npi="1234567893")
                for team in {number % 3, self.choices.number(0, 2)}:
                    self._add_post(name, f"t{team}", role)

    def _add_post(self, name: str, team: str, role: str) -> None:
        change = self._day(500)
        first, second = (self.choices.one(("1.0", "0.5", "0.4", "0.25")) for _ in range(2))
        ends = self.choices.chance(40)
        post = {"practitioner_id": name, "team_id": team, "role": role}
        end = change.isoformat() if ends else ""
        self._add("staffing", **post, fte=first, effective_from="", effective_to=end)
        if self.choices.chance(50):
            start = (change + timedelta(days=self.choices.one((0, 1, 40)))).isoformat()
            fte = "" if self.choices.chance(20) else second
            self._add("staffing", **post, fte=fte, effective_from=start, effective_to="")

    def _add_patient(self, patient: str) -> None:
        died = self._day(300).isoformat() if self.choices.chance(15) else ""
        self._add("patient", patient_id=patient, birth_date="1980-05-05", sex="female", deceased_on=died)
        self._add("coverage", coverage_id=self._id("c"), patient_id=patient, payer_id="medicare", rank="1")
        for start in sorted({self._day(900) for _ in range(self.choices.number(0, 3))}):
            end = self._day(600)
            self._add(
                "panel",
                patient_id=patient,
                team_id=f"t{self.choices.number(0, 2)}",
                pcp_id=self.choices.one(("pcp0", "pcp1", "")),
                effective_from=start.isoformat(),
                effective_to=end.isoformat() if end >= start and self.choices.chance(60) else "",
            )
        self._add_visits(patient)
        if self.choices.chance(70):
            self._add_care(patient)

    def _add_visits(self, patient: str) -> None:
        day = self._day()
        for _ in range(self.choices.number(0, 9)):
            team = self.choices.one(("t0", "t1", "t2", ""))
            self._add(
                "encounter",
                encounter_id=self._id("e"),
                patient_id=patient,
                practitioner_id=self.choices.one(("bhc0", "bhc1", "bhc2", "bhc0", "bhc1", "pcp0")),
                team_id=team,
                encounter_class="ambulatory",
                service_line=self.choices.one(("behavioral_health",) * 6 + ("primary_care",)),
                visit_type=self.choices.one(("warm_handoff", "follow_up", "initial", "")),
                modality=self.choices.one(("in_person", "in_person", "video", "phone")),
                started_at=self._moment(day),
                status=self.choices.one(("finished",) * 6 + ("noshow",)),
            )
            if self.choices.chance(30):
                self._add_referral(patient, day)
            day += timedelta(days=self.choices.one(STEPS))

    def _add_referral(self, patient: str, day: date) -> str:
        referral = self._id("r")
        self._add(
            "referral",
            referral_id=referral,
            patient_id=patient,
            referrer_id=self.choices.one(("pcp0", "")),
            team_id=self.choices.one(("t0", "t1", "")),
            service_line=self.choices.one(("behavioral_health", "behavioral_health", "psychiatry")),
            method="order",
            authored_at=self._moment(day),
            status=self.choices.one(("active", "completed", "active", "draft", "entered-in-error")),
        )
        return referral

    def _add_care(self, patient: str) -> None:
        start = self._day(420)
        self._add(
            "consent",
            consent_id=self._id("k"),
            patient_id=patient,
            program="cocm",
            granted_at="2020-01-01T12:00:00Z",
            status="active",
        )
        for _ in range(self.choices.number(1, 3)):
            end = start + timedelta(days=self.choices.one(STEPS))
            is_open = self.choices.chance(50)
            asked = start - timedelta(days=self.choices.one((0, 1, 14)))
            self._add(
                "episode",
                episode_id=self._id("ep"),
                patient_id=patient,
                program="cocm",
                team_id=self.choices.one(("t0", "t1", "t2")),
                referral_id=self._add_referral(patient, asked) if self.choices.chance(60) else "",
                care_manager_id=self.choices.one(("care_manager0", "care_manager1", "")),
                billing_practitioner_id="pcp0",
                psychiatric_consultant_id="psychiatric_consultant0",
                started_on=start.isoformat(),
                ended_on="" if is_open else end.isoformat(),
                status=self.choices.one(("active", "finished", "active", "onhold", "planned")),
            )
            self._add_work(patient, start)
            start = end + timedelta(days=self.choices.one((0, 1, 2, 40)))

    def _add_work(self, patient: str, start: date) -> None:
        for _ in range(self.choices.number(0, 6)):
            day = start + timedelta(days=self.choices.one(STEPS))
            self._add(
                "care_activity",
                entry_id=self._id("a"),
                patient_id=patient,
                staff_id=self.choices.one(("care_manager0", "care_manager1")),
                activity_code=self.choices.one(("follow_up_contact", "follow_up_contact", "chart_review")),
                started_at=self._moment(day),
                duration_minutes=str(self.choices.one((5, 20, 40, 75))),
                status="final",
            )
            self._add(
                "assessment",
                assessment_id=self._id("q"),
                patient_id=patient,
                instrument=self.choices.one(("PHQ-9", "PHQ-9", "GAD-7", "PHQ-9M")),
                score=str(self.choices.one(SCORES[:-1])),
                taken_at=self._moment(start + timedelta(days=self.choices.one((-31, -30, -1, *STEPS)))),
                status=self.choices.one(("final", "amended", "preliminary")),
            )
            reviewed = start + timedelta(days=self.choices.one(STEPS))
            outcome = self.choices.one(("acted", "declined", ""))
            self._add(
                "case_review",
                review_id=self._id("v"),
                patient_id=patient,
                psychiatric_consultant_id="psychiatric_consultant0",
                reviewed_at=self._moment(reviewed),
                recommendation=self.choices.one(("continue", "change_medication")),
                acted_at=self._moment(reviewed + timedelta(days=2))
                if outcome and self.choices.chance(70)
                else "",
                outcome=outcome,
                status="final",
            )
