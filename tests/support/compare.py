"""Rows of two implementations side by side.

What belongs here: how marts are brought to one shape and where they differ. What does not: which is right.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from tests.support.warehouse import Marts

Row = dict[str, Any]
MONTH_KEY = ("patient_id", "program", "service_month")
CANDIDATE_KEY = (*MONTH_KEY, "procedure_code")
KEYS = {
    "fct_minute_segment": ("entry_id", "segment_number"),
    "fct_patient_month": MONTH_KEY,
    "fct_claim_candidate": CANDIDATE_KEY,
    "fct_claim_check": (*CANDIDATE_KEY, "check_id"),
    "fct_claim_evidence": (*CANDIDATE_KEY, "entry_id", "segment_number"),
    "rpt_near_miss": MONTH_KEY,
    "rpt_restatement": (*MONTH_KEY, "before_code", "after_code"),
    "dq_quarantine": ("feed", "source_file", "row_number"),
}
NAMED = """
    select {columns}
    from {table} as fact
    inner join fct_claim_candidate as candidate on fact.candidate_id = candidate.candidate_id
"""
# What the written rules do not say of a month without a code: units, and checks that ask about codes.
SILENT_WITHOUT_CODE = {"fct_claim_candidate": ("units", "unbilled_minutes")}
CODE_CHECKS = frozenset({"code_covered", "no_exclusive_code", "not_already_billed", "unit_limit"})


def mart_rows(marts: Marts, mart: str, columns: Sequence[str]) -> list[Row]:
    """The rows of a mart with candidates named by patient, program, month and code instead of an id."""
    if mart in ("fct_claim_check", "fct_claim_evidence"):
        picked = ", ".join(
            f"candidate.{column}" if column in CANDIDATE_KEY else f"fact.{column}" for column in columns
        )
        return marts.rows(NAMED.format(columns=picked, table=mart))
    if mart == "fct_claim_candidate":
        picked = ", ".join(
            "kept.program as suppressed_by" if column == "suppressed_by" else f"fact.{column}"
            for column in columns
        )
        return marts.rows(
            f"select {picked} from fct_claim_candidate as fact"
            " left join fct_claim_candidate as kept on fact.suppressed_by = kept.candidate_id"
        )
    return marts.rows(f"select {', '.join(columns)} from {mart}")


def differences(marts: Marts, expected: Mapping[str, Sequence[Row]]) -> list[str]:
    """Where the marts and the expected rows differ: one line a missing, an extra or a different row."""
    found: list[str] = []
    for mart, rows in expected.items():
        columns = list(rows[0]) if rows else list(KEYS[mart])
        found += differing_rows(mart, mart_rows(marts, mart, columns), rows)
    return found


def differing_rows(mart: str, actual: Sequence[Row], expected: Sequence[Row]) -> list[str]:
    """Where two lists of rows of a mart differ, by its key."""
    key = KEYS[mart]
    left, right = _keyed(mart, actual, key), _keyed(mart, expected, key)
    found = [f"{mart} {name}: {_told(right[name])} is missing" for name in right if name not in left]
    found += [f"{mart} {name}: {_told(left[name])} is not expected" for name in left if name not in right]
    for name in right:
        if name in left and left[name] != right[name]:
            unlike = [
                f"{column} is {left[name].get(column)!r} and not {value!r}"
                for column, value in right[name].items()
                if left[name].get(column) != value
            ]
            found.append(f"{mart} {name}: {', '.join(unlike)}")
    return found


def _keyed(mart: str, rows: Sequence[Row], key: Sequence[str]) -> dict[str, Row]:
    keyed: dict[str, Row] = {}
    for row in rows:
        plain = {column: _plain(value) for column, value in row.items()}
        if plain.get("procedure_code", "") is None:
            if plain.get("check_id") in CODE_CHECKS:
                continue
            for column in SILENT_WITHOUT_CODE.get(mart, ()):
                plain.pop(column, None)
        name = " | ".join(str(plain[column]) for column in key)
        if name in keyed:
            name += " (again)"
        keyed[name] = plain
    return keyed


def _plain(value: object) -> object:
    """One shape for numbers, and blank lists as None."""
    if isinstance(value, Decimal | float):
        return Decimal(str(value)).normalize()
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value).normalize()
    return value if value != "" else None


def _told(row: Row) -> str:
    return ", ".join(f"{column}={_text(value)}" for column, value in row.items())


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
