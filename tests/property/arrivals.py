"""Primary care days drawn around the edges of case finding: a score a year old, a visit 180 days ago.

What belongs here: rows of the feeds. What does not: who is likely eligible by them.
"""

from datetime import date, timedelta

from tests.property.rows import DrawnRows

PCPS = ("doc0", "doc1", "doc2")
STATUSES = ("fulfilled", "fulfilled", "booked", "noshow", "cancelled", "arrived", "checked-in", "waitlist")
BEFORE = (0, 1, 2, 14, 30, 89, 90, 91, 180, 181, 364, 365, 366, 400)
AFTER = (0, 0, 1, 6, 7, 8, 13, 14, 15, 29, 30, 31)
SCALES = ("PHQ-9", "PHQ-9", "PHQ-9M", "GAD-7", "PHQ-2", "GAD-2", "PHQ-A", "PCL-5")
CODES = ("F32.1", "F34.1", "F34.0", "F41.9", "F43.2", "E11.9", "I10", "M79.7", "J45.909", "F99")


class Arrivals(DrawnRows):
    """Rows of the feeds in the making. All zones are UTC and all times noon: dates are what is tried."""

    def __init__(self, as_of: date, seed: int) -> None:
        """Draw one team, its providers and their patients."""
        super().__init__(as_of, seed)
        self.add("team", team_id="t", team_name="A team", site_id="s", time_zone="UTC")
        for name, role in [*((pcp, "pcp") for pcp in PCPS), ("bea", "bhc"), ("nell", "nurse")]:
            self.add("practitioner", practitioner_id=name)
            self.add("staffing", practitioner_id=name, team_id="t", role=role, fte="1")
        for patient in range(300):
            self._add_patient(f"p{patient}")

    def _before(self, day: date) -> str:
        return (day - timedelta(days=self.choices.one(BEFORE))).isoformat()

    def _after(self, day: date) -> str:
        return (day + timedelta(days=self.choices.one(AFTER))).isoformat()

    def _add_patient(self, patient: str) -> None:
        choices = self.choices
        first = self.as_of - timedelta(days=choices.one((0, 5, 20, 40, 60, 90, 91, 92, 93)))
        born = choices.one(
            ("1980-05-05", "", first.replace(year=first.year - 12, day=min(first.day, 28)).isoformat())
        )
        died = choices.one(("",) * 9 + (first.isoformat(), (first - timedelta(days=1)).isoformat()))
        if choices.chance(95):
            self.add("patient", patient_id=patient, birth_date=born, deceased_on=died)
        if choices.chance(90):
            self.add(
                "panel",
                patient_id=patient,
                team_id="t",
                pcp_id=choices.one(PCPS),
                effective_from="2020-01-01",
            )
        days = [
            first,
            *(first + timedelta(days=choices.one((0, 1, 30))) for _ in range(choices.number(0, 2))),
        ]
        if choices.chance(20):
            days.append(self.as_of + timedelta(days=choices.one((1, 2, 2, 3))))
        for day in days:
            self._add_appointment(patient, day)
        for _ in range(choices.number(1, 6)):
            self._add_evidence(patient, choices.one(days))
        for _ in range(choices.number(0, 3)):
            self._add_consequence(patient, choices.one(days))

    def _add_appointment(self, patient: str, day: date) -> None:
        choices = self.choices
        booked = choices.one(("", (day - timedelta(days=choices.one((0, 1, 30)))).isoformat()))
        cancelled = choices.one(("", (day - timedelta(days=choices.one((0, 1)))).isoformat()))
        status = (
            choices.one(STATUSES) if day <= self.as_of else choices.one(("booked", "pending", "cancelled"))
        )
        self.add(
            "appointment",
            appointment_id=self.id("a"),
            patient_id=patient,
            practitioner_id=choices.one((*PCPS, "nell", "")),
            team_id="t",
            service_line=choices.one(("primary_care",) * 5 + ("behavioral_health",)),
            booked_at=f"{booked}T12:00:00Z" if booked else "",
            starts_at=f"{day.isoformat()}T12:00:00Z",
            status=status,
            cancelled_at=f"{cancelled}T12:00:00Z" if cancelled and status == "cancelled" else "",
        )
        if choices.chance(20):
            self._add_encounter(patient, day.isoformat(), "ambulatory", "primary_care", "")

    def _add_encounter(self, patient: str, day: str, kind: str, line: str, who: str) -> str:
        name = self.id("v")
        self.add(
            "encounter",
            encounter_id=name,
            patient_id=patient,
            practitioner_id=who,
            team_id="t",
            encounter_class=kind,
            service_line=line,
            started_at=f"{day}T12:00:00Z",
            status=self.choices.one(("finished", "finished", "finished", "noshow")),
        )
        return name

    def _add_evidence(self, patient: str, day: date) -> None:
        choices = self.choices
        kind = choices.one(("score", "score", "score", "condition", "condition", "visit", "emergency"))
        if kind == "score":
            scale = choices.one(SCALES)
            taken = self._before(day)
            self.add(
                "assessment",
                assessment_id=self.id("s"),
                patient_id=patient,
                instrument=scale,
                score=choices.one(("0", "2", "3", "4", "5"))
                if scale.endswith("-2")
                else choices.one(("4", "5", "9", "10")),
                item9_score=choices.one(("", "0", "1")) if scale.startswith("PHQ-9") else "",
                taken_at=f"{taken}T{choices.number(10, 20)}:00:00Z",
                status=choices.one(("final", "final", "amended", "preliminary")),
            )
        elif kind == "condition":
            self._add_condition(patient, self._before(day), "")
        elif kind == "visit":
            self._add_encounter(
                patient, self._before(day), "ambulatory", "behavioral_health", choices.one(("bea", "nell"))
            )
        else:
            for _ in range(2):
                seen = self._before(day)
                named = self._add_encounter(patient, seen, "emergency", "other", "")
                self._add_condition(patient, choices.one((seen, day.isoformat())), choices.one(("", named)))

    def _add_condition(self, patient: str, recorded: str, encounter: str) -> None:
        choices = self.choices
        self.add(
            "condition",
            condition_id=self.id("c"),
            patient_id=patient,
            icd10_code=choices.one(CODES),
            recorded_on=choices.one((recorded, recorded, "")),
            onset_on=choices.one(("", "2020-01-01", recorded)),
            abated_on=choices.one(("", "", "", self._before(self.as_of))),
            clinical_status=choices.one(("active", "active", "", "resolved")),
            verification_status=choices.one(("confirmed", "confirmed", "", "refuted")),
            encounter_id=encounter,
        )

    def _add_consequence(self, patient: str, day: date) -> None:
        choices = self.choices
        if choices.chance(70):
            written = choices.one((self._after(day), self._after(day), self._before(day)))
            if choices.chance(50):
                met = self._after(date.fromisoformat(written))
                self._add_encounter(patient, met, "ambulatory", "behavioral_health", "bea")
            self.add(
                "referral",
                referral_id=self.id("r"),
                patient_id=patient,
                referrer_id=choices.one((*PCPS, "")),
                team_id="t",
                service_line=choices.one(("behavioral_health",) * 4 + ("psychiatry",)),
                method=choices.one(("order", "warm_handoff", "outreach", "self", "")),
                do_not_perform=choices.one(("", "", "false", "true")),
                authored_at=f"{written}T12:00:00Z",
                status=choices.one(
                    ("active", "active", "completed", "declined", "draft", "entered-in-error")
                ),
            )
        else:
            started = choices.one((self._after(day), self._before(day)))
            self.add(
                "episode",
                episode_id=self.id("e"),
                patient_id=patient,
                program=choices.one(("cocm", "bhi", "pcbh", "ccm")),
                team_id="t",
                started_on=started,
                ended_on=choices.one(("", "", max(started, self._before(day)))),
                status=choices.one(("active", "active", "planned")),
                end_reason=choices.one(("", "declined", "moved")),
            )
