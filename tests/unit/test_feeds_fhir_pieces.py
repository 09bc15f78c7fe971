"""A FHIR file that is read in pieces comes out as it does whole."""

from hashlib import sha256
from math import ceil
from pathlib import Path

import pytest

from orchestration.feeds import opened
from orchestration.feeds.fhir import read_fhir
from orchestration.feeds.fhir_pieces import PIECE, WORTH_A_PROCESSOR, bytes_of_a_piece
from orchestration.feeds.opened import CHUNK, FILE_ID_LENGTH, Traits, read_through
from orchestration.feeds.reading import Reading
from orchestration.feeds.registry import Content
from orchestration.feeds.upkeep import Reader
from orchestration.feeds.workers import shares
from tests.support.feeds_night import read_file
from tests.support.fhir_lines import Json, lines, read, ref

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


def in_pieces(most: int, processors: int) -> Reader:
    def reader(reading: Reading, path: Path, traits: Traits) -> Content:
        reading.processors = processors
        return read_fhir(reading, path, traits, most=most)

    return reader


@pytest.mark.slow
@pytest.mark.parametrize(("most", "processors"), [(1, 1), (700, 1), (1500, 1), (1, 3), (700, 2)])
def test_pieces_are_put_together(tmp_path: Path, most: int, processors: int) -> None:
    for name in ("whole", "pieces"):
        (tmp_path / name).mkdir()
    whole = read(tmp_path / "whole", "encounter", *FILE)
    pieces = read(tmp_path / "pieces", "encounter", *FILE, reader=in_pieces(most, processors))
    assert len(lines(*FILE)) > 1500
    assert pieces == whole
    assert not list((tmp_path / "pieces").rglob("piece*"))


@pytest.mark.slow
@pytest.mark.parametrize("processors", [1, 2])
def test_a_broken_line_in_a_later_piece_is_found(tmp_path: Path, processors: int) -> None:
    text = "\n".join([lines(visit(1), visit(2)), '{"resourceType": "Encounter", ', lines(visit(3))])
    reader = in_pieces(300, processors)
    outcome = read_file(tmp_path, "fhir", text, "anything.ndjson", "encounter", reader)
    assert (outcome.numbers, outcome.refused) == ([1, 2, 4], [(3, "malformed_row")])


@pytest.mark.parametrize(
    ("size", "processors", "pieces"),
    [
        (WORTH_A_PROCESSOR * 2 - 1, 2, 1),
        (WORTH_A_PROCESSOR * 2, 2, 2),
        (PIECE, 1, 1),
        (PIECE, 2, 2),
        (PIECE + 1, 1, 2),
        (PIECE * 2 + 1, 2, 4),
        (PIECE * 3, 1, 3),
        (1, 2, 1),
    ],
)
def test_a_large_file_has_a_piece_for_each_processor(size: int, processors: int, pieces: int) -> None:
    piece = bytes_of_a_piece(size, processors, PIECE)
    assert (ceil(size / piece), piece <= PIECE) == (pieces, True)


@pytest.mark.parametrize(
    ("sizes", "processors", "expected"),
    [
        ([500], 2, [2]),
        ([500, 50], 2, [2, 2]),
        ([100, 100, 100], 2, [1, 1, 2]),
        ([101, 100], 2, [2, 2]),
        ([100, 100], 1, [1, 1]),
        ([300, 100, 100, 100], 4, [2, 2, 2, 4]),
        ([0], 2, [1]),
    ],
)
def test_the_last_files_are_read_by_several_processors(
    sizes: list[int], processors: int, expected: list[int]
) -> None:
    assert shares(sizes, processors) == expected


@pytest.mark.parametrize("end", range(0, 20, 3))
def test_the_word_for_modifiers_is_found_wherever_it_lies(tmp_path: Path, end: int) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"x" * (CHUNK - 18 + end) + b'modifierExtension"' + b"x" * 30)
    found = read_through(path, has_cells=False)[1].has_modifiers
    path.write_bytes(path.read_bytes().replace(b'Extension"', b"Extensions"))
    assert (found, read_through(path, has_cells=False)[1].has_modifiers) == (True, False)
    assert read_through(path)[1].has_modifiers


def test_a_large_file_is_hashed_as_a_small_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(bytes(range(256)) * 10_000)
    small = read_through(path)
    monkeypatch.setattr(opened, "HASHED_ASIDE", CHUNK)
    assert read_through(path) == small
    assert small[0] == sha256(path.read_bytes()).hexdigest()[:FILE_ID_LENGTH]
