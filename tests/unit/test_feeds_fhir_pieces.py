"""A FHIR file that is read in pieces comes out as it does whole."""

from hashlib import sha256
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.resources import write_resources
from orchestration.feeds import opened
from orchestration.feeds.fhir import read_fhir
from orchestration.feeds.fhir_pieces import PIECE, WORTH_A_PROCESSOR, bytes_of_a_piece
from orchestration.feeds.opened import CHUNK, FILE_ID_LENGTH, Traits, read_through
from orchestration.feeds.reading import Reading
from orchestration.feeds.registry import Content
from orchestration.feeds.upkeep import Reader
from orchestration.feeds.workers import shares
from tests.support.feeds_night import read_file, rows_of
from tests.support.fhir_lines import LOINC, Json, concept, lines, read, ref

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


MEASURED: list[Json] = [
    {
        "resourceType": "Observation",
        "status": "final",
        "code": concept(LOINC, code),
        "subject": ref("Patient/p1"),
        "effectiveDateTime": "2025-01-10T10:00:00Z",
        **more,
    }
    for code, more in (
        ("85354-9", {"component": [{"code": concept(LOINC, "8480-6"), "valueInteger": 120}]}),
        ("44261-6", {"valueInteger": 7}),
        ("8302-2", {"valueQuantity": {"value": 170}}),
        ("44261-6", {"valueQuantity": {"value": 9}}),
    )
]
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


def everything(root: Path) -> dict[str, list[str]]:
    """All tables that a file became, by path, their rows in order."""
    tables = [*root.glob("lake/**/*.parquet"), *root.glob("quarantine/**/*.parquet")]
    return {str(path.relative_to(root)): list(map(str, rows_of(f"FROM '{path}'"))) for path in tables}


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.permutations(FILE), st.sampled_from([500, 1000]), st.integers(1, 3))
@example(FILE, 700, 2)
def test_a_file_comes_out_the_same_whatever_it_is_cut_into(
    resources: list[Json], most: int, processors: int
) -> None:
    with TemporaryDirectory() as whole, TemporaryDirectory() as cut:
        once = read(Path(whole), "encounter", *resources)
        pieces = read(Path(cut), "encounter", *resources, reader=in_pieces(most, processors))
        assert pieces == once
        assert everything(Path(cut)) == everything(Path(whole))
        assert not list(Path(cut).rglob("piece*"))


@pytest.mark.slow
def test_many_lines_come_out_the_same_in_two_and_five_pieces(tmp_path: Path) -> None:
    resources = [MEASURED[number % len(MEASURED)] | {"id": f"o{number}"} for number in range(60)]
    size = len(lines(*resources))
    for pieces in (1, 2, 5):
        root = tmp_path / str(pieces)
        root.mkdir()
        outcome = read(root, "observation", *resources, reader=in_pieces(ceil(size / pieces), pieces))
        assert (outcome, everything(root)) == (outcome, everything(tmp_path / "1"))
        assert outcome.counts == (75, 75, 0)


@pytest.mark.slow
@pytest.mark.parametrize("processors", [1, 2])
def test_a_broken_line_in_a_later_piece_is_found(tmp_path: Path, processors: int) -> None:
    text = "\n".join([lines(visit(1), visit(2)), '{"resourceType": "Encounter", ', lines(visit(3))])
    reader = in_pieces(300, processors)
    outcome = read_file(tmp_path, "fhir", text, "anything.ndjson", "encounter", reader)
    assert (outcome.numbers, outcome.refused) == ([1, 2, 4], [(3, "malformed_row")])


@pytest.mark.slow
def test_lines_that_two_processors_read_keep_their_numbers(tmp_path: Path) -> None:
    landed = tmp_path / "Observation.ndjson"
    number = write_resources(landed, "Observation", 2.6 * WORTH_A_PROCESSOR / 1e6)
    text = landed.read_text(encoding="utf-8").replace('"Observation"', '"Observatio"', 1)
    found = []
    for processors in (1, 2):
        root = tmp_path / str(processors)
        root.mkdir()
        reader = in_pieces(PIECE, processors)
        read_file(root, "fhir", text, "anything.ndjson", "observation", reader)
        found.append({path: sha256(repr(rows).encode()).digest() for path, rows in everything(root).items()})
        last = f"SELECT max(_row_number) AS last FROM '{root}/lake/raw/observation/*/*.parquet'"
        assert rows_of(last) == [{"last": number}]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("size", "pieces"), [(0, 1), (1, 1), (PIECE, 1), (PIECE + 1, 2), (PIECE * 2, 2), (PIECE * 3, 3)]
)
def test_no_piece_is_larger_than_what_may_be_in_memory(size: int, pieces: int) -> None:
    piece = bytes_of_a_piece(size, PIECE)
    assert (max(ceil(size / piece), 1), piece <= PIECE) == (pieces, True)


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
