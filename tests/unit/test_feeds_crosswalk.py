"""Rows of the crosswalk that no source can ask for."""

from datetime import date
from pathlib import Path

from orchestration.feeds.site import FeedSite, Site
from tests.support.feeds_night import Nights

MRN, EPI = "urn:x:mrn", "urn:x:epi"
PATIENT = f'{{"resourceType": "Patient", "id": "r1", "identifier": [{{"system": "{MRN}", "value": "M1"}}]}}\n'


def test_a_system_of_the_crosswalk_that_nobody_uses_is_told(tmp_path: Path) -> None:
    stated = {"panel": FeedSite(systems=(("patient", "urn:x:stated"),))}
    used, unused = ("fhir", "", MRN, EPI, "urn:x:stated"), ("FHIR", f"{MRN}/")
    rows = "".join(f"patient,{system},other,P1\n" for system in (*used, *unused, unused[1]))
    nights = Nights(tmp_path)
    nights.land("fhir/2025-01-31/a.ndjson", PATIENT)
    nights.land("identity/2025-01-31/a.csv", f"kind,system,value,id\n{rows}practitioner,{MRN},other,P1\n")
    nights.run(as_of=date(2025, 1, 31), site=Site(systems={"patient": (EPI,)}, feeds=stated))
    found = [row for row in nights.reference("unjoined_identifier") if row["feed"] == "identity"]
    assert {(row["kind"], row["system"], row["column_name"], row["reason"]) for row in found} == {
        ("patient", "FHIR", "system", "unused"),
        ("patient", f"{MRN}/", "system", "unused"),
        ("practitioner", MRN, "system", "unused"),
    }
    assert [row["rows"] for row in found] == [1, 1, 1]


def test_who_a_row_leads_to_is_somebody(tmp_path: Path) -> None:
    nobody = ("#REF!", "1.23457E+11", "-1", "NULL")
    rows = "".join(f"patient,{EPI},{number},{id_}\n" for number, id_ in enumerate((*nobody, "P1")))
    nights = Nights(tmp_path)
    nights.land("identity/2025-01-31/a.csv", f"kind,system,value,id\n{rows}")
    nights.run(as_of=date(2025, 1, 31))
    assert [(number, reason) for _, number, reason in nights.refused()] == [
        (1, "failed_formula:id"),
        (2, "rounded_number:id"),
        (3, "missing_required:id"),
        (4, "missing_required:id"),
    ]
