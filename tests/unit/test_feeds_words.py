"""Names are compared alike in Python and in the engine, and by profile and FHIR."""

from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.codes import load_code_map
from orchestration.feeds.words import folded, folded_sql
from tests.unit.seed_rows import ROOT

EVERY_SPACE = [chr(number) for number in range(1, 0x11_0000) if chr(number).isspace()]
OTHERS = [chr(number) for number in range(0x21, 0x3100) if not chr(number).isspace()]


def test_any_white_space_is_one_space_and_nothing_else_is_one_in_both_engines() -> None:
    texts = [f"{sign}a{sign} {sign}b{sign}" for sign in [*EVERY_SPACE, *OTHERS]]
    rows = duckdb.sql(
        f"SELECT {folded_sql('words')} = 'a b' FROM (SELECT unnest($1) AS words)", params=[texts]
    )
    assert [is_space for (is_space,) in rows.fetchall()] == [folded(text) == "a b" for text in texts]
    assert {folded(text) for text in texts[: len(EVERY_SPACE)]} == {"a b"}
    assert len(EVERY_SPACE) == 29


def test_a_payer_of_the_profile_is_known_as_fhir_writes_it() -> None:
    payers = {"Invented\u00a0 Mutual": "medicare"}
    known = load_code_map(ROOT / "seeds", date(2025, 1, 31), payers).entries["coverage", "payer_id"]
    assert known["payer|invented mutual"] == "medicare"


def test_a_row_of_words_is_known_however_it_is_spaced(tmp_path: Path) -> None:
    (tmp_path / "code_map.csv").write_text(
        "feed,column,system,code,value,valid_from,valid_to\n"
        "patient,mrn,text,Record\u00a0  Number,MR,,\npatient,mrn,urn:x,Record  Number,MR,,\n",
        encoding="utf-8",
    )
    known = load_code_map(tmp_path, date(2025, 1, 31)).entries["patient", "mrn"]
    assert set(known) == {"text|record number", "urn:x|Record  Number"}
