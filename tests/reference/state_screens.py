"""What a state asks of patients who may not be enrolled: seen, screened, first scored.

What belongs here: visits, screens and full-time equivalents. What does not: episodes (``state_report``).
"""

from datetime import date, timedelta
from fractions import Fraction

from tests.reference.cells import local_date
from tests.reference.clinic import Clinic, covers
from tests.reference.rules import Row, is_true, listed
from tests.reference.state_report import Records, Score

# Patient, team, and whether the patient stands in the numerator.
Member = tuple[str, str | None, bool]


class Screens:
    """Patients of one state's month."""

    def __init__(self, records: Records, setting: Row, first: date, last: date) -> None:
        """Keep the month."""
        self.records, self.setting, self.first, self.last = records, setting, first, last
        self.clinic: Clinic = records.clinic

    def seen(self) -> list[Member]:
        """Patients seen by primary care, and whether they were screened in the months before."""
        found: list[Member] = []
        for patient_id, patient in self.clinic.patients.items():
            visits = []
            for visit in self.clinic.of_patient("encounter", patient_id):
                second, _ = self.clinic.encounter_span(visit)
                day = local_date(second, self.clinic.encounter_zone(visit))
                old_enough = patient["birth_date"] and _age(patient["birth_date"], day) >= int(
                    self.setting["screen_min_age_years"]
                )
                if (
                    visit["service_line"] == "primary_care"
                    and visit["status"] == "finished"
                    and self.first <= day <= self.last
                    and old_enough
                    and any(self._qualifies(code) for code in listed(visit["billing_codes"] or ""))
                    and self._is_clinician(visit["practitioner_id"], day)
                ):
                    staffed = [one.team_id for one in self.clinic.staffings(visit["practitioner_id"], day)]
                    team = visit["team_id"] or (staffed[0] if staffed else None)
                    visits.append((-second, visit["encounter_id"], team))
            if visits:
                low = _months_before(self.last + timedelta(days=1), int(self.setting["screen_months"]))
                screened = any(
                    low <= day <= self.last and self._is_listed(score, "is_depression_screen", self.first)
                    for day, score in self._scores(patient_id)
                )
                found.append((patient_id, self._team(patient_id, min(visits)[2]), screened))
        return found

    def first_scores(self) -> list[Member]:
        """Patients whose first score in the month is an initial one, and whether it is positive."""
        found: list[Member] = []
        patience = timedelta(days=int(self.setting["initial_screen_days"]))
        for patient_id in {row["patient_id"] for row in self.clinic.all_of("assessment")}:
            scores = [
                (day, score)
                for day, score in self._scores(patient_id)
                if self._is_listed(score, "is_initial_screen", day.replace(day=1))
            ]
            of_month = [one for one in scores if self.first <= one[0] <= self.last]
            if of_month:
                day, score = of_month[0]
                if not any(day - patience <= other < day for other, _ in scores):
                    encounter = self.clinic.encounters.get(score.encounter_id or "")
                    team = self._team(patient_id, encounter["team_id"] if encounter else None)
                    cut = int(self.setting["screen_positive_at_least"])
                    found.append((patient_id, team, score.value >= cut))
        return found

    def fte(self, team: str | None) -> Fraction | None:
        """Full-time equivalents of a team, or of all, on the days of the month added up; None = unknown."""
        total = Fraction(0)
        day = self.first
        while day <= self.last:
            held: dict[tuple[str, str], tuple[date, Fraction | None]] = {}
            for row in self.clinic.all_of("staffing"):
                if row["role"] == self.setting["fte_role"] and covers(row, day):
                    since = row["effective_from"] or date.min
                    post = (row["practitioner_id"], row["team_id"])
                    fte = None if row["fte"] is None else Fraction(row["fte"])
                    if post not in held or held[post][0] < since:
                        held[post] = (since, fte)
            for (_, of_team), (_, fte) in held.items():
                if team is None or team == of_team:
                    if fte is None:
                        return None
                    total += fte
            day += timedelta(days=1)
        return total

    def _scores(self, patient_id: str) -> list[tuple[date, Score]]:
        dated = [(local_date(one.second, one.zone), one) for one in self.records.scores(patient_id)]
        return [one for one in dated if one[0] <= self.clinic.as_of]

    def _is_listed(self, score: Score, column: str, day: date) -> bool:
        row = self.clinic.rules.one(
            "state_report_instrument", day, state=self.setting["state"], instrument=score.scale
        )
        return row is not None and is_true(row[column])

    def _qualifies(self, code: str) -> bool:
        for span in listed(self.setting["qualifying_codes"]):
            low, _, high = span.partition("-")
            if low <= code <= (high or low) and len(code) == len(low):
                return True
        return False

    def _is_clinician(self, practitioner_id: str | None, day: date) -> bool:
        roles = {one.role for one in self.clinic.staffings(practitioner_id, day)}
        return not roles or bool(roles & set(listed(self.setting["clinician_roles"])))

    def _team(self, patient_id: str, otherwise: str | None) -> str | None:
        panel = self.clinic.panel(patient_id, self.last)
        return panel[0]["team_id"] if panel else otherwise


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month; ``day`` is never later than the 28th or follows a month's end."""
    count = day.year * 12 + day.month - 1 - months
    year, month = divmod(count, 12)
    while True:
        try:
            return date(year, month + 1, day.day)
        except ValueError:
            day -= timedelta(days=1)
