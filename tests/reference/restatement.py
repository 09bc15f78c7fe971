"""What changed after a month was closed: candidates as they were known then, and as they are known now.

What belongs here: the comparison. What does not: why it changed, and what to do about it.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.reference.candidates import Claim

Key = tuple[str, str, bool]
Compute = Callable[[date], list[Claim]]


def restate(claims: list[Claim], as_of: date, claims_as_of: Compute) -> list[dict[str, Any]]:
    """The codes and units of closed months that differ from those of the closing day.

    Args:
        claims: the claims of all deliveries.
        as_of: the business date.
        claims_as_of: the claims from what was delivered up to a day.
    """
    closing_days = {claim.month.month: _closed_on(claim) for claim in claims}
    found: list[dict[str, Any]] = []
    for month, closed_on in sorted(closing_days.items()):
        if as_of <= closed_on:
            continue
        then = _codes([claim for claim in claims_as_of(closed_on) if claim.month.month == month])
        now = _codes([claim for claim in claims if claim.month.month == month])
        for key in sorted(then.keys() | now.keys()):
            before, after = then.get(key), now.get(key)
            if before != after:
                patient_id, program, _ = key
                found.append(
                    {
                        "patient_id": patient_id,
                        "program": program,
                        "service_month": month,
                        "closed_on": closed_on,
                        "before_code": before[0] if before else None,
                        "before_units": before[1] if before else None,
                        "after_code": after[0] if after else None,
                        "after_units": after[1] if after else None,
                    }
                )
    return found


def _closed_on(claim: Claim) -> date:
    """The last day on which a change of the month is still in time."""
    policy = claim.month.policy
    days = policy.required_number("close_after_days") if policy else 0
    return claim.month.last_day + timedelta(days=days)


def _codes(claims: list[Claim]) -> dict[Key, tuple[str, int]]:
    """Codes with their units: a base is set against a base, an add-on against an add-on."""
    return {
        (claim.month.patient_id, claim.month.program, code.rung == "addon"): (code.procedure_code, code.units)
        for claim in claims
        for code in claim.codes
    }
