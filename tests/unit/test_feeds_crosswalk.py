"""Rows of the crosswalk that no source can ask for."""

from datetime import date
from pathlib import Path

import pytest

from orchestration.feeds.site import FeedSite, Site
from tests.support.feeds_night import Nights

MRN, EPI = "urn:x:mrn", "urn:x:epi"
PATIENT = f'{{"resourceType": "Patient", "id": "r1", "identifier": [{{"system": "{MRN}", "value": "M1"}}]}}\n'


@pytest.mark.parametrize(
    ("system", "rows"),
    [("FHIR", 1), (f"{MRN}/", 1), ("fhir", 0), ("", 0), (MRN, 0), (EPI, 0), ("urn:x:stated", 0)],
)
def test_a_system_of_the_crosswalk_that_nobody_uses_is_told(tmp_path: Path, system: str, rows: int) -> None:
    stated = {"panel": FeedSite(systems=(("patient", "urn:x:stated"),))}
    nights = Nights(tmp_path)
    nights.land("fhir/2025-01-31/a.ndjson", PATIENT)
    nights.land("identity/2025-01-31/a.csv", f"kind,system,value,id\npatient,{system},other,P1\n")
    nights.run(as_of=date(2025, 1, 31), site=Site(systems={"patient": (EPI,)}, feeds=stated))
    found = [row for row in nights.reference("unjoined_identifier") if row["feed"] == "identity"]
    assert [(row["column_name"], row["reason"], row["rows"]) for row in found] == (
        [("system", "unused", rows)] if rows else []
    )
