"""A landed file that is read in pieces fills several raw tables, which share its fate."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestration.feeds import fhir_pieces
from orchestration.fingerprints import inputs_hash
from orchestration.settings import Settings
from tests.support.feeds_night import KEY, Nights, Row
from tests.support.fhir_lines import Json, concept, lines, ref

pytestmark = pytest.mark.slow

DAY = date(2025, 1, 31)
FILE = f"fhir/{DAY}/Condition.ndjson"
CODE = concept("http://hl7.org/fhir/sid/icd-10-cm", "F32.1")
NUMBERS = range(40)


def condition(number: int, **more: object) -> Json:
    patient = ref(f"Patient/p{number % 4}")
    return {"resourceType": "Condition", "id": f"c{number}", "subject": patient, "code": CODE, **more}


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """A landing with a file that is worth two engines."""
    nights = Nights(tmp_path)
    text = lines(*(condition(number) for number in NUMBERS))
    nights.land(FILE, text)
    monkeypatch.setattr(fhir_pieces, "WORTH_AN_ENGINE", len(text) // 2)
    nights.run(threads=2)
    return nights


def tables(nights: Nights) -> list[str]:
    return sorted(path.parent.name for path in nights.lake.glob("raw/condition/*/*.parquet"))


def told(nights: Nights) -> list[tuple[str, str, int]]:
    return [(row["condition_id"], row["patient_id"], row["_row_number"]) for row in nights.raw("condition")]


def whole(tmp_path: Path, nights: Nights) -> list[Row]:
    """The rows of the same landing, read by one engine."""
    alone = Nights(tmp_path / "alone")
    alone.landing = nights.landing
    alone.run()
    return alone.raw("condition")


def test_the_tables_hold_the_rows_of_the_file(tmp_path: Path, nights: Nights) -> None:
    assert tables(nights) == [f"delivered_on={DAY}"] * 2
    assert told(nights) == [(f"c{number}", f"p{number % 4}", number + 1) for number in NUMBERS]
    assert nights.raw("condition") == whole(tmp_path, nights)


def test_a_night_is_named_alike_whatever_number_of_tables_it_reads(tmp_path: Path, nights: Nights) -> None:
    whole(tmp_path, nights)
    homes = [
        Settings(landing=nights.landing, home=home, hash_key=SecretStr(KEY))
        for home in (tmp_path, tmp_path / "alone")
    ]
    assert len({inputs_hash(home, str(DAY)) for home in homes}) == 1


def test_all_tables_are_named_after_the_copy_that_counts(tmp_path: Path, nights: Nights) -> None:
    moved = nights.landing / "fhir" / "2025-01-30" / "Condition.ndjson"
    moved.parent.mkdir()
    (nights.landing / FILE).rename(moved)
    nights.run(threads=2)
    assert tables(nights) == ["delivered_on=2025-01-30"] * 2
    assert {row["_source_file"] for row in nights.raw("condition")} == {"fhir/2025-01-30/Condition.ndjson"}
    assert nights.raw("condition") == whole(tmp_path, nights)


def test_a_table_that_is_gone_is_read_again(nights: Nights) -> None:
    before = nights.raw("condition")
    next(path for path in nights.lake.glob("raw/condition/*/*.2.parquet")).unlink()
    nights.run(threads=2)
    assert nights.raw("condition") == before


def test_the_tables_of_a_file_that_was_replaced_go(nights: Nights) -> None:
    nights.land(FILE, lines(condition(1)))
    nights.run(threads=2)
    assert (tables(nights), told(nights)) == ([f"delivered_on={DAY}"], [("c1", "p1", 1)])


def test_rows_of_records_that_were_merged_are_found_in_every_table(tmp_path: Path, nights: Nights) -> None:
    link = {"type": "replaced-by", "other": ref("Patient/p0")}
    patients: list[Json] = [
        {"resourceType": "Patient", "id": "p3", "link": [link]},
        {"resourceType": "Patient", "id": "p0"},
    ]
    nights.land("fhir/2025-02-01/Patient.ndjson", lines(*patients))
    nights.run(threads=2)
    assert [patient for _, patient, _ in told(nights)] == ["p0", "p1", "p2", "p0"] * 10
    assert tables(nights) == [f"delivered_on={DAY}"]
    assert nights.raw("condition") == whole(tmp_path, nights)


ASKS = "Patient?identifier=urn:mrn|1"


def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nights:
    """A landing with a file in pieces, some of whose rows name their patient by an identifier."""
    nights = Nights(tmp_path)
    text = lines(
        *(condition(number, subject=ref(ASKS if number % 4 else "Patient/p0")) for number in NUMBERS)
    )
    nights.land(FILE, text)
    monkeypatch.setattr(fhir_pieces, "WORTH_AN_ENGINE", len(text) // 2)
    nights.run(threads=2)
    return nights


def held(nights: Nights) -> int:
    return len(list(nights.lake.glob("unresolved/condition/*.parquet")))


def test_tables_that_wait_stand_as_they_came_until_they_are_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = asking(tmp_path, monkeypatch)
    assert (held(nights), len(tables(nights))) == (2, 2)
    assert [patient for _, patient, _ in told(nights)] == ["p0", ASKS, ASKS, ASKS] * 10
    patient = {"resourceType": "Patient", "id": "p9", "identifier": [{"system": "urn:mrn", "value": "1"}]}
    landed = nights.land("fhir/2025-01-31/Patient.ndjson", lines(patient))
    nights.run(threads=2)
    assert (held(nights), len(tables(nights))) == (2, 1)
    assert [patient for _, patient, _ in told(nights)] == ["p0", "p9", "p9", "p9"] * 10
    assert nights.raw("condition") == whole(tmp_path, nights)
    landed.write_text(lines({**patient, "identifier": []}), encoding="utf-8")
    nights.run(threads=2)
    assert (held(nights), len(tables(nights))) == (2, 2)
    assert [patient for _, patient, _ in told(nights)] == ["p0", ASKS, ASKS, ASKS] * 10


def test_tables_that_wait_are_named_after_the_copy_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = asking(tmp_path, monkeypatch)
    moved = nights.landing / "fhir" / "2025-01-30" / "Condition.ndjson"
    moved.parent.mkdir()
    (nights.landing / FILE).rename(moved)
    nights.run(threads=2)
    assert (held(nights), tables(nights)) == (2, ["delivered_on=2025-01-30"] * 2)
    assert {row["_source_file"] for row in nights.raw("condition")} == {"fhir/2025-01-30/Condition.ndjson"}
    assert nights.raw("condition") == whole(tmp_path, nights)


def test_a_table_that_waits_and_is_gone_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights = asking(tmp_path, monkeypatch)
    before = nights.raw("condition")
    next(path for path in nights.lake.glob("unresolved/condition/*.2.parquet")).unlink()
    nights.run(threads=2)
    assert (nights.raw("condition"), held(nights)) == (before, 2)
