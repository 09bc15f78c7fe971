"""Consents, episodes of care and care teams."""

from datetime import date, datetime
from pathlib import Path

import pytest

from tests.support.fhir_lines import SNOMED, Json, concept, only, parts, read, ref, unmapped

CPT = "http://www.ama-assn.org/go/cpt"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"

CONSENT: Json = {
    "resourceType": "Consent",
    "id": "c1",
    "meta": {"lastUpdated": "2025-03-01T10:00:00Z"},
    "status": "active",
    "scope": concept(SCOPE, "treatment"),
    "category": [{"text": "Collaborative Care"}],
    "patient": ref("Patient/p1"),
    "dateTime": "2025-01-10T10:00:00Z",
    "performer": [ref("Patient/p1"), ref("Practitioner/s1")],
    "provision": {"actor": [{"reference": ref("Organization/t1")}, {"reference": ref("Practitioner/s2")}]},
}


@pytest.mark.slow
def test_a_consent(tmp_path: Path) -> None:
    row = only(tmp_path, "consent", CONSENT)
    wanted = {
        "consent_id": "c1",
        "patient_id": "p1",
        "program": "cocm",
        "method": None,
        "granted_at": datetime(2025, 1, 10, 10),
        "revoked_at": None,
        "recorded_by": "s1",
        "billing_practitioner_id": "s2",
        "status": "active",
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"category": [concept(CPT, "99490")]}, "program", "ccm"),
        ({"policyRule": {"text": "Written consent"}}, "method", "written"),
        ({"sourceAttachment": {"contentType": "application/pdf"}}, "method", "written"),
        ({"policyRule": {"text": "Verbal"}, "sourceReference": ref("x/1")}, "method", "verbal"),
        ({"status": "inactive"}, "revoked_at", datetime(2025, 3, 1, 10)),
        ({"status": "inactive", "meta": None}, "revoked_at", datetime(2025, 1, 10, 10)),
        ({"provision": {"period": {"end": "2025-02-01T00:00:00Z"}}}, "revoked_at", datetime(2025, 2, 1)),
        ({"provision": {"period": {"end": "2025-02-28"}}}, "revoked_at", datetime(2025, 3, 1)),
        ({"provision": {"period": {"end": "2025-02"}}}, "revoked_at", datetime(2025, 3, 1)),
        ({"provision": {"type": "deny"}}, "status", "rejected"),
        ({"provision": {"type": "permit"}}, "status", "active"),
        (
            {"dateTime": None, "provision": {"period": {"start": "2025-01-11"}}},
            "granted_at",
            datetime(2025, 1, 11),
        ),
    ],
)
def test_what_a_consent_says(tmp_path: Path, change: Json, column: str, value: object) -> None:
    assert only(tmp_path, "consent", {**CONSENT, **change})[column] == value


@pytest.mark.slow
@pytest.mark.parametrize("status", ["draft", "proposed"])
def test_a_consent_that_nobody_gave_yet_is_refused(tmp_path: Path, status: str) -> None:
    outcome = read(tmp_path, "consent", {**CONSENT, "status": status})
    assert outcome.refused == [(1, "missing_required:status")]


@pytest.mark.slow
def test_a_consent_to_something_else_is_no_consent_to_a_program(tmp_path: Path) -> None:
    other = {**CONSENT, "id": "c2", "category": [concept("urn:x", "npp")]}
    privacy = {**other, "scope": concept(SCOPE, "patient-privacy")}
    outcome = read(tmp_path, "consent", privacy, other, {**privacy, "category": CONSENT["category"]})
    assert parts(outcome) == {"consent": (2, 1, 1), "fhir": (1, 1, 0)}
    assert outcome.refused == [(2, "missing_required:program")]
    assert unmapped(outcome) == [("program", "urn:x", "npp", 1), ("resourceType", "", "Consent", 1)]


EPISODE: Json = {
    "resourceType": "EpisodeOfCare",
    "id": "i1",
    "status": "onhold",
    "type": [concept(CPT, "99492")],
    "patient": ref("Patient/p1"),
    "managingOrganization": ref("Organization/t1"),
    "period": {"start": "2025-01-10T00:30:00Z", "end": "2025-02-10"},
    "referralRequest": [ref("ServiceRequest/r1")],
    "careManager": ref("Practitioner/s1"),
}


def test_an_episode_of_care(tmp_path: Path) -> None:
    row = only(tmp_path, "episode", EPISODE)
    wanted = {
        "episode_id": "i1",
        "patient_id": "p1",
        "program": "cocm",
        "team_id": "t1",
        "referral_id": "r1",
        "care_manager_id": "s1",
        "started_on": date(2025, 1, 10),
        "ended_on": date(2025, 2, 10),
        "status": "onhold",
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
def test_an_episode_of_a_program_that_nobody_knows_is_refused_and_a_finding(tmp_path: Path) -> None:
    outcome = read(tmp_path, "episode", {**EPISODE, "type": [concept("urn:x", "diab")]})
    assert outcome.refused == [(1, "missing_required:program")]
    assert unmapped(outcome) == [("program", "urn:x", "diab", 1)]


TEAM: Json = {
    "resourceType": "CareTeam",
    "id": "k1",
    "status": "active",
    "subject": ref("Patient/p1"),
    "period": {"start": "2025-01-01"},
    "managingOrganization": [ref("Organization/t1")],
    "participant": [
        {"role": [concept(SNOMED, "116154003")], "member": ref("Patient/p1")},
        {"role": [concept(SNOMED, "446050000")], "member": ref("Practitioner/s1")},
    ],
}


def test_a_care_team_with_a_primary_care_provider_is_a_panel_row(tmp_path: Path) -> None:
    row = only(tmp_path, "panel", TEAM)
    wanted = {
        "patient_id": "p1",
        "team_id": "t1",
        "pcp_id": "s1",
        "effective_from": date(2025, 1, 1),
        "effective_to": None,
        "is_deleted": False,
    }
    assert {name: row[name] for name in wanted} == wanted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "end", "is_deleted"),
    [
        ({"status": "inactive"}, None, True),
        ({"status": "inactive"}, "2025-02-01", False),
        ({"status": "entered-in-error"}, "2025-02-01", True),
    ],
)
def test_a_care_team_that_is_none_is_taken_back(
    tmp_path: Path, change: Json, end: str | None, is_deleted: bool
) -> None:
    resource = {**TEAM, **change, "period": {"start": "2025-01-01", "end": end}}
    assert only(tmp_path, "panel", resource)["is_deleted"] is is_deleted


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"participant": TEAM["participant"][:1]}, {"status": "proposed"}])
def test_a_care_team_that_is_no_panel_is_counted(tmp_path: Path, change: Json) -> None:
    outcome = read(tmp_path, "panel", {**TEAM, **change})
    assert parts(outcome) == {"fhir": (1, 1, 0)}
    assert ("resourceType", "", "CareTeam", 1) in unmapped(outcome)


@pytest.mark.parametrize(
    ("change", "granted_at", "listed"),
    [
        ({"dateTime": "2025-01"}, datetime(2025, 1, 31), 1),
        ({"dateTime": "2024"}, datetime(2024, 12, 31), 1),
        ({"dateTime": "2025-03"}, datetime(2025, 3, 1), 1),
        ({"dateTime": "2025-01", "meta": None}, datetime(2025, 1, 31), 1),
        ({"dateTime": None, "provision": {"period": {"start": "2024-02"}}}, datetime(2024, 2, 29), 1),
        ({"dateTime": "2025-01-10"}, datetime(2025, 1, 10), 0),
    ],
)
def test_a_consent_of_a_month_was_given_on_the_last_day_that_it_can_have_been(
    tmp_path: Path, change: Json, granted_at: datetime, listed: int
) -> None:
    found = read(tmp_path, "consent", CONSENT | change)
    assert [row["granted_at"] for row in found.rows] == [granted_at]
    assert unmapped(found) == [("granted_at", "dateTime", "part of a date", 1)][:listed]


def test_an_enrollment_of_a_month_is_a_finding(tmp_path: Path) -> None:
    episode = {
        "resourceType": "EpisodeOfCare",
        "id": "e1",
        "status": "active",
        "type": [{"text": "CoCM"}],
        "patient": ref("Patient/p1"),
        "period": {"start": "2025-01"},
    }
    found = read(tmp_path, "episode", episode)
    assert [row["started_on"] for row in found.rows] == [date(2025, 1, 1)]
    assert unmapped(found) == [("started_on", "period.start", "part of a date", 1)]
