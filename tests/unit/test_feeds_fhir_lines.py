"""Lines that must not be read as they stand, types that fill nothing, deletions, and any line whatever."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.feeds.fhir_types import RESOURCES
from orchestration.feeds.opened import CHUNK
from tests.support.feeds_night import read_file
from tests.support.fhir_lines import TOTAL, Json, concept, lines, parts, read, ref, unmapped

PATIENT: Json = {"resourceType": "Patient", "id": "p1", "gender": "female"}
VISIT: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
    "subject": ref("Patient/p1"),
    "period": {"start": "2025-01-10T10:00:00Z"},
}
MODIFIER = [{"url": "http://x/this-is-not-so", "valueBoolean": True}]


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"modifierExtension": MODIFIER},
        {"period": {"start": "2025-01-10T10:00:00Z", "modifierExtension": MODIFIER}},
        {"participant": [{"modifierExtension": MODIFIER}]},
        {"contained": [{"resourceType": "Practitioner", "id": "in", "modifierExtension": MODIFIER}]},
    ],
)
def test_a_line_that_may_mean_the_opposite_is_refused(tmp_path: Path, change: Json) -> None:
    outcome = read(tmp_path, "encounter", VISIT, {**VISIT, **change}, VISIT)
    assert outcome.numbers == [1, 3]
    assert outcome.refused == [(2, "unknown_modifier_extension")]
    assert parts(outcome) == {"encounter": (2, 2, 0), "fhir": (1, 0, 1)}


@pytest.mark.slow
def test_a_line_that_speaks_of_modifiers_and_has_none_is_read(tmp_path: Path) -> None:
    named = {**VISIT, "type": [concept("urn:x", "modifierExtension")], "modifierExtension": []}
    assert read(tmp_path, "encounter", named).numbers == [1]


def test_rules_that_nobody_knows_are_not_guessed(tmp_path: Path) -> None:
    outcome = read(tmp_path, "patient", {**PATIENT, "implicitRules": "http://x/rules"})
    assert outcome.refused == [(1, "unknown_implicit_rules")]


R5: Json = {
    "resourceType": "Encounter",
    "id": "e5",
    "status": "completed",
    "class": [concept("http://terminology.hl7.org/CodeSystem/v3-ActCode", "AMB")],
    "subject": ref("Patient/p1"),
    "actualPeriod": {"start": "2025-01-10T10:00:00Z"},
}
STU3: Json = {
    "resourceType": "Condition",
    "id": "d3",
    "clinicalStatus": "active",
    "code": concept("http://hl7.org/fhir/sid/icd-10-cm", "F32.1"),
    "subject": ref("Patient/p1"),
    "assertedDate": "2025-01-10",
}


CONDITION = {key: STU3[key] for key in ("resourceType", "id", "code", "subject")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("resource", "release"),
    [
        (R5, "R5"),
        (STU3, "STU3"),
        ({key: STU3[key] for key in STU3 if key != "assertedDate"}, "STU3"),
        ({**CONDITION, "verificationStatus": "entered-in-error"}, "STU3"),
        ({"resourceType": "Observation", "id": "o", "context": ref("Encounter/e1")}, "STU3"),
        ({"resourceType": "Coverage", "id": "v", "kind": "insurance"}, "R5"),
        ({"resourceType": "Procedure", "id": "x", "occurrenceDateTime": "2025-01-10"}, "R5"),
        ({"resourceType": "MedicationRequest", "id": "m", "medication": {"concept": {"text": "x"}}}, "R5"),
        ({"resourceType": "Appointment", "id": "a", "subject": ref("Patient/p1")}, "R5"),
        ({"resourceType": "Consent", "id": "c", "decision": "permit"}, "R5"),
        ({"resourceType": "ServiceRequest", "id": "r", "code": {"concept": {"text": "x"}}}, "R5"),
        ({"resourceType": "ReferralRequest", "id": "r"}, "STU3"),
        ({"resourceType": "EncounterHistory", "id": "h"}, "R5"),
        ({"resourceType": "MedicationOrder", "id": "m"}, "DSTU2"),
    ],
)
def test_another_release_is_refused_by_its_name(tmp_path: Path, resource: Json, release: str) -> None:
    outcome = read(tmp_path, "patient", PATIENT, resource)
    assert outcome.refused == [(2, f"unsupported_release:{release}")]
    assert parts(outcome) == {"patient": (1, 1, 0), "fhir": (1, 0, 1)}


def test_a_type_that_fills_nothing_is_one_finding_with_its_number(tmp_path: Path) -> None:
    plan, goal = {"resourceType": "CarePlan"}, {"resourceType": "Goal"}
    outcome = read(tmp_path, "patient", plan, PATIENT, goal, plan, plan)
    assert outcome.refused == [(1, "unsupported_resource:CarePlan"), (3, "unsupported_resource:Goal")]
    assert parts(outcome) == {"patient": (1, 1, 0), "fhir": (4, 0, 4)}
    assert unmapped(outcome) == [("resourceType", "", "CarePlan", 3), ("resourceType", "", "Goal", 1)]


def deletion(*urls: str, **more: object) -> Json:
    entries = [{"request": {"method": "DELETE", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "id": "b1", "type": "transaction", "entry": entries, **more}


@pytest.mark.slow
def test_a_deletion_is_a_tombstone(tmp_path: Path) -> None:
    bundle = deletion("Encounter/e1", "Encounter/e2", meta={"lastUpdated": "2025-01-20T10:00:00Z"})
    outcome = read(tmp_path, "encounter", VISIT, bundle)
    found = [(row["encounter_id"], row["is_deleted"], row["updated_at"]) for row in outcome.rows]
    deleted_at = datetime(2025, 1, 20, 10)
    assert found == [("e1", False, None), ("e1", True, deleted_at), ("e2", True, deleted_at)]
    assert parts(outcome) == {"encounter": (3, 3, 0)}


@pytest.mark.slow
def test_a_deletion_without_a_time_is_of_the_end_of_its_day(tmp_path: Path) -> None:
    outcome = read(tmp_path, "patient", deletion("Patient/p1"))
    assert [row["updated_at"] for row in outcome.rows] == [datetime(2025, 1, 31, 23, 59, 59)]


@pytest.mark.slow
def test_what_might_have_filled_two_feeds_is_deleted_in_both(tmp_path: Path) -> None:
    outcome = read(tmp_path, "observation", deletion("Observation/o1"))
    assert parts(outcome) == {"assessment": (1, 1, 0), "observation": (1, 1, 0)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        (deletion("PractitionerRole/r1"), "deletion_without_key:PractitionerRole"),
        (deletion(), "unsupported_resource:Bundle"),
        (deletion("Patient?identifier=7"), "unsupported_resource:Bundle"),
        (deletion("Patient/p1/_history/"), "unsupported_resource:Bundle"),
        ({**deletion(), "entry": [{"fullUrl": "urn:uuid:1"}]}, "unsupported_resource:Bundle"),
        ({"resourceType": "Bundle"}, "unsupported_resource:Bundle"),
    ],
)
def test_a_bundle_that_cannot_be_carried_out_is_refused(tmp_path: Path, bundle: Json, reason: str) -> None:
    outcome = read(tmp_path, "patient", bundle)
    assert outcome.refused == [(1, reason)]
    assert parts(outcome) == {"fhir": (1, 0, 1)}


@pytest.mark.slow
def test_two_types_of_one_file_may_fill_the_same_feed(tmp_path: Path) -> None:
    claim = {
        "resourceType": "Claim",
        "id": "m1",
        "status": "active",
        "patient": ref("Patient/p1"),
        "item": [
            {"sequence": 1, "productOrService": concept("urn:x", "99492"), "servicedDate": "2025-01-31"},
        ],
    }
    both = read(tmp_path, "claim_line", claim, {**claim, "resourceType": "ExplanationOfBenefit", "id": "b1"})
    assert [(row["claim_line_id"], row["status"]) for row in both.rows] == [
        ("m1#1", "submitted"),
        ("b1#1", "paid"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("subject", "patient"),
    [
        (ref("Group/g1"), None),
        (ref("https://ehr.example/fhir/Device/d1"), None),
        ({"type": "Group", "identifier": {"value": "7"}}, None),
        ({"type": "Patient", **ref("urn:uuid:p7")}, "p7"),
    ],
)
def test_a_reference_to_another_type_names_nobody(tmp_path: Path, subject: Json, patient: str | None) -> None:
    outcome = read(tmp_path, "encounter", {**VISIT, "subject": subject})
    assert [row["patient_id"] for row in outcome.rows] == ([patient] if patient else [])
    assert outcome.refused == ([] if patient else [(1, "missing_required:patient_id")])


@pytest.mark.parametrize(("code", "is_deleted"), [("F32.1", False), (None, True)])
def test_a_diagnosis_in_error_takes_itself_back(tmp_path: Path, code: str | None, is_deleted: bool) -> None:
    status = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    condition = {
        "resourceType": "Condition",
        "id": "d1",
        "verificationStatus": concept(status, "entered-in-error"),
        "code": concept("http://hl7.org/fhir/sid/icd-10-cm", code) if code else None,
        "subject": ref("Patient/p1"),
    }
    outcome = read(tmp_path, "condition", condition)
    assert [(row["verification_status"], row["is_deleted"]) for row in outcome.rows] == [
        ("entered-in-error", is_deleted)
    ]


NAMES = sorted({name for resource in RESOURCES.values() for name in resource.columns})
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(
            ["Patient/p1", "2025-01-10", "2025-01-10T10:00:00Z", "final", "urn:uuid:1", "#", "?", "DELETE"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [*NAMES, "coding", "system", "code", "reference", "value", "url", "request", "answer"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)
RESOURCE = st.builds(
    lambda name, elements: {**elements, "resourceType": name},
    st.one_of(st.sampled_from([*RESOURCES, "Bundle", "CarePlan"]), VALUES),
    st.dictionaries(st.sampled_from([*NAMES, "entry"]), VALUES, max_size=8),
)
LINE = st.one_of(
    RESOURCE.map(lambda resource: json.dumps(resource)),
    RESOURCE.map(lambda resource: json.dumps(resource, ensure_ascii=False)),
    RESOURCE.map(lambda resource: json.dumps(resource)[:-3]),
    VALUES.map(json.dumps),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=40),
)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, min_size=1, max_size=6))
def test_any_lines_are_counted_and_none_is_lost(tmp_path: Path, texts: list[str]) -> None:
    good = lines(PATIENT)
    content = "\n".join([*texts, good]).encode("utf-8", errors="surrogatepass")
    outcome = read_file(tmp_path, "fhir", content, "any.ndjson", "patient")
    read_rows, accepted, refused = outcome.counts
    assert accepted + refused == read_rows
    written = [text for text in content.split(b"\n") if text.strip()]
    if _is_document(written[0]):
        return
    assert read_rows >= len(written) or outcome.content.reason
    if not outcome.content.reason:
        assert outcome.numbers[-1] == len(written)


def _is_document(first: bytes) -> bool:
    """Whether a first line may begin a list, a Bundle or a resource over several lines: no line is a row."""
    try:
        known = json.loads(first)
    except ValueError:
        return first.lstrip()[:1] in (b"[", b"{")
    return isinstance(known, list) or (isinstance(known, dict) and known.get("resourceType") == "Bundle")


@pytest.mark.slow
@pytest.mark.parametrize("more", [-1, 0, 1, 3_000, CHUNK])
def test_lines_around_the_length_of_a_chunk_are_read(tmp_path: Path, more: int) -> None:
    short = lines({**TOTAL, "note": [{"text": ""}]})
    long = lines({**TOTAL, "id": "o2", "note": [{"text": "x" * (CHUNK + more - len(short))}]})
    assert len(long) == CHUNK + more
    for text in (f"{short}\n{long}\n{short}", long):
        outcome = read_file(tmp_path, "fhir", text, "a.ndjson", "assessment")
        assert outcome.refused == []
        assert {row["assessment_id"] for row in outcome.rows} >= {"o2"}
