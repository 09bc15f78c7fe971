"""Who or what a resource means: somebody else than its subject, nobody with an id, nobody real."""

from pathlib import Path

import pytest

from tests.support.fhir_lines import (
    CODES,
    LOINC,
    REQUEST,
    SNOMED,
    TOTAL,
    VISIT,
    Json,
    concept,
    only,
    read,
    ref,
    unmapped,
)

pytestmark = pytest.mark.slow

PATIENT = ref("Patient/p1")
NAMED = {"display": "Ada Okafor"}
BOOKED: Json = {
    "resourceType": "Appointment",
    "id": "a1",
    "status": "booked",
    "start": "2025-02-03T15:00:00Z",
}
EPISODE: Json = {
    "resourceType": "EpisodeOfCare",
    "id": "x1",
    "status": "active",
    "type": [{"text": "Collaborative care"}],
    "patient": PATIENT,
    "period": {"start": "2025-01-02"},
}
TEAM: Json = {
    "resourceType": "CareTeam",
    "id": "t1",
    "status": "active",
    "subject": PATIENT,
    "period": {"start": "2025-01-02"},
    "managingOrganization": [ref("Organization/o1")],
    "participant": [{"role": [concept(SNOMED, "446050000")], "member": NAMED}],
}


@pytest.mark.parametrize(
    ("focus", "patient"),
    [
        ([ref("Patient/mother")], "mother"),
        ([PATIENT], "p1"),
        ([ref("Device/d1")], "p1"),
        ([], "p1"),
        ([ref("RelatedPerson/mother")], None),
    ],
)
@pytest.mark.parametrize(("feed", "code"), [("assessment", "44261-6"), ("observation", "8302-2")])
def test_a_finding_about_somebody_else_is_not_the_subjects(
    tmp_path: Path, focus: list[Json], patient: str | None, feed: str, code: str
) -> None:
    found = read(tmp_path, feed, {**TOTAL, "code": concept(LOINC, code), "focus": focus})
    assert [row["patient_id"] for row in found.rows] == ([patient] if patient else [])
    assert found.refused == ([] if patient else [(1, "missing_required:patient_id")])


@pytest.mark.parametrize(
    ("feed", "resource", "column", "element"),
    [
        (
            "appointment",
            {**BOOKED, "participant": [{"actor": PATIENT}, {"actor": {**NAMED, "type": "Practitioner"}}]},
            "practitioner_id",
            "participant",
        ),
        (
            "appointment",
            {**BOOKED, "participant": [{"actor": PATIENT}, {"actor": NAMED}]},
            "practitioner_id",
            "participant",
        ),
        ("encounter", {**VISIT, "serviceProvider": NAMED}, "team_id", "serviceProvider"),
        ("referral", {**REQUEST, "requester": NAMED}, "referrer_id", "requester"),
        ("episode", {**EPISODE, "careManager": NAMED}, "care_manager_id", "careManager"),
        ("episode", {**EPISODE, "managingOrganization": NAMED}, "team_id", "managingOrganization"),
        ("panel", TEAM, "pcp_id", "participant"),
    ],
)
def test_who_is_named_without_an_id_is_a_finding(
    tmp_path: Path, feed: str, resource: Json, column: str, element: str
) -> None:
    found = read(tmp_path, feed, resource)
    assert [row[column] for row in found.rows] == [None]
    assert (column, element, "named without an id", 1) in unmapped(found)


@pytest.mark.parametrize(
    ("feed", "resource"),
    [
        ("appointment", {**BOOKED, "participant": [{"actor": {**PATIENT, **NAMED}}, {"actor": {}}]}),
        (
            "appointment",
            {
                **BOOKED,
                "participant": [
                    {"actor": PATIENT},
                    {"actor": {**ref("Practitioner/s1"), **NAMED}},
                    {"actor": NAMED},
                ],
            },
        ),
        ("encounter", {**VISIT, "serviceProvider": {**ref("Organization/o1"), **NAMED}}),
        (
            "encounter",
            {**VISIT, "serviceProvider": NAMED, "location": [{"location": ref("Organization/o1")}]},
        ),
        ("referral", {**REQUEST, "requester": {"identifier": {"value": "7"}, **NAMED}}),
    ],
)
def test_who_has_an_id_may_be_named_too(tmp_path: Path, feed: str, resource: Json) -> None:
    names = [entry for entry in unmapped(read(tmp_path, feed, resource)) if entry[2] == "named without an id"]
    assert names == []


@pytest.mark.parametrize(("place", "code"), [("security", "HTEST"), ("tag", "HTEST"), ("tag", "SUBSETTED")])
def test_a_record_of_a_test_or_in_part_is_a_finding(tmp_path: Path, place: str, code: str) -> None:
    label = {"system": f"{CODES}/v3-ActReason", "code": code}
    somebody = {"resourceType": "Patient", "id": "p1", "meta": {place: [{"code": "other"}, label]}}
    found = read(tmp_path, "patient", somebody)
    assert (len(found.rows), unmapped(found)) == (1, [("patient_id", "meta", code, 1)])


@pytest.mark.parametrize(("code", "known"), [("O", "ambulatory"), ("I", "inpatient"), ("E", "emergency")])
def test_a_class_of_visit_may_be_that_of_a_message(tmp_path: Path, code: str, known: str) -> None:
    visit = {**VISIT, "class": {"system": f"{CODES}/v2-0004", "code": code}}
    assert only(tmp_path, "encounter", visit)["encounter_class"] == known


def test_a_finding_may_say_several_times_when_it_was(tmp_path: Path) -> None:
    timed = {"effectiveTiming": {"event": ["2025-01-07", "2025-01-09"]}, "issued": "2025-02-01T10:00:00Z"}
    row = only(tmp_path, "assessment", {**TOTAL, "effectiveDateTime": None, **timed})
    assert str(row["taken_at"]) == "2025-01-07 00:00:00"


FORM: Json = {
    "resourceType": "QuestionnaireResponse",
    "id": "q1",
    "status": "completed",
    "authored": "2025-03-04T10:00:00Z",
    "item": [{"linkId": "/44261-6", "answer": [{"valueInteger": 7}]}],
}


@pytest.mark.parametrize(
    ("change", "patient"),
    [
        ({"subject": PATIENT, "source": ref("RelatedPerson/mother")}, "p1"),
        ({"source": PATIENT}, "p1"),
        ({"subject": NAMED, "source": PATIENT}, "p1"),
        ({"subject": ref("RelatedPerson/mother"), "source": PATIENT}, None),
    ],
)
def test_answers_about_a_relative_are_not_those_of_the_patient_who_gave_them(
    tmp_path: Path, change: Json, patient: str | None
) -> None:
    found = read(tmp_path, "assessment", {**FORM, **change})
    assert [row["patient_id"] for row in found.rows] == ([patient] if patient else [])
    assert found.refused == ([] if patient else [(1, "missing_required:patient_id")])


@pytest.mark.parametrize(
    ("kind", "is_told"),
    [([], True), ([{"coding": [{"display": "Office visit"}]}], True), ([{"text": "x"}], False)],
)
def test_a_visit_that_does_not_say_of_what_kind_it_was_is_a_finding(
    tmp_path: Path, kind: list[Json], is_told: bool
) -> None:
    found = read(tmp_path, "encounter", {**VISIT, "type": kind})
    assert [row["service_line"] for row in found.rows] == ["other"]
    assert (("type_codes", "type", "no code", 1) in unmapped(found)) is is_told


@pytest.mark.parametrize(("code", "scale"), [("720433000", "PHQ-9"), ("445455005", "GAD-7")])
def test_a_total_may_have_a_code_of_snomed_ct_alone(tmp_path: Path, code: str, scale: str) -> None:
    row = only(tmp_path, "assessment", {**TOTAL, "code": concept(SNOMED, code)})
    assert (row["instrument"], row["score"]) == (scale, 12)


@pytest.mark.parametrize(
    ("code", "is_told"),
    [
        ({"coding": [{"display": "Referral to Behavioral Health"}]}, True),
        (None, True),
        ({"text": "Behavioral health referral"}, False),
        (concept(SNOMED, "183524004"), False),
    ],
)
def test_an_order_that_says_of_what_in_no_way_that_is_read_is_a_finding(
    tmp_path: Path, code: Json | None, is_told: bool
) -> None:
    found = read(tmp_path, "referral", {**REQUEST, "code": code})
    assert len(found.rows) == 1
    assert unmapped(found) == ([("service_code", "code", "no code", 1)] if is_told else [])


@pytest.mark.parametrize(
    ("kinds", "listed"),
    [
        (
            ["Collaborative care", "Chronic care management"],
            [("episode_id", "several programs", "ccm and cocm", 1)],
        ),
        (["Collaborative care", "CoCM"], []),
    ],
)
def test_an_enrollment_in_several_programs_is_a_finding(
    tmp_path: Path, kinds: list[str], listed: list[tuple[str, str, str, int]]
) -> None:
    found = read(tmp_path, "episode", {**EPISODE, "type": [{"text": kind} for kind in kinds]})
    assert ([row["program"] for row in found.rows], unmapped(found)) == (["cocm"], listed)


WITHOUT_AN_END = [("episode_id", "status", "finished without an end", 1)]


@pytest.mark.parametrize(
    ("change", "ended_on", "listed"),
    [
        ({"status": "active"}, None, []),
        ({"period": {"start": "2025-01-02", "end": "2025-03-31"}}, "2025-03-31", []),
        ({"meta": {"lastUpdated": "2025-04-02T16:00:00Z"}}, "2025-04-02", WITHOUT_AN_END),
        (
            {
                "meta": {"lastUpdated": "2025-04-02T16:00:00Z"},
                "statusHistory": [
                    {"status": "planned", "period": {"start": "2024-12-20", "end": "2025-01-02"}},
                    {"status": "active", "period": {"start": "2025-01-02", "end": "2025-03-15"}},
                    {"status": "finished", "period": {"start": "2025-03-15"}},
                ],
            },
            "2025-03-15",
            WITHOUT_AN_END,
        ),
        ({}, None, WITHOUT_AN_END),
    ],
)
def test_an_enrollment_that_is_finished_runs_on_no_longer(
    tmp_path: Path, change: Json, ended_on: str | None, listed: list[tuple[str, str, str, int]]
) -> None:
    found = read(tmp_path, "episode", {**EPISODE, "status": "finished", **change})
    (row,) = found.rows
    assert (str(row["ended_on"]) if row["ended_on"] else None, unmapped(found)) == (ended_on, listed)


@pytest.mark.parametrize(
    ("active", "listed"), [(False, [("team_id", "active", "false", 1)]), (True, []), (None, [])]
)
def test_a_clinic_that_is_not_in_use_stands_and_is_a_finding(
    tmp_path: Path, active: bool | None, listed: list[tuple[str, str, str, int]]
) -> None:
    clinic = {"resourceType": "Organization", "id": "o1", "name": "Clinic", "active": active}
    found = read(tmp_path, "team", clinic)
    assert ([row["team_id"] for row in found.rows], unmapped(found)) == (["o1"], listed)
