"""A FHIR file that is read in pieces comes out as it does whole."""

from pathlib import Path

import pytest

from orchestration.feeds import fhir
from tests.support.feeds_night import read_file
from tests.support.fhir_lines import Json, lines, parts, read, ref, unmapped

PATIENT: Json = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:x", "value": "1"}]}
PLAN: Json = {"resourceType": "CarePlan"}
DELETION: Json = {
    "resourceType": "Bundle",
    "entry": [{"request": {"method": "DELETE", "url": "Encounter/e1"}}],
}
MODIFIED = {"modifierExtension": [{"url": "http://x/this-is-not-so", "valueBoolean": True}]}


def visit(number: int, **more: object) -> Json:
    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": "finished",
        "class": {"system": "urn:x", "code": f"c{number % 2}"},
        "subject": ref(f"Patient/p{number}"),
        "period": {"start": "2025-01-10T10:00:00Z"},
        **more,
    }


FILE = [
    *(visit(number) for number in range(1, 6)),
    PLAN,
    visit(6, **MODIFIED),
    visit(7, implicitRules="http://x/rules"),
    visit(8, subject=None),
    PATIENT,
    DELETION,
    PLAN,
    visit(9),
]


@pytest.mark.parametrize("size", [1, 700, 1500])
def test_pieces_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    for name in ("whole", "pieces"):
        (tmp_path / name).mkdir()
    whole = read(tmp_path / "whole", "encounter", *FILE)
    monkeypatch.setattr(fhir, "PIECE", size)
    pieces = read(tmp_path / "pieces", "encounter", *FILE)
    assert len(lines(*FILE)) > 1500
    assert pieces.numbers == whole.numbers
    assert sorted(map(str, pieces.rows)) == sorted(map(str, whole.rows))
    assert (sorted(pieces.refused), parts(pieces)) == (sorted(whole.refused), parts(whole))
    assert unmapped(pieces) == unmapped(whole)
    assert not list((tmp_path / "pieces").rglob("piece*"))


def test_a_broken_line_in_a_later_piece_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fhir, "PIECE", 300)
    text = "\n".join([lines(visit(1), visit(2)), '{"resourceType": "Encounter", ', lines(visit(3))])
    outcome = read_file(tmp_path, "fhir", text, "anything.ndjson", "encounter")
    assert (outcome.numbers, outcome.refused) == ([1, 2, 4], [(3, "malformed_row")])
