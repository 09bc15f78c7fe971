"""The members of the quality measures, as the mart has them.

What belongs here: whom a row stands for. What does not: what a measure says of a patient.
"""

from datetime import date
from typing import Any

from tests.reference import remission, screening
from tests.reference.chart import Chart, Codebook
from tests.reference.clinic import Clinic

MemberRow = dict[str, Any]


def write_members(clinic: Clinic, years: list[int]) -> list[MemberRow]:
    """One row a metric, entity, measurement period and patient.

    Args:
        clinic: the records that count.
        years: the calendar years that are kept.
    """
    codebook = Codebook(clinic)
    rows: list[MemberRow] = []
    for patient in clinic.all_of("patient"):
        chart = Chart(clinic, codebook, patient)
        for year in years:
            first, last = date(year, 1, 1), min(date(year, 12, 31), clinic.as_of)
            judged = list(remission.judge(chart, year))
            screened = screening.judge(chart, first, last)
            judged += [screened] if screened else []
            panel = clinic.panel(chart.patient_id, last)
            entities = [("organization", "organization")]
            entities += [("team", panel[0]["team_id"])] if panel else []
            rows += [_row(entity, first, chart.patient_id, one) for one in judged for entity in entities]
    return rows


def _row(entity: tuple[str, str], first: date, patient_id: str, judged: remission.Judged) -> MemberRow:
    is_in = judged.exclusion_reason is None
    return {
        "metric_id": judged.metric_id,
        "entity_type": entity[0],
        "entity_id": entity[1],
        "period_type": "year",
        "period_start_on": first,
        "patient_id": patient_id,
        "in_denominator": is_in,
        "in_numerator": judged.is_met,
        "denominator_part": float(is_in),
        "numerator_part": float(judged.is_met),
        "exclusion_reason": judged.exclusion_reason,
        "evidence_on": judged.evidence_on,
        "evidence_value": None if judged.evidence_value is None else float(judged.evidence_value),
    }
