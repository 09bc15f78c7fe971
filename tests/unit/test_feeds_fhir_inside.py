"""What is inside of a resource: contained resources under an id with its ``#``, and items below items."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.feeds_night import Nights
from tests.support.fhir_lines import LOINC, Json, concept, lines, only, ref

pytestmark = pytest.mark.slow

PATIENT = ref("Patient/p1")
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NPI = [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}]
PHQ9 = ["44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"]

ORDER: Json = {
    **{"resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order"},
    **{"subject": PATIENT, "authoredOn": "2025-01-07", "medicationReference": ref("#x")},
    "contained": [{"resourceType": "Medication", "id": "x", "code": concept(RXNORM, "312938")}],
}
COVERAGE: Json = {
    **{"resourceType": "Coverage", "id": "v1", "status": "active", "beneficiary": PATIENT},
    **{"payor": [ref("#x")], "contained": [{"resourceType": "Organization", "id": "x", "name": "Medicare"}]},
}
CLAIM: Json = {
    **{"resourceType": "Claim", "id": "c1", "status": "active", "use": "claim", "patient": PATIENT},
    **{"insurer": ref("#x"), "contained": [{"resourceType": "Organization", "id": "x", "name": "Medicare"}]},
    "item": [{"sequence": 1, "productOrService": concept("", "99492"), "servicedDate": "2025-01-31"}],
}
BOOKING: Json = {
    **{"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-02-03T15:00:00Z"},
    "participant": [{"actor": PATIENT}, {"actor": ref("#x")}],
    "contained": [{"resourceType": "Practitioner", "id": "x", "identifier": NPI}],
}
THROUGH_A_ROLE: Json = {
    **{"resourceType": "Appointment", "id": "a1", "status": "booked", "start": "2025-02-03T15:00:00Z"},
    "participant": [{"actor": PATIENT}, {"actor": ref("#role")}],
    "contained": [
        {"resourceType": "PractitionerRole", "id": "role", "practitioner": ref("#x")},
        {"resourceType": "Practitioner", "id": "x", "identifier": NPI},
    ],
}


@pytest.mark.parametrize("mark", ["", "#"])
@pytest.mark.parametrize(
    ("feed", "resource", "column", "value"),
    [
        ("medication_order", ORDER, "code", "312938"),
        ("coverage", COVERAGE, "payer_id", "medicare"),
        ("claim_line", CLAIM, "payer_id", "medicare"),
        ("appointment", BOOKING, "practitioner_id", "s7"),
        ("appointment", THROUGH_A_ROLE, "practitioner_id", "s7"),
    ],
)
def test_what_is_inside_may_be_called_with_the_sign_of_its_references(
    tmp_path: Path, mark: str, feed: str, resource: Json, column: str, value: str
) -> None:
    inside = [entry | {"id": mark + entry["id"]} for entry in resource["contained"]]
    nights = Nights(tmp_path)
    named = {"resourceType": "Practitioner", "id": "s7", "identifier": NPI}
    nights.land("fhir/2025-02-01/a.ndjson", lines(resource | {"contained": inside}, named))
    nights.run()
    assert [row[column] for row in nights.raw(feed)] == [value]


def _answered(code: str, points: int) -> Json:
    return {"linkId": f"/{code}", "answer": [{"valueInteger": points}]}


NINE = [_answered(code, 1) for code in PHQ9[:8]] + [_answered(PHQ9[8], 2)]


def _below(*path: str) -> list[Json]:
    """The items of a PHQ-9 below groups (``g``) and answers (``a``), from the outermost one in."""
    items: list[Json] = NINE
    for step in reversed(path):
        if step == "a":
            items = [{"linkId": "ask", "answer": [{"valueString": "Yes", "item": items}]}]
        else:
            items = [{"linkId": "group", "item": items}]
    return items


def _form(items: Any, **change: object) -> Json:
    return {
        **{"resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed"},
        **{"questionnaire": "urn:x", "subject": PATIENT, "authored": "2025-01-07", "item": items},
        **change,
    }


@pytest.mark.parametrize(
    "path", ["a", "ga", "ag", "agg", "aa", "gaga", "aaaa", "ggggg", "gggggg", "ggggggga"]
)
def test_items_are_read_at_any_depth_below_groups_and_answers(tmp_path: Path, path: str) -> None:
    row = only(tmp_path, "assessment", _form(_below(*path)))
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 10, 2)


def test_items_below_items_do_not_count_again(tmp_path: Path) -> None:
    row = only(
        tmp_path, "assessment", _form([*_below("a", "g"), {"linkId": "g", "item": [_answered("1-8", 3)]}])
    )
    assert (row["score"], row["item9_score"]) == (10, 2)


@pytest.mark.parametrize("groups", [0, 1, 2, 4])
def test_a_questionnaire_inside_of_its_form_says_what_items_are_at_any_depth(
    tmp_path: Path, groups: int
) -> None:
    asked: list[Json] = [
        {"linkId": str(number), "code": [{"system": LOINC, "code": code}]} for number, code in enumerate(PHQ9)
    ]
    answers = [item | {"linkId": str(number)} for number, item in enumerate(NINE)]
    for _ in range(groups):
        asked = [{"linkId": "group", "item": asked}]
    inside = [{"resourceType": "Questionnaire", "id": "#form", "item": asked}]
    row = only(tmp_path, "assessment", _form(answers, questionnaire="#form", contained=inside))
    assert (row["instrument"], row["score"], row["item9_score"]) == ("PHQ-9", 10, 2)
