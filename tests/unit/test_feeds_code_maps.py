"""Lookups are worked out once for many files, and anew as soon as anything in them changes."""

from datetime import date
from pathlib import Path

import duckdb

from orchestration.feeds.codes import SYSTEMS, CodeMap, load_code_map, values_of

DAY = date(2025, 1, 31)
HEAD = "feed,column,system,code,value,valid_from,valid_to\n"


def test_seeds_that_were_written_again_are_read_again(tmp_path: Path) -> None:
    rows = tmp_path / "code_map.csv"
    rows.write_text(f"{HEAD}patient,mrn,urn:x,MR,a,,\n", encoding="utf-8")
    first = load_code_map(tmp_path, DAY)
    assert load_code_map(tmp_path, DAY) is first
    rows.write_text(f"{HEAD}patient,mrn,urn:x,MR,another,,\n", encoding="utf-8")
    assert load_code_map(tmp_path, DAY).entries["patient", "mrn"] == {"urn:x|MR": "another"}
    assert first.entries["patient", "mrn"] == {"urn:x|MR": "a"}


def test_a_connection_learns_names_of_systems_that_alone_have_changed() -> None:
    entries = {("patient", "mrn"): {"urn:x|MR": "a"}}
    with duckdb.connect() as connection:
        for system in ("urn:a", "urn:b"):
            CodeMap(entries, {"urn:oid:1": system}).make_known(connection)
            known = connection.execute(
                f"SELECT {values_of('patient', 'mrn')}['urn:x|MR'], getvariable('{SYSTEMS}')['urn:oid:1']"
            ).fetchone()
            assert known == ("a", system)


def test_a_connection_forgets_the_columns_that_a_later_map_has_no_rows_for() -> None:
    looked_up = f"SELECT {values_of('patient', 'mrn')}['urn:x|MR'], {values_of('patient', 'sex')}['urn:x|F']"
    with duckdb.connect() as connection:
        for entries, known in (
            ({("patient", "mrn"): {"urn:x|MR": "a"}}, ("a", None)),
            ({("patient", "sex"): {"urn:x|F": "female"}}, (None, "female")),
        ):
            CodeMap(entries, {}).make_known(connection)
            assert connection.execute(looked_up).fetchone() == known
