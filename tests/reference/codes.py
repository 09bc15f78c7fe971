"""From minutes to codes and dollars: the code ladder.

What belongs here: which codes and units a month's minutes reach, what they are worth, and what comes next.
What does not: whether the claim may be sent (``checks``).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from tests.reference.clinic import Clinic
from tests.reference.months import Month
from tests.reference.rules import Policy, Row, is_true

HEALTH_CENTERS = frozenset({"fqhc", "rhc"})
NON_FACILITY = "non_facility"
LONGEST_STEP = 600


@dataclass(frozen=True)
class Code:
    """A code that a month's minutes reached."""

    procedure_code: str
    units: int
    rung: str


class Ladder:
    """The ladder of one patient-month: its policy, its path, its kind of month."""

    def __init__(self, clinic: Clinic, month: Month) -> None:
        """Find the rungs."""
        self._clinic = clinic
        self._month = month
        path = _path(clinic, month)
        self._rungs: dict[str, Row] = {
            row["rung"]: row
            for row in clinic.rules.rows("code_ladder", month.date_of_service)
            if (row["program"], row["month_type"], row["path"])
            == (month.program, month.type_it_would_have, path)
        }

    def codes(self, minutes: int) -> list[Code]:
        """The codes that so many minutes reach; the base before its add-on."""
        policy = self._month.policy
        if policy is None or "base" not in self._rungs:
            return []
        floor = self._base_floor(policy)
        if floor is not None and minutes >= floor:
            base = Code(self._rungs["base"]["procedure_code"], 1, "base")
            units = self._addon_units(policy, minutes)
            return [base, Code(self._rungs["addon"]["procedure_code"], units, "addon")] if units else [base]
        below = self._rungs.get("below_base")
        below_floor = policy.number(below["floor_column"]) if below else None
        if below and below_floor is not None and minutes >= below_floor:
            return [Code(below["procedure_code"], 1, "below_base")]
        return []

    def unbilled_minutes(self, minutes: int) -> int:
        """Minutes past the top of the capped range."""
        policy = self._month.policy
        cap = policy.number("max_units_99494") if policy else None
        if policy is None or cap is None or "addon" not in self._rungs:
            return 0
        first_past_the_top = self._addon_floor(policy, cap + 1)
        return max(0, minutes - first_past_the_top + 1)

    def next_step(self, minutes: int) -> tuple[int, list[Code]] | None:
        """The least addition that changes the list of codes, and the list that it leads to."""
        now = self.codes(minutes)
        for more in range(1, LONGEST_STEP):
            then = self.codes(minutes + more)
            if then != now:
                return more, then
        return None

    def amount(self, code: Code) -> Decimal | None:
        """What a code is expected to bring, rounded half up once; None where no rate is known."""
        month = self._month
        if month.policy is None:
            return None
        facility_type = (month.team or {}).get("facility_type")
        row = self._clinic.rules.one("facility_setting", month.date_of_service, facility_type=facility_type)
        setting = row["setting"] if row else NON_FACILITY
        rate = self._clinic.rules.rate(month.policy, code.procedure_code, setting, month.date_of_service)
        if rate is None:
            return None
        amount = code.units * rate * Decimal(month.policy.row["rate_multiplier"])
        return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    def total(self, codes: list[Code]) -> Decimal | None:
        """The sum over codes; None where one of them has no known rate."""
        amounts = [self.amount(code) for code in codes]
        known = [amount for amount in amounts if amount is not None]
        return sum(known, Decimal(0)) if len(known) == len(amounts) else None

    def _base_floor(self, policy: Policy) -> int | None:
        base = self._rungs["base"]
        target = policy.number(base["floor_column"])
        if target is not None and is_true(base["takes_midpoint"]) and policy.row["time_rule"] == "midpoint":
            return target // 2 + 1
        return target

    def _addon_floor(self, policy: Policy, unit: int) -> int:
        """The least minutes of the n-th unit of the add-on, which counts from the full target."""
        target = policy.required_number(self._rungs["base"]["floor_column"])
        first = policy.required_number(self._rungs["addon"]["floor_column"])
        return target + first + policy.required_number("addon_block_minutes") * (unit - 1)

    def _addon_units(self, policy: Policy, minutes: int) -> int:
        if "addon" not in self._rungs:
            return 0
        cap = policy.number("max_units_99494")
        units = 0
        while (cap is None or units < cap) and minutes >= self._addon_floor(policy, units + 1):
            units += 1
        return units


def place_of_service(clinic: Clinic, month: Month) -> str | None:
    """The place that the claim names, by the kind of the team."""
    facility_type = (month.team or {}).get("facility_type")
    row = clinic.rules.one("facility_setting", month.date_of_service, facility_type=facility_type)
    return row["place_of_service"] if row else None


def _path(clinic: Clinic, month: Month) -> str | None:
    """Which codes stand for the rungs; None where a health center has none."""
    policy = month.policy
    if policy is None:
        return None
    if (month.team or {}).get("facility_type") in HEALTH_CENTERS:
        rule = policy.row[f"fqhc_rhc_rule_{month.program}"]
        if rule != "component":
            return "g_code" if rule == "g_code" else None
    takes_addons = policy.flag("takes_apcm_addons")
    if takes_addons and clinic.has_episode_on(month.patient_id, "apcm", month.date_of_service):
        return "apcm"
    return "component"
