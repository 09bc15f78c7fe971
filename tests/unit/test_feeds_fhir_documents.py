"""Files of resources that are not one a line: each resource counts, and none is lost."""

import gzip
import json
from pathlib import Path

import pytest

from orchestration.feeds.fhir_documents import DOCUMENT_LIMIT
from tests.support.feeds_night import Nights, read_file
from tests.support.fhir_lines import Json, lines, ref

ONE: Json = {"resourceType": "Patient", "id": "p1", "name": [{"family": "A\nB"}]}
TWO: Json = {"resourceType": "Patient", "id": "p2"}
BUNDLE: Json = {
    "resourceType": "Bundle",
    "type": "searchset",
    "entry": [{"fullUrl": "https://x.example/fhir/Patient/p1", "resource": ONE}, {"resource": TWO}],
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([ONE, TWO]),
        json.dumps([ONE, TWO], indent=2),
        "[\n" + ",\n".join(map(json.dumps, (ONE, TWO))) + "\n]\n",
        ",\n".join(map(json.dumps, (ONE, TWO))),
        json.dumps(ONE, indent=1) + "\n" + json.dumps(TWO, indent=1),
        json.dumps(BUNDLE),
        json.dumps(BUNDLE, indent=4),
        lines(BUNDLE | {"entry": BUNDLE["entry"][:1]}, TWO),
        json.dumps([BUNDLE | {"entry": BUNDLE["entry"][:1]}, TWO]),
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": BUNDLE}]}),
        "\ufeff" + json.dumps(BUNDLE, indent=1),
    ],
)
def test_each_resource_is_a_row(tmp_path: Path, text: str) -> None:
    outcome = read_file(tmp_path, "fhir", text, "a.ndjson", "patient")
    assert [row["patient_id"] for row in outcome.rows] == ["p1", "p2"]
    assert (outcome.numbers, outcome.counts, outcome.rows[0]["family_name"]) == ([1, 2], (2, 2, 0), "A\nB")


@pytest.mark.slow
def test_what_is_no_resource_is_refused_where_it_stands(tmp_path: Path) -> None:
    entries = [
        {"resource": ONE},
        {"search": {"mode": "outcome"}},
        "x",
        {"resource": {"resourceType": "Group"}},
    ]
    text = json.dumps([[], 7, {"resourceType": "Bundle", "entry": entries}], indent=1)
    outcome = read_file(tmp_path, "fhir", text, "a.ndjson", "patient")
    assert outcome.numbers == [3]
    assert outcome.refused == [
        (1, "malformed_row"),
        (2, "malformed_row"),
        (4, "unsupported_resource:Bundle"),
        (5, "unsupported_resource:Bundle"),
        (6, "unsupported_resource:Group"),
    ]


@pytest.mark.slow
def test_references_of_a_bundle_mean_its_resources(tmp_path: Path) -> None:
    first, second = "urn:uuid:0000-aa", "urn:uuid:0000-bb"
    diagnosis: Json = {
        "resourceType": "Condition",
        "id": "c1",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "F33.1"}]},
    }
    entries = [
        {"fullUrl": first, "resource": TWO, "request": {"method": "PUT", "url": "Patient/p2"}},
        {"fullUrl": second, "resource": {"resourceType": "Patient"}},
        {"resource": {**diagnosis, "subject": ref(first)}},
        {"resource": {**diagnosis, "id": "c2", "subject": ref(second)}},
    ]
    text = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    rows = read_file(tmp_path, "fhir", text, "a.ndjson", "condition").rows
    assert [row["patient_id"] for row in rows] == ["p2", "0000-bb"]


@pytest.mark.slow
def test_a_reference_of_a_bundle_says_the_type_that_it_names(tmp_path: Path) -> None:
    who = "urn:uuid:0000-aa"
    coverage: Json = {"resourceType": "Coverage", "id": "v1", "beneficiary": ref(who), "payor": [ref(who)]}
    entries = [
        {"fullUrl": who, "resource": {"resourceType": "Patient", "id": "0000-aa"}},
        {"resource": coverage},
    ]
    text = json.dumps({"resourceType": "Bundle", "entry": entries})
    outcome = read_file(tmp_path, "fhir", text, "a.ndjson", "coverage")
    assert outcome.refused == [(2, "missing_required:payer_id")]


@pytest.mark.parametrize("url", ["Patient/p9", "Patient/p9/_history/2", "https://h.example/fhir/Patient/p9/"])
def test_what_a_bundle_deletes_beside_its_resources_is_a_tombstone(tmp_path: Path, url: str) -> None:
    gone = {"request": {"method": "DELETE", "url": url}}
    text = json.dumps(BUNDLE | {"entry": [gone, {"resource": ONE}]})
    rows = read_file(tmp_path, "fhir", text, "a.ndjson", "patient").rows
    assert [(row["patient_id"], row["is_deleted"]) for row in rows] == [("p9", True), ("p1", False)]


def test_a_document_that_is_too_large_is_refused_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.feeds.fhir_documents.DOCUMENT_LIMIT", 20)
    outcome = read_file(tmp_path, "fhir", json.dumps(TWO, indent=1), "a.ndjson", "patient")
    assert (outcome.rows, outcome.counts) == ([], (4, 0, 4))
    assert DOCUMENT_LIMIT > 20


@pytest.mark.slow
def test_a_landing_takes_documents_and_leaves_lists_of_files(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    nights.land("fhir/2025-01-06/all.json", json.dumps(BUNDLE, indent=1))
    nights.land("fhir/2025-01-07/two.json.gz", gzip.compress(json.dumps([TWO]).encode()))
    nights.land("fhir/2025-01-07/manifest.json", json.dumps({"output": []}))
    nights.land("fhir/2025-01-07/log.ndjson", json.dumps({"exportId": "1", "eventId": "kickoff"}))
    report = nights.run()
    assert [(file.source_file, file.rows_accepted) for file in report.files] == [
        ("fhir/2025-01-06/all.json", 2),
        ("fhir/2025-01-07/two.json.gz", 1),
    ]
    assert [(notice.kind, notice.path) for notice in report.notices] == [
        ("unsupported_file", "fhir/2025-01-07/log.ndjson"),
        ("unsupported_file", "fhir/2025-01-07/manifest.json"),
    ]
