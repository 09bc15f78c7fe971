"""A FHIR file that is read in pieces comes out as it does whole."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

import pytest
from blake3 import blake3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.resources import write_resources
from orchestration.feeds import fhir_pieces, opened
from orchestration.feeds.engines import Engines
from orchestration.feeds.fhir import read_fhir
from orchestration.feeds.fhir_pieces import (
    IN_MEMORY,
    PIECE,
    WORTH_AN_ENGINE,
    bytes_of_a_piece,
    lines_before,
)
from orchestration.feeds.opened import CHUNK, FILE_ID_LENGTH, Traits, read_through
from orchestration.feeds.reading import Reading
from orchestration.feeds.registry import Content
from orchestration.feeds.upkeep import Reader
from orchestration.feeds.workers import shares
from tests.support.feeds_night import Outcome, engine_of_tests, read_file, rows_of
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


def in_pieces(most: int, engines: int) -> Reader:
    def reader(reading: Reading, path: Path, traits: Traits) -> Content:
        reading.beside = [engine_of_tests(number) for number in range(1, engines)]
        return read_fhir(reading, path, traits, most=most)

    return reader


def everything(root: Path) -> dict[str, list[str]]:
    """The rows of all tables that a file became, whatever number of tables holds those of a feed."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in [*root.glob("lake/**/*.parquet"), *root.glob("quarantine/**/*.parquet")]:
        whole = path.with_name(path.name.split(".")[0]).relative_to(root)
        found[str(whole)] += map(str, rows_of(f"FROM '{path}'"))
    return {path: sorted(rows) for path, rows in found.items()}


def one_table(outcome: Outcome) -> Outcome:
    """An outcome as if one table held each feed."""
    parts = tuple(replace(part, tables=1) for part in outcome.content.parts)
    return replace(outcome, content=replace(outcome.content, parts=parts))


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.permutations(FILE), st.sampled_from([500, 1000]), st.integers(1, 3))
@example(FILE, 700, 2)
def test_a_file_comes_out_the_same_whatever_it_is_cut_into(
    resources: list[Json], most: int, engines: int
) -> None:
    with TemporaryDirectory() as whole, TemporaryDirectory() as cut:
        once = read(Path(whole), "encounter", *resources)
        pieces = read(Path(cut), "encounter", *resources, reader=in_pieces(most, engines))
        assert one_table(pieces) == one_table(once)
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
        assert everything(root) == everything(tmp_path / "1")
        assert len(list(root.glob("lake/raw/observation/*/*.parquet"))) == pieces
        assert (outcome.content.parts[-1].tables, outcome.counts) == (pieces, (75, 75, 0))


@pytest.mark.slow
@pytest.mark.parametrize("engines", [1, 2])
def test_a_broken_line_in_a_later_piece_is_found(tmp_path: Path, engines: int) -> None:
    text = "\n".join([lines(visit(1), visit(2)), '{"resourceType": "Encounter", ', lines(visit(3))])
    reader = in_pieces(300, engines)
    outcome = read_file(tmp_path, "fhir", text, "anything.ndjson", "encounter", reader)
    assert (outcome.numbers, outcome.refused) == ([1, 2, 4], [(3, "malformed_row")])


@pytest.mark.slow
def test_lines_that_two_engines_read_keep_their_numbers(tmp_path: Path) -> None:
    landed = tmp_path / "Observation.ndjson"
    number = write_resources(landed, "Observation", 3)
    text = landed.read_text(encoding="utf-8").replace('"Observation"', '"Observatio"', 1)
    found = []
    for engines in (1, 2):
        root = tmp_path / str(engines)
        root.mkdir()
        reader = in_pieces(PIECE, engines)
        read_file(root, "fhir", text, "anything.ndjson", "observation", reader)
        found.append({path: sha256(repr(rows).encode()).digest() for path, rows in everything(root).items()})
        last = f"SELECT max(_row_number) AS last FROM '{root}/lake/raw/observation/*/*.parquet'"
        assert rows_of(last) == [{"last": number}]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("size", "engines", "pieces"),
    [
        (0, 1, 1),
        (1, 1, 1),
        (PIECE, 1, 1),
        (PIECE + 1, 1, 2),
        (PIECE * 3, 1, 3),
        (2 * WORTH_AN_ENGINE - 1, 2, 1),
        (2 * WORTH_AN_ENGINE, 2, 2),
        (3 * WORTH_AN_ENGINE, 2, 2),
        (PIECE * 2, 2, 2),
        (PIECE * 2 + 1, 2, 4),
        (PIECE * 2, 4, 4),
        (PIECE * 2 + 1, 4, 8),
    ],
)
def test_no_piece_is_larger_than_what_may_be_in_memory(size: int, engines: int, pieces: int) -> None:
    piece = bytes_of_a_piece(size, PIECE, engines)
    assert max(ceil(size / piece), 1) == pieces
    assert piece * min(engines, pieces) <= max(PIECE, IN_MEMORY)


@pytest.mark.parametrize(
    ("sizes", "processors", "expected"),
    [
        ([500], 2, [2]),
        ([500], 1, [1]),
        ([500, 50], 2, [2, 1]),
        ([500, 500], 2, [1, 1]),
        ([501, 499], 2, [1, 1]),
        ([100, 100, 100], 2, [1, 1, 2]),
        ([100, 100, 100, 100], 2, [1, 1, 1, 1]),
        ([300, 100, 100, 100], 4, [2, 1, 1, 2]),
        ([250, 35, 34, 28, 6], 2, [2, 1, 1, 1, 1]),
        ([19], 2, [1]),
        ([0], 2, [1]),
        ([], 2, []),
    ],
)
def test_a_file_that_would_end_last_is_read_by_several_processors(
    sizes: list[int], processors: int, expected: list[int]
) -> None:
    assert shares(sizes, [max(size // 32, 1) for size in sizes], processors) == expected


def test_only_what_can_be_cut_is_read_by_several_processors() -> None:
    assert shares([500, 100], [1, 9], 2) == [1, 1]


def test_whoever_asks_first_for_engines_is_served_first() -> None:
    engines = Engines([engine_of_tests(number) for number in range(2)])
    served: list[str] = []

    def ask(name: str, number: int) -> None:
        with engines.taken(number) as taken:
            served.append(name)
            assert len(set(map(id, taken))) == number

    with ThreadPoolExecutor(2) as pool, engines.taken(1):
        both = pool.submit(ask, "both", 2)
        while not engines.waiting:
            sleep(0.001)
        one = pool.submit(ask, "one", 1)
        while engines.waiting < 2:
            sleep(0.001)
        assert served == []
    both.result()
    one.result()
    assert served == ["both", "one"]


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
    assert small[0] == blake3(path.read_bytes()).hexdigest()[:FILE_ID_LENGTH]


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_lines_before_a_place_are_those_counted_from_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    for module in (opened, fhir_pieces):
        monkeypatch.setattr(module, "STRETCH", 2 * CHUNK)
    path, text = tmp_path / "a.ndjson", b"\n\nx\n" + b"{}\n" * (2 * CHUNK)
    path.write_bytes(text)
    marks = read_through(path, has_cells=False)[1].marks
    assert marks == [text[:end].count(b"\n") for end in (2 * CHUNK, 4 * CHUNK, 6 * CHUNK)]
    for place in (1, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK, len(text) - 1):
        expected = text[: place + more].count(b"\n")
        assert lines_before(path, place + more, marks) == expected
        assert lines_before(path, place + more, ()) == expected
