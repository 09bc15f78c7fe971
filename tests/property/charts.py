"""Random charts for the quality measures: codes of their value sets on days at the edges of their windows.

What belongs here: drawing rows of feeds. What does not: what the measures make of them.
"""

import csv
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from random import Random

from tests.support.warehouse import SEEDS

Row = dict[str, str]
AS_OF = date(2026, 11, 22)
ANCHORS = (
    date(2024, 2, 29),
    date(2024, 10, 31),
    date(2025, 1, 1),
    date(2025, 6, 21),
    date(2025, 10, 31),
    date(2025, 12, 31),
    date(2026, 3, 8),
)
STEPS = (0, 0, 0, 1, 2, 3, 7, 8, 14, 15, 16, 60, 120, 121, 240, 241, 305, 306, 365, 425, 426)
CLOCKS = ("00:30:00Z", "04:59:59Z", "05:00:00Z", "15:00:00Z", "23:30:00", "")
VISIT_SETS = (
    *("Contact or Office Visit",) * 6,
    *("Encounter to Screen for Depression",) * 6,
    *("Telephone Visits",) * 3,
    "Encounter Inpatient",
    "Hospice Encounter",
    "Palliative Care Encounter",
)
DIAGNOSES = (
    *("Major Depression Including Remission",) * 6,
    *("Dysthymia",) * 3,
    "Bipolar Disorder",
    "Personality Disorder Emotionally Labile",
    "Hospice Diagnosis",
    "Palliative Care Diagnosis",
)
PROCEDURES = (
    "Hospice Care Ambulatory",
    "Palliative Care Intervention",
    "Follow Up for Adult Depression",
    "Follow Up for Adolescent Depression",
)
SCREENS = ("depression_screen_adult", "depression_screen_adolescent", "PHQ-2", "PHQ-9", "PHQ-9M", "GAD-7")


def draw_charts(seed: int, patients: int) -> dict[str, list[Row]]:
    """Feeds of a clinic with so many patients; the same seed draws the same rows."""
    return _Drawing(seed).feeds(patients)


class _Drawing:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.rows: dict[str, list[Row]] = {}
        self.codes: dict[str, list[Row]] = {}
        with (SEEDS / "value_set.csv").open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                self.codes.setdefault(row["value_set"], []).append(row)

    def feeds(self, patients: int) -> dict[str, list[Row]]:
        zones = ("America/New_York", "")
        for number, zone in enumerate(zones):
            self.add("team", team_id=f"t{number}", team_name="A clinic", time_zone=zone)
        for number in range(patients):
            self.patient(f"p{number}")
        return self.rows

    def patient(self, patient_id: str) -> None:
        pick, random = self.random.choice, self.random
        near = pick(ANCHORS)
        first = date(near.year, 1, 1)
        ages = [(day, age) for day in (near, first) for age in (12, 17, 18)]
        born = [day.replace(year=day.year - age, day=min(day.day, 28)) for day, age in ages]
        self.add(
            "patient",
            patient_id=patient_id,
            birth_date=str(pick([*born, date(1970, 1, 1)]) + timedelta(pick((0, 1)))),
            deceased_on=str(self.day(near)) if random.random() < 0.1 else "",
        )
        if random.random() < 0.7:
            for team_id, start in (("t0", "2020-01-01"), ("t1", "2025-12-31"))[: pick((1, 2))]:
                self.add("panel", patient_id=patient_id, team_id=team_id, effective_from=start)
        visits = [self.visit(patient_id, near) for _ in range(pick((1, 2, 3)))]
        if random.random() < 0.6:
            self.course(patient_id, near)
        self.some(3, lambda: self.diagnosis(patient_id, near))
        self.some(5, lambda: self.assessment(patient_id, near, visits))
        if random.random() < 0.5:
            self.some(2, lambda: self.order(patient_id, near))

    def course(self, patient_id: str, near: date) -> None:
        """An index score about an office visit with depression, and a score about the end of a window."""
        pick = self.random.choice
        code = pick([row for row in self.codes["Contact or Office Visit"] if "cpt" in row["code_system"]])
        self.add(
            "encounter",
            encounter_id=self.new_id("e", patient_id),
            patient_id=patient_id,
            encounter_class="ambulatory",
            service_line="primary_care",
            started_at=f"{near}T15:00:00Z",
            status="finished",
            billing_codes=code["code"],
        )
        self.add(
            "condition",
            condition_id=self.new_id("c", patient_id),
            patient_id=patient_id,
            icd10_code="F32.9",
            category="problem",
            verification_status=pick(("confirmed", "confirmed", "confirmed", "")),
            clinical_status="active",
            onset_on=str(near - timedelta(pick((-1, 0, 100)))),
        )
        index = near - timedelta(pick((0, 0, 7, 8, 15, 16)))
        late = pick((119, 120, 180, 240, 241, 304, 305, 306, 365, 425, 426))
        for day, scores in ((index, (9, 10, 11, 20)), (index + timedelta(late), (4, 5, 6, 10))):
            self.add(
                "assessment",
                assessment_id=self.new_id("a", patient_id),
                patient_id=patient_id,
                instrument=pick(("PHQ-9", "PHQ-9M")),
                score=str(pick(scores)),
                taken_at=f"{day}T15:00:00Z",
                status="final",
            )

    def visit(self, patient_id: str, near: date) -> str:
        pick = self.random.choice
        encounter_id = self.new_id("e", patient_id)
        code = pick(self.codes[pick(VISIT_SETS)])
        is_billed = code["code_system"].endswith(("cpt", "CodeSets")) and pick((True, False))
        day = near - timedelta(pick((0, 0, 1, 14)))
        start = f"{day}T{pick(('04:30:00Z', '15:00:00Z'))}"
        end = pick((f"{day}T16:00:00Z", f"{day + timedelta(1)}T05:00:00Z", ""))
        self.add(
            "encounter",
            encounter_id=encounter_id,
            patient_id=patient_id,
            team_id=pick(("t0", "", "")),
            encounter_class="ambulatory",
            service_line="primary_care",
            started_at=start,
            ended_at=end,
            status=pick(("finished", "finished", "finished", "finished", "cancelled", "in-progress")),
            billing_codes=f"x;{code['code']}" if is_billed else "",
            type_codes="" if is_billed else f"{code['code_system']}|{code['code']}",
            discharge_disposition=self.pair("Hospice Discharge") if pick((True, False)) else "",
        )
        return encounter_id

    def diagnosis(self, patient_id: str, near: date) -> None:
        pick = self.random.choice
        code = pick(self.codes[pick(DIAGNOSES)])
        is_icd = code["code_system"].endswith("icd-10-cm")
        self.add(
            "condition",
            condition_id=self.new_id("c", patient_id),
            patient_id=patient_id,
            icd10_code=pick((code["code"], code["code"].replace(".", ""))) if is_icd else "",
            snomed_code="" if is_icd else code["code"],
            category=pick(("problem", "problem", "health_concern", "encounter", "")),
            verification_status=pick(("confirmed", "confirmed", "confirmed", "", "refuted", "provisional")),
            clinical_status=pick(("active", "active", "active", "relapse", "", "remission")),
            onset_on=pick((str(self.day(near)), "2020-01-01", "")),
            recorded_on=pick((str(self.day(near)), "")),
            abated_on=str(self.day(near)) if pick((True, False, False)) else "",
        )

    def assessment(self, patient_id: str, near: date, visits: Iterable[str]) -> None:
        pick = self.random.choice
        kind = pick(("score", "score", "score", "finding", "not_done", "answer"))
        instrument = pick(SCREENS) if kind != "score" else pick((*SCREENS[2:], "PHQ-9", "PHQ-9"))
        at = {
            "patient_id": patient_id,
            "encounter_id": pick((*visits, "")),
            "status": pick(("final",) * 5 + ("corrected", "amended", "preliminary", "")),
        }
        if kind == "answer":
            name = pick(("Adult Depression Screening", "Hospice Assessment", "Palliative Care Assessment"))
            code = pick([row for row in self.codes[name] if row["code_system"] != "instrument"])
            value = pick((self.pair("Hospice Assessment Yes"), "|true", ""))
            self.add(
                "observation",
                **{**at, "status": at["status"] or "final"},
                observation_id=self.new_id("o", patient_id),
                code_system=code["code_system"],
                code=code["code"],
                value_code=value,
                observed_at=self.moment(near),
            )
            return
        high = 6 if instrument == "PHQ-2" else 27
        self.add(
            "assessment",
            **at,
            assessment_id=self.new_id("a", patient_id),
            instrument=instrument,
            score=str(min(high, pick((0, 2, 3, 4, 5, 9, 10, 11, 20)))) if kind == "score" else "",
            screen_result=pick(("positive", "positive", "negative")) if kind == "finding" else "",
            not_done_reason=pick(("refused", "medical", "other")) if kind == "not_done" else "",
            taken_at=self.moment(near),
        )

    def order(self, patient_id: str, near: date) -> None:
        pick = self.random.choice
        feed = pick(("procedure", "referral", "medication_order"))
        forbidden = pick(("", "", "false", "true"))
        if feed == "procedure":
            code = pick(self.codes[pick(PROCEDURES)])
            self.add(
                feed,
                procedure_id=self.new_id("r", patient_id),
                patient_id=patient_id,
                code_system=code["code_system"],
                code=code["code"],
                performed_at=self.moment(near),
                status=pick(("completed", "completed", "ordered", "not-done", "in-progress")),
            )
        elif feed == "referral":
            self.add(
                feed,
                referral_id=self.new_id("f", patient_id),
                patient_id=patient_id,
                team_id=pick(("t0", "")),
                service_line="other",
                service_code=self.pair(pick(("Hospice Care Ambulatory", "Referral for Adult Depression"))),
                intent=pick(("order", "plan", "")),
                do_not_perform=forbidden,
                authored_at=self.moment(near),
                status=pick(("active", "completed", "revoked")),
            )
        else:
            code = pick(
                self.codes[pick(("Adult Depression Medications", "Adolescent Depression Medications"))]
            )
            self.add(
                feed,
                order_id=self.new_id("m", patient_id),
                patient_id=patient_id,
                code_system=code["code_system"],
                code=code["code"],
                intent=pick(("order", "plan", "")),
                do_not_perform=forbidden,
                authored_at=self.moment(near),
                status=pick(("active", "completed", "stopped")),
            )

    def some(self, most: int, draw: Callable[[], None]) -> None:
        for _ in range(self.random.randint(1, most)):
            draw()

    def pair(self, value_set: str) -> str:
        code = self.random.choice(self.codes[value_set])
        return f"{code['code_system']}|{code['code']}"

    def day(self, near: date) -> date:
        return near + timedelta(self.random.choice((-1, 1)) * self.random.choice(STEPS))

    def moment(self, near: date) -> str:
        clock = self.random.choice(CLOCKS)
        return f"{self.day(near)}T{clock}" if clock else str(self.day(near))

    def new_id(self, letter: str, patient_id: str) -> str:
        return f"{patient_id}-{letter}{sum(map(len, self.rows.values()))}"

    def add(self, feed: str, **cells: str) -> None:
        self.rows.setdefault(feed, []).append(cells)
