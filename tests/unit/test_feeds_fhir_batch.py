"""Small files that are read together come out as each does alone."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.feeds import fhir_batch
from orchestration.feeds.fhir_batch import ALWAYS, MOST, OF, SMALL, TOGETHER, part_rows, together
from orchestration.feeds.fhir_piece import Piece
from orchestration.feeds.registry import Copy
from tests.support.feeds_night import Nights, engine_of_tests
from tests.support.fhir_lines import LOINC, Json, concept, lines, ref

BROKEN = '{"resourceType": "Patient", '
MODIFIED: Json = {"modifierExtension": [{"url": "http://x/this-is-not-so", "valueBoolean": True}]}


def patient(name: str, **more: object) -> Json:
    return {"resourceType": "Patient", "id": name, "birthDate": "1980-02-03", **more}


def found(name: str, code: str, **more: object) -> Json:
    return {
        "resourceType": "Observation",
        "id": name,
        "status": "final",
        "code": concept(LOINC, code),
        "subject": ref("Patient/p1"),
        "effectiveDateTime": "2025-01-10T10:00:00Z",
        **more,
    }


def plain(name: str) -> list[Json]:
    """A score, a finding with parts between two without, and a code that no row knows."""
    parts = [{"code": concept(LOINC, "8480-6"), "valueInteger": 120}]
    return [
        found(f"{name}1", "8302-2", valueQuantity={"value": 170}),
        found(f"{name}2", "85354-9", component=parts),
        found(f"{name}3", "8302-2", valueQuantity={"value": 171}),
        found(f"{name}4", "44261-6", valueInteger=7),
        found(f"{name}5", "8302-2", status="odd") | {"code": concept(f"urn:{name}", "1")},
    ]


def form(name: str, questionnaire: str) -> Json:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": name,
        "status": "completed",
        "subject": ref("Patient/p1"),
        "authored": "2025-01-10",
        "questionnaire": questionnaire,
    }


CLINIC: Json = {"resourceType": "Organization", "id": "o1", "name": "Clinic"}
FILES: dict[str, str] = {
    "a": lines(*plain("a")) + "\n",
    "refused": lines(
        found("r1", "8302-2", implicitRules="http://x/rules"),
        found("r2", "8302-2", subject=None, valueInteger=2),
        found("r3", "85354-9", subject=None, component=[{"code": concept(LOINC, "8480-6")}]),
        *plain("r"),
    ),
    "p": lines(patient("p1", identifier=[{"system": "urn:x", "value": "1"}]), patient("p2")),
    "pp": lines(patient("p3"), patient("p4", gender="odd")),
    "another type": lines(patient("p5"), {"resourceType": "CarePlan"}),
    "broken": lines(CLINIC) + f"\n{BROKEN}\n" + lines({**CLINIC, "id": "o2"}),
    "beside a broken one": lines({**CLINIC, "id": "o3"}),
    "blank": lines(patient("p8")) + "\n\n" + lines(patient("p9")),
    "modified": lines(patient("p10", **MODIFIED), patient("p11")),
    "w": lines(form("w1", "http://x/one"), form("w2", "http://x/two")),
    "ww": lines(form("w3", "http://x/two")),
}


def read(root: Path) -> tuple[object, ...]:
    """All that files become: tables, counts, findings."""
    nights = Nights(root)
    for number, (name, text) in enumerate(FILES.items()):
        nights.land(f"fhir/2025-01-31/{number:02} {name}.ndjson", text)
    report = nights.run()
    contents = json.loads((root / "lake/registry/state.json").read_text())
    return nights.everything(), contents, report


@pytest.mark.slow
def test_files_come_out_as_each_does_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    read_together: Callable[[Piece], object] = Piece.read_together

    def noted(piece: Piece) -> object:
        result = read_together(piece)
        sizes.append(len(piece.found.spans))
        return result

    monkeypatch.setattr(Piece, "read_together", noted)
    at_once = read(tmp_path / "together")
    assert sorted(sizes) == [2, 2, 3]
    monkeypatch.setattr(fhir_batch, "SMALL", -1)
    assert read(tmp_path / "alone") == at_once
    assert sorted(sizes) == [2, 2, 3]


def test_files_that_cannot_be_read_together_are_read_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_piece: Piece) -> None:
        raise duckdb.InvalidInputException("a line")

    monkeypatch.setattr(Piece, "read_together", fails)
    nights = Nights(tmp_path)
    for name in ("a", "b"):
        nights.land(f"fhir/2025-01-31/{name}.ndjson", lines(patient(name)))
    nights.run()
    assert [row["patient_id"] for row in nights.raw("patient")] == ["a", "b"]


def lots(tmp_path: Path, files: list[tuple[str, str, str, int]], processors: int = 1) -> list[list[str]]:
    """The names of the files of each lot.

    Args:
        tmp_path: an empty folder.
        files: delivery, name, first line and size of each.
        processors: how many read them.
    """
    copies, sizes = [], {}
    for delivered_on, name, line, size in files:
        (tmp_path / name).write_text(line)
        copies.append(Copy("fhir", delivered_on, name, "fhir_ndjson", name))
        sizes[name] = size
    found = together(
        copies, lambda copy: sizes[copy.source_file], lambda copy: tmp_path / copy.source_file, processors
    )
    return [[copy.source_file for copy in lot] for lot in found]


def test_files_of_one_type_and_delivery_are_read_together(tmp_path: Path) -> None:
    visit, person = '{"resourceType": "Encounter"}\n', '{"resourceType": "Patient"}\n'
    files = [
        ("2025-01-31", "a", visit, SMALL),
        ("2025-01-31", "b", person, 1),
        ("2025-01-31", "c", visit, SMALL + 1),
        ("2025-01-31", "d", '{"resourceType": "Bundle"}', 1),
        ("2025-01-31", "e", visit, 1),
        ("2025-01-30", "f", visit, 1),
        ("2025-01-31", "g", "no resource", 1),
        ("2025-01-31", "h", person, 1),
    ]
    assert lots(tmp_path, files) == [["c"], ["d"], ["g"], ["a", "e"], ["b", "h"], ["f"]]


def test_not_too_many_files_are_read_together(tmp_path: Path) -> None:
    visit, day = '{"resourceType": "Encounter"}\n', "2025-01-31"
    many = [(day, f"{number:03}", visit, 1) for number in range(MOST + 1)]
    assert list(map(len, lots(tmp_path, many))) == [MOST, 1]
    full = [(day, str(number), visit, SMALL) for number in range(TOGETHER // SMALL)]
    assert list(map(len, lots(tmp_path, [*full, (day, "one more", visit, 1)]))) == [len(full), 1]
    assert list(map(len, lots(tmp_path, full))) == [len(full)]


def test_files_are_left_for_other_processors(tmp_path: Path) -> None:
    visit, day = '{"resourceType": "Encounter"}\n', "2025-01-31"
    two = [(day, "a", visit, ALWAYS), (day, "b", visit, ALWAYS)]
    assert lots(tmp_path, two) == [["a", "b"]]
    assert lots(tmp_path, two, processors=2) == [["a"], ["b"]]
    few = [(day, "a", visit, ALWAYS // 2), (day, "b", visit, ALWAYS // 2)]
    assert lots(tmp_path, few, processors=2) == [["a", "b"]]


def test_parts_of_a_table_are_in_its_order(tmp_path: Path) -> None:
    rows = f"SELECT i, i // 700000 AS {OF} FROM range(1400000) AS r(i)"
    connection = engine_of_tests(0)
    part_rows(connection, rows, tmp_path / "parted")
    for part in (0, 1):
        path = tmp_path / "parted" / f"{OF}={part}" / "data_0.parquet"
        numbered = f"SELECT i, file_row_number AS n FROM read_parquet('{path}', file_row_number = true)"
        found = connection.execute(
            f"SELECT count(*), count(*) FILTER (i = n + {part * 700000}) FROM ({numbered})"
        )
        assert found.fetchall() == [(700000, 700000)]
