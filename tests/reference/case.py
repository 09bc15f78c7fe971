"""What a check looks at, and how it answers.

What belongs here: the case in front of the checks. What does not: any check.
"""

from dataclasses import dataclass
from datetime import date

from tests.reference.cells import Stamp, epoch_second, local_date
from tests.reference.clinic import Clinic, Record
from tests.reference.codes import Code
from tests.reference.moments import Moments
from tests.reference.months import Month
from tests.reference.rules import Policy

PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not_applicable"
DEAD_LINES = frozenset({"voided", "denied"})


@dataclass(frozen=True)
class Case:
    """What the checks look at: a month, its policy, and all the codes that it reached."""

    clinic: Clinic
    moments: Moments
    month: Month
    policy: Policy
    codes: list[Code]

    @property
    def code_names(self) -> list[str]:
        """The codes without their units."""
        return [code.procedure_code for code in self.codes]

    def local_day(self, stamp: Stamp, row_zone: str) -> date:
        """The date of a moment for this month: in the zone of its episode's team, else of the row."""
        zone = self.clinic.team_zone(self.month.episode["team_id"]) or row_zone
        return local_date(epoch_second(stamp, row_zone), zone)

    @property
    def claim_lines(self) -> list[Record]:
        """The patient's claim lines of the month."""
        lines = self.clinic.of_patient("claim_line", self.month.patient_id)
        return [line for line in lines if line["service_on"].replace(day=1) == self.month.month]

    @property
    def live_lines(self) -> list[Record]:
        """Those that were neither voided nor denied."""
        return [line for line in self.claim_lines if line["status"] not in DEAD_LINES]


def outcome_of(passes: bool) -> str:
    """The answer of a check that applies."""
    return PASS if passes else FAIL
