"""What many lines say alike is looked at once, with the result of looking at each."""

from pathlib import Path

import pytest

from tests.support.fhir_lines import LOINC, SNOMED, Json, concept, only, read, ref, unmapped

NOT_DONE: Json = {
    "resourceType": "Procedure",
    "status": "not-done",
    "code": concept(SNOMED, "108313002"),
    "subject": ref("Patient/p1"),
    "performedDateTime": "2025-01-10T10:00:00Z",
}
FINDING: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "subject": ref("Patient/p1"),
    "effectiveDateTime": "2025-01-10T10:00:00Z",
}


def stated(code: str) -> Json:
    """A reason in the extension of a line, which is asked of each line alone."""
    return {"extension": [{"url": "http://x/notDoneReason", "valueCodeableConcept": concept("urn:x", code)}]}


def alike(code: str) -> Json:
    """A reason among the codes that many lines have alike."""
    return {"statusReason": concept("urn:x", code)}


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ([{}, {}], []),
        ([alike("A"), alike("A")], [("A", 2)]),
        ([{}, stated("B")], [("B", 1)]),
        ([{}, {**stated("B"), "status": "completed"}], []),
        ([alike("A"), stated("B"), {}], [("A", 1), ("B", 1)]),
        ([{"statusReason": concept(SNOMED, "183932001")}, stated("B"), stated("B")], [("B", 2)]),
        ([{"statusReason": concept(SNOMED, "183932001"), **stated("B")}], []),
    ],
)
def test_unknown_codes_of_lines_and_of_what_many_say_alike(
    tmp_path: Path, changes: list[Json], unknown: list[tuple[str, int]]
) -> None:
    resources = [{**NOT_DONE, "id": f"x{number}", **change} for number, change in enumerate(changes)]
    outcome = read(tmp_path, "procedure", *resources)
    assert len(outcome.rows) == len(changes)
    assert unmapped(outcome) == [("not_done_reason", "urn:x", code, number) for code, number in unknown]


def test_a_code_that_is_padded_is_the_code(tmp_path: Path) -> None:
    row = only(tmp_path, "procedure", {**NOT_DONE, "id": "x1", "code": concept(f"{SNOMED} ", "\t108313002 ")})
    assert (row["code_system"], row["code"]) == (SNOMED, "108313002")


def test_the_code_of_a_finding_and_of_its_parts_may_be_padded(tmp_path: Path) -> None:
    part = {"code": concept(LOINC, "8480-6 "), "valueInteger": 120}
    whole = {**FINDING, "code": concept(LOINC, " 85354-9"), "component": [part]}
    alone = {**FINDING, "id": "o2", "code": concept(LOINC, "8310-5\n"), "valueInteger": 37}
    outcome = read(tmp_path, "observation", whole, alone)
    assert sorted(row["code"] for row in outcome.rows) == ["8310-5", "8480-6", "85354-9"]


def test_a_code_of_blanks_is_none(tmp_path: Path) -> None:
    outcome = read(tmp_path, "observation", {**FINDING, "code": concept(LOINC, "  "), "valueInteger": 37})
    assert outcome.rows == []
    assert [reason for _, reason in outcome.refused] == ["missing_required:code"]
