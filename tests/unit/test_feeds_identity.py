"""One patient, one practitioner under several identifiers: joined by stated rules, and never by likeness."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.feeds.ingest import ingest
from orchestration.feeds.site import FeedSite, Site
from tests.support.feeds_night import KEY, Nights

DAY = date(2025, 1, 31)
MRN, EPI, NPI = "urn:x:mrn", "urn:x:epi", "http://hl7.org/fhir/sid/us-npi"
BY_EPI = Site(systems={"patient": (EPI, MRN), "practitioner": (NPI,)})
CONSENT = "consent_id,patient_id,program,granted_at,status,recorded_by\n"


def _person(kind: str, id_: str, *identifiers: tuple[str, str]) -> dict[str, Any]:
    carried = [{"system": system, "value": value} for system, value in identifiers]
    return {
        "resourceType": kind,
        "id": id_,
        "identifier": carried,
        "name": [{"family": "Doe", "given": ["Jo"]}],
    }


def _visit(patient: dict[str, Any], practitioner: str = "Practitioner/d1") -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": patient,
        "participant": [{"individual": {"reference": practitioner}}],
        "period": {"start": "2025-01-02T10:00:00Z"},
    }


def _land(nights: Nights, day: str, *resources: dict[str, Any], name: str = "a") -> None:
    lines = "".join(json.dumps(resource) + "\n" for resource in resources)
    nights.land(f"fhir/{day}/{name}.ndjson", lines)


def _run(nights: Nights, site: Site, as_of: date = DAY) -> None:
    ingest(
        nights.landing,
        nights.lake,
        nights.quarantine,
        as_of=as_of,
        default_time_zone="UTC",
        hash_key=KEY,
        threads=1,
        site=site,
    )


def _unjoined(nights: Nights) -> list[tuple[str, str, str, int]]:
    return [
        (row["feed"], row["column_name"], row["reason"], row["rows"])
        for row in nights.reference("unjoined_identifier")
    ]


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


@pytest.mark.slow
def test_without_rules_every_row_keeps_its_identifier_and_nothing_waits(nights: Nights) -> None:
    _land(nights, "2025-01-31", _person("Patient", "r1", (EPI, "E1")))
    nights.land("consent/2025-01-31/a.csv", CONSENT + "c1,E1,cocm,2025-01-02T10:00:00Z,active,\n")
    _run(nights, Site())
    assert [row["patient_id"] for row in nights.raw("patient")] == ["r1"]
    assert [row["patient_id"] for row in nights.raw("consent")] == ["E1"]
    assert not (nights.lake / "unresolved").exists()


@pytest.mark.slow
def test_the_first_own_system_that_a_resource_carries_gives_the_id(nights: Nights) -> None:
    _land(
        nights,
        "2025-01-31",
        _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")),
        _person("Patient", "r2", (MRN, "M2")),
        _person("Patient", "r3"),
        _person("Practitioner", "d1", (NPI, "1999999984")),
        _visit({"reference": "Patient/r1"}),
    )
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["E1", "M2", "r3"]
    assert [row["practitioner_id"] for row in nights.raw("practitioner")] == ["1999999984"]
    (visit,) = nights.raw("encounter")
    assert (visit["patient_id"], visit["practitioner_id"]) == ("E1", "1999999984")
    assert _unjoined(nights) == [("patient", "patient_id", "unknown", 1)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "patient",
    [
        {"identifier": {"system": MRN, "value": "M1"}},
        {"reference": f"Patient?identifier={MRN}|M1"},
        {"reference": "https://fhir.invalid/r4/Patient/r1"},
        {"identifier": {"system": EPI, "value": "E1"}},
    ],
)
def test_every_way_to_refer_to_a_patient_leads_to_the_one_id(nights: Nights, patient: dict[str, Any]) -> None:
    _land(nights, "2025-01-30", _visit(patient), name="visit")
    _land(nights, "2025-01-31", _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("encounter")] == ["E1"]


@pytest.mark.slow
def test_a_reference_by_the_own_system_needs_no_resource(nights: Nights) -> None:
    _land(nights, "2025-01-31", _visit({"identifier": {"system": EPI, "value": "E7"}}))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("encounter")] == ["E7"]


@pytest.mark.slow
def test_two_resources_of_one_patient_become_one(nights: Nights) -> None:
    _land(nights, "2025-01-31", _person("Patient", "r1", (EPI, "E1")), _person("Patient", "r2", (EPI, "E1")))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["E1", "E1"]


def test_patients_of_one_name_stay_two(nights: Nights) -> None:
    _land(nights, "2025-01-31", _person("Patient", "r1", (EPI, "E1")), _person("Patient", "r2", (EPI, "E2")))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["E1", "E2"]


@pytest.mark.slow
def test_a_flat_feed_of_record_numbers_meets_the_resources(nights: Nights) -> None:
    site = Site(systems=BY_EPI.systems, feeds={"consent": FeedSite(systems=(("patient", MRN),))})
    _land(nights, "2025-01-31", _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")))
    nights.land(
        "consent/2025-01-30/a.csv",
        CONSENT + "c1,M1,cocm,2025-01-02T10:00:00Z,active,\nc2,M9,cocm,2025-01-02T10:00:00Z,active,\n",
    )
    _run(nights, site)
    assert [row["patient_id"] for row in nights.raw("consent")] == ["E1", "M9"]
    assert _unjoined(nights) == [("consent", "patient_id", "unknown", 1)]


@pytest.mark.slow
def test_an_identifier_of_two_resources_joins_neither(nights: Nights) -> None:
    site = Site(systems=BY_EPI.systems, feeds={"consent": FeedSite(systems=(("patient", MRN),))})
    people = [_person("Patient", f"r{n}", (MRN, "M1"), (EPI, f"E{n}")) for n in (1, 2)]
    _land(nights, "2025-01-31", *people)
    nights.land("consent/2025-01-31/a.csv", CONSENT + "c1,M1,cocm,2025-01-02T10:00:00Z,active,\n")
    _run(nights, site)
    assert [row["patient_id"] for row in nights.raw("consent")] == ["M1"]
    assert _unjoined(nights) == [("consent", "patient_id", "ambiguous", 1)]


CROSSWALK = "kind,system,value,id,updated_at,is_deleted\n"


@pytest.mark.slow
def test_the_crosswalk_joins_what_stands_in_feeds_and_resources(nights: Nights) -> None:
    site = Site(feeds={"consent": FeedSite(systems=(("patient", MRN),))})
    nights.land(
        "identity/2025-01-31/a.csv",
        CROSSWALK
        + f"patient,{MRN},M1,P1,,\npatient,fhir,r2,P2,,\npractitioner,,old7,S7,,\npatient,,old7,P7,,\n",
    )
    _land(nights, "2025-01-30", _person("Patient", "r1", (MRN, "M1")), _person("Patient", "r2"))
    nights.land("consent/2025-01-29/a.csv", CONSENT + "c1,M1,cocm,2025-01-02T10:00:00Z,active,old7\n")
    nights.land(
        "panel/2025-01-29/a.csv", "patient_id,team_id,effective_from,pcp_id\nold7,t1,2025-01-01,old8\n"
    )
    _run(nights, site)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["P1", "P2"]
    (consent,) = nights.raw("consent")
    assert (consent["patient_id"], consent["recorded_by"]) == ("P1", "S7")
    (panel,) = nights.raw("panel")
    assert (panel["patient_id"], panel["pcp_id"]) == ("P7", "old8")
    assert _unjoined(nights) == []


@pytest.mark.slow
def test_the_crosswalk_goes_before_the_systems_of_the_profile(nights: Nights) -> None:
    nights.land("identity/2025-01-31/a.csv", CROSSWALK + f"patient,{MRN},M1,P1,,\n")
    _land(nights, "2025-01-31", _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["P1"]


@pytest.mark.slow
def test_a_crosswalk_that_contradicts_itself_joins_nobody(nights: Nights) -> None:
    nights.land("identity/2025-01-31/a.csv", CROSSWALK + f"patient,{MRN},M1,P1,,\npatient,{EPI},E1,P2,,\n")
    _land(nights, "2025-01-31", _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")))
    _run(nights, BY_EPI)
    assert [row["patient_id"] for row in nights.raw("patient")] == ["r1"]
    assert ("patient", "patient_id", "ambiguous", 1) in _unjoined(nights)


@pytest.mark.parametrize(
    ("rows", "ids", "chained"),
    [
        ("patient,,A,B,,\npatient,,B,C,,\n", ["B", "C"], 1),
        (f"patient,,A,B,,\npatient,,B,A,,\npatient,{MRN},M1,B,,\n", ["B", "A"], 3),
        ("patient,,A,B,,\npatient,,B,B,,\npractitioner,,B,C,,\n", ["B", "B"], 0),
    ],
)
def test_a_crosswalk_is_not_followed_and_says_so(
    nights: Nights, rows: str, ids: list[str], chained: int
) -> None:
    nights.land(
        "panel/2025-01-31/a.csv", "patient_id,team_id,effective_from\nA,t1,2025-01-01\nB,t1,2025-01-01\n"
    )
    nights.land("identity/2025-01-31/a.csv", CROSSWALK + rows)
    _run(nights, Site())
    assert [row["patient_id"] for row in nights.raw("panel")] == ids
    found = [row for row in nights.reference("unjoined_identifier") if row["reason"] == "chained"]
    assert sum(row["rows"] for row in found) == chained
    assert {(row["feed"], row["kind"], row["delivered_on"]) for row in found} <= {
        ("identity", "patient", DAY)
    }


@pytest.mark.slow
def test_a_crosswalk_that_comes_later_is_corrected_or_taken_back_is_applied_to_all(nights: Nights) -> None:
    nights.land("panel/2025-01-29/a.csv", "patient_id,team_id,effective_from\nold1,t1,2025-01-01\n")
    steps = [
        (date(2025, 1, 29), None, "old1"),
        (date(2025, 1, 30), "patient,,old1,P1,2025-01-30T00:00:00Z,\n", "P1"),
        (date(2025, 1, 31), "patient,,old1,P2,2025-01-31T00:00:00Z,\n", "P2"),
        (date(2025, 2, 1), "patient,,old1,,2025-02-01T00:00:00Z,true\n", "old1"),
    ]
    for day, row, expected in steps:
        if row:
            nights.land(f"identity/{day}/a.csv", CROSSWALK + row)
        _run(nights, Site(), day)
        assert [row["patient_id"] for row in nights.raw("panel")] == [expected]
    _run(nights, Site(), date(2025, 1, 30))
    assert [row["patient_id"] for row in nights.raw("panel")] == ["P1"]


def test_rows_of_the_crosswalk_that_cannot_be_read_are_refused(nights: Nights) -> None:
    nights.land("identity/2025-01-31/a.csv", CROSSWALK + "person,,a,b,,\npatient,,,b,,\npatient,,a,b,,\n")
    _run(nights, Site())
    assert nights.refused() == [
        ("identity/2025-01-31/a.csv", 1, "invalid_value:kind"),
        ("identity/2025-01-31/a.csv", 2, "missing_required:value"),
    ]


@pytest.mark.slow
def test_the_order_of_deliveries_does_not_matter(tmp_path: Path) -> None:
    site = Site(systems=BY_EPI.systems, feeds={"consent": FeedSite(systems=(("patient", MRN),))})
    together, in_turn = Nights(tmp_path / "a"), Nights(tmp_path / "b")
    for nights in (together, in_turn):
        nights.land("consent/2025-01-29/a.csv", CONSENT + "c1,M1,cocm,2025-01-02T10:00:00Z,active,\n")
        if nights is in_turn:
            _run(nights, site, date(2025, 1, 29))
        _land(nights, "2025-01-30", _person("Patient", "r1", (MRN, "M1"), (EPI, "E1")))
        if nights is in_turn:
            _run(nights, site, date(2025, 1, 30))
        nights.land("identity/2025-01-31/a.csv", CROSSWALK + f"patient,{MRN},M1,P1,,\n")
        _run(nights, site)
    assert together.everything() == in_turn.everything()


@pytest.mark.parametrize("site", [BY_EPI, Site()])
def test_a_number_is_the_same_with_blanks_before_it(tmp_path: Path, site: Site) -> None:
    nights = Nights(tmp_path)
    patient = _person("Patient", "p1", (MRN, "   203713"))
    _land(nights, "2025-01-31", patient, _visit({"identifier": {"system": MRN, "value": "203713 "}}))
    consent = {**site.feeds, "consent": FeedSite(systems=(("patient", MRN),))}
    nights.land("consent/2025-01-31/a.csv", f"{CONSENT}c1,203713,cocm,2025-01-01,active,\n")
    _run(nights, Site(systems=site.systems, feeds=consent))
    named = {
        feed: [row["patient_id"] for row in nights.raw(feed)] for feed in ("patient", "encounter", "consent")
    }
    known = ["203713" if site.systems else "p1"]
    assert named == dict.fromkeys(named, known)
    assert _unjoined(nights) == []
