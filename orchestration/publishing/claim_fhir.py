"""The ready candidates as FHIR R4 ``Claim`` documents, one a line: ``ready.ndjson`` beside the CSV lists.

A claim is a patient's month in a program with one biller, payer and place; its lines are the codes, since an
add-on is not sent without the code that it adds to. People, payer and diagnosis are named by identifiers, not
by links: the receiving system has resources of its own. See decision 0080.

Public: ``write_claim_documents``.

Belongs here: the shape of a claim in FHIR. Does not belong here: whether a claim is ready (models).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import duckdb

DOCUMENTS: Final = "ready.ndjson"
_FETCH_ROWS: Final = 5_000
_CPT: Final = "http://www.ama-assn.org/go/cpt"
_HCPCS: Final = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_NPI: Final = "http://hl7.org/fhir/sid/us-npi"
_TIN: Final = "urn:oid:2.16.840.1.113883.4.4"
_PLACE: Final = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
_CLAIM_TYPE: Final = "http://terminology.hl7.org/CodeSystem/claim-type"
_PRIORITY: Final = "http://terminology.hl7.org/CodeSystem/processpriority"

Document = dict[str, Any]

_QUERY: Final = """
with patient as (
    select patient_id, mrn from {dim_patient}
),

team as (
    select team_id, {tin} as billing_tin from {dim_team}
),

diagnosis as (
    select candidate_id, min(evidence_id) as condition_id
    from {fct_claim_check}
    where check_id = 'eligible_diagnosis' and outcome = 'pass' and evidence_id is not null
    group by candidate_id
)

select
    team.billing_tin,
    candidate.service_month,
    candidate.patient_id,
    candidate.program,
    candidate.billing_npi,
    candidate.payer_id,
    candidate.place_of_service,
    candidate.candidate_id,
    candidate.procedure_code,
    candidate.units,
    candidate.date_of_service,
    candidate.expected_amount_usd,
    patient.mrn,
    diagnosis.condition_id
from {fct_claim_candidate} as candidate
left join patient on candidate.patient_id = patient.patient_id
left join team on candidate.team_id = team.team_id
left join diagnosis on candidate.candidate_id = diagnosis.candidate_id
where
    candidate.status = 'ready'
    and candidate.procedure_code is not null
order by
    team.billing_tin nulls first, candidate.service_month, candidate.patient_id, candidate.program,
    candidate.billing_npi, candidate.payer_id, candidate.place_of_service, candidate.procedure_code
"""

_HEAD: Final = 7
"""Columns that the lines of a claim have in common."""


def write_claim_documents(
    engine: duckdb.DuckDBPyConnection,
    relations: Mapping[str, str],
    created_on: date,
    folder_of: Callable[[str | None, date], Path],
) -> int:
    """Write the claims of each TIN and month.

    Args:
        engine: any connection.
        relations: the marts as relations by name, and ``tin``, the expression of a team's billing TIN.
        created_on: the business date, which stands as the date of the claims.
        folder_of: where the lists of a TIN and month are.

    Returns:
        The number of claims.
    """
    written = 0
    place: tuple[str | None, date] | None = None
    with ExitStack() as month_file:
        for head, lines in groupby(_rows(engine, _QUERY.format(**relations)), key=lambda row: row[:_HEAD]):
            if place != head[:2]:
                place = (head[0], head[1])
                month_file.close()
                path = folder_of(*place) / DOCUMENTS
                file = month_file.enter_context(path.open("x", encoding="utf-8", newline=""))
            document = _claim(head, [row[_HEAD:] for row in lines], created_on)
            file.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
            written += 1
    return written


def _rows(engine: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    cursor = engine.cursor()
    cursor.execute(query)
    while rows := cursor.fetchmany(_FETCH_ROWS):
        yield from rows


def _claim(head: tuple[Any, ...], lines: list[tuple[Any, ...]], created_on: date) -> Document:
    tin, _, patient_id, _, npi, payer_id, place_of_service = head
    mrn, condition_ids = lines[0][5], sorted({line[6] for line in lines if line[6]})
    biller = _named("Practitioner", npi, _NPI)
    claim: Document = {
        "resourceType": "Claim",
        "id": lines[0][0],
        "identifier": [{"value": line[0]} for line in lines],
        "status": "active",
        "type": {"coding": [{"system": _CLAIM_TYPE, "code": "professional"}]},
        "use": "claim",
        "patient": _named("Patient", mrn or patient_id),
        "created": created_on.isoformat(),
        "insurer": _named("Organization", payer_id),
        "provider": _named("Organization", tin, _TIN) if tin else biller,
        "priority": {"coding": [{"system": _PRIORITY, "code": "normal"}]},
        "careTeam": [{"sequence": 1, "provider": biller}],
        "diagnosis": [
            {"sequence": number, "diagnosisReference": _named("Condition", condition_id)}
            for number, condition_id in enumerate(condition_ids, start=1)
        ],
        "insurance": [{"sequence": 1, "focal": True, "coverage": _named("Coverage", payer_id)}],
        "item": [
            _item(number, line, place_of_service, condition_ids) for number, line in enumerate(lines, start=1)
        ],
    }
    return {name: part for name, part in claim.items() if part != []}


def _item(
    number: int, line: tuple[Any, ...], place_of_service: str | None, conditions: list[str]
) -> Document:
    _, code, units, served_on, amount_usd, _, condition_id = line
    item: Document = {
        "sequence": number,
        "careTeamSequence": [1],
        "diagnosisSequence": [conditions.index(condition_id) + 1] if condition_id else None,
        "productOrService": {"coding": [{"system": _CPT if code[0].isdigit() else _HCPCS, "code": code}]},
        "servicedDate": served_on.isoformat() if served_on else None,
        "locationCodeableConcept": (
            {"coding": [{"system": _PLACE, "code": place_of_service}]} if place_of_service else None
        ),
        "quantity": {"value": units} if units else None,
        "net": {"value": float(amount_usd), "currency": "USD"} if amount_usd is not None else None,
    }
    return {name: part for name, part in item.items() if part is not None}


def _named(resource_type: str, key: str | None, system: str | None = None) -> Document:
    """A reference by identifier; one without a key says only of what type it would be."""
    if not key:
        return {"type": resource_type, "display": "unknown"}
    return {
        "type": resource_type,
        "identifier": {"system": system, "value": key} if system else {"value": key},
    }
