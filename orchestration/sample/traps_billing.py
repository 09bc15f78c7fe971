"""Traps between candidates and claims: what was billed, forgotten, or changes after the month.

Belongs here: claims against what the minutes support, advanced primary care, late deliveries.
Does not belong here: checks that hold a candidate back (`traps_claims.py`).
"""

from datetime import date, timedelta

from orchestration.sample.trap_cases import (
    FULL_MINUTES,
    candidate,
    claim,
    enrol,
    entry,
    minutes,
    segments,
)
from orchestration.sample.trap_kit import Case, Kit

MINUTE = 60
_APCM_ADD_ONS_FROM = date(2026, 1, 1)


# Claims: name, what is odd, minutes, what they reach, the lines billed with their state, the candidate's
# status.
_BILLED: tuple[tuple[str, str, int, str, tuple[tuple[str, str], ...], str], ...] = (
    ("captured", "The claim says what the minutes support.", 40, "99492", (("99492", "paid"),), "submitted"),
    ("missed", "The month is ready and was never billed.", 40, "99492", (), "ready"),
    ("denied", "The payer denied the claim.", 40, "99492", (("99492", "denied"),), "ready"),
    (
        "submitted_without_support",
        "The claim has ten minutes behind it.",
        10,
        "",
        (("99492", "submitted"),),
        "not_billable",
    ),
    ("under_coded", "The add-on was forgotten.", 90, "99492 99494x1", (("99492", "paid"),), "submitted"),
    (
        "over_coded",
        "An add-on was billed that the minutes do not reach.",
        40,
        "99492",
        (("99492", "paid"), ("99494", "paid")),
        "submitted",
    ),
)
_STATES = {"paid": {"paid_amount_usd": "101.25"}, "denied": {"denial_reason": "no review on file"}}


def reconciliation(kit: Kit) -> None:
    """Plant claims as they ought to be, forgotten, denied, without support, too low and too high."""
    for outcome, says, many, codes, lines, status in _BILLED:
        cases = []
        for number in range(kit.instances):
            case = enrol(kit, team=number % 2)
            minutes(kit, case, many)
            for code, state in lines:
                claim(kit, case, code, 1, state, **_STATES.get(state, {}))
            cases.append(case)
        month = {"program": "cocm", "service_month": kit.month.isoformat(), "outcome": outcome}
        kit.plant(
            f"claim_{outcome}",
            says,
            cases,
            candidates=[candidate(kit, case, codes, status, many) for case in cases],
            reconciliation=[{"patient_id": case.patient_id} | month for case in cases],
        )


def advanced_primary_care(kit: Kit) -> None:
    """Plant patients whose doctor bills advanced primary care, with and without the claim for it."""
    if kit.month < _APCM_ADD_ONS_FROM:
        return
    with_base: list[Case] = []
    without_base: list[Case] = []
    for number in range(kit.instances):
        for cases in (with_base, without_base):
            case = enrol(kit, team=number % 2)
            start = (kit.month - timedelta(days=14)).isoformat()
            row = {
                "episode_id": f"EX{kit.number('episode'):06d}",
                "patient_id": case.patient_id,
                "program": "apcm",
                "team_id": f"TX{case.team:03d}",
                "billing_practitioner_id": case.pcp,
                "started_on": start,
                "status": "active",
            }
            kit.add("episode", kit.enrolled_on + timedelta(days=1), row)
            minutes(kit, case, 90)
            if cases is with_base:
                claim(kit, case, "G0557", status="paid", paid_amount_usd="44.90")
            cases.append(case)
    kit.plant(
        "apcm_add_on",
        "Beside advanced primary care the add-on stands in place of the usual codes.",
        with_base,
        candidates=[candidate(kit, case, "G0568", "ready", 90, blocking="", review="") for case in with_base],
    )
    kit.plant(
        "apcm_base_missing",
        "The claim that the add-on belongs to was not written.",
        without_base,
        candidates=[
            candidate(kit, case, "G0568", "review", 90, blocking="", review="apcm_base")
            for case in without_base
        ],
    )


def restatement(kit: Kit) -> None:
    """Plant entries that were delivered, or withdrawn, after the month was closed."""
    more, fewer, more_changes, fewer_changes, entries = [], [], [], [], []
    for number in range(kit.instances):
        case = enrol(kit, team=number % 2)
        minutes(kit, case)
        entries.append(entry(kit, case, kit.day(22), "10:00", "10:50", folder=kit.as_of))
        more.append(case)
        more_changes.append(_change(kit, case, "99494", None, 1))
        case = enrol(kit, team=number % 2)
        one = minutes(kit, case)
        kit.add_bare("care_activity", kit.as_of, {"entry_id": one, "status": "entered-in-error"})
        fewer.append(case)
        fewer_changes.append(_change(kit, case, "99492", 1, None))
    kit.plant(
        "late_delivery_after_close",
        "Fifty minutes were delivered after the month was closed and reach an add-on.",
        more,
        entries,
        candidates=[candidate(kit, case, "99492 99494x1", "ready", 90) for case in more],
        restatement=more_changes,
    )
    kit.plant(
        "late_void_after_close",
        "The month's only entry was withdrawn after the month was closed.",
        fewer,
        [one for case in fewer for one in case.entry_ids],
        segments=[segments(case.entry_ids[0], voided=FULL_MINUTES * MINUTE) for case in fewer],
        candidates=[candidate(kit, case, "", "not_billable", 0) for case in fewer],
        restatement=fewer_changes,
    )


def _change(kit: Kit, case: Case, code: str, before: int | None, after: int | None) -> dict[str, object]:
    return {
        "patient_id": case.patient_id,
        "program": case.program,
        "service_month": kit.month.isoformat(),
        "procedure_code": code,
        "before_units": before,
        "after_units": after,
        "changed_on": kit.as_of.isoformat(),
        "cause": "care_activity",
    }


TRAPS = (reconciliation, advanced_primary_care, restatement)
