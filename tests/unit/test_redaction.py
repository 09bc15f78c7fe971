"""What may be told of an error: never a value that could come from a row."""

import duckdb
import pytest

from orchestration.redaction import SafeError, safe_engine_text, safe_error_text, safe_frames

CANARY = "Zzyzx-Canary"


@pytest.mark.parametrize(
    "query",
    [
        f"select cast('{CANARY}' as integer)",
        f"select cast('{CANARY}' as date)",
        f"select strptime('{CANARY}', '%Y-%m-%d')",
        f"select error('{CANARY}')",
    ],
)
def test_what_the_engine_says_of_a_value_is_withheld(query: str) -> None:
    with pytest.raises(duckdb.Error) as told:
        duckdb.sql(query).fetchall()
    assert CANARY in str(told.value)
    assert CANARY not in safe_engine_text(str(told.value))
    assert CANARY not in safe_error_text(told.value)


def test_a_value_of_a_key_is_withheld() -> None:
    with duckdb.connect() as engine, pytest.raises(duckdb.Error) as told:
        engine.execute("create table patient (mrn varchar primary key)")
        engine.execute(f"insert into patient values ('{CANARY}'), ('{CANARY}')")
    assert CANARY in str(told.value)
    assert safe_engine_text(f"Runtime Error in model stg_x (stg_x.sql)\n  {told.value}") == (
        "Constraint Error (text withheld, because it may quote a row)"
    )


def test_what_the_engine_says_of_the_sql_is_told() -> None:
    with pytest.raises(duckdb.Error) as told:
        duckdb.sql("select no_such_column from (select 1 as one)")
    text = safe_engine_text(f"Runtime Error in model stg_x (stg_x.sql)\n  {told.value}")
    assert text.startswith("Binder Error: Referenced column")
    assert "no_such_column" in text
    assert "\n" not in text


def test_an_unknown_text_is_withheld() -> None:
    assert CANARY not in safe_engine_text(f"something went wrong with {CANARY}")


@pytest.mark.parametrize(
    "text",
    [
        "[Errno 28] No space left on device",
        "(sqlite3.OperationalError) database or disk is full",
        f"IO Error: Could not write {CANARY}: Disk quota exceeded",
        f"Out of Memory Error: {CANARY}: this limit was set by the 'max_temp_directory_size' setting",
    ],
)
def test_a_full_disk_is_told_whoever_says_it(text: str) -> None:
    assert safe_engine_text(text) == "the disk is full; make room and run again"
    with pytest.raises(ValueError, match="withheld") as told:
        _fail_after(RuntimeError(text))
    assert safe_error_text(told.value) == "the disk is full; make room and run again"
    assert safe_error_text(SafeError(text)) == text


def _fail_after(first: Exception) -> None:
    try:
        raise first
    except RuntimeError:
        raise ValueError("withheld") from None


def test_our_own_errors_are_told_and_others_give_their_place() -> None:
    assert safe_error_text(_OwnError("care_activity: 3 rows")) == "_OwnError"
    assert safe_error_text(SafeError("care_activity: 3 rows")) == "care_activity: 3 rows"
    with pytest.raises(ValueError, match=CANARY) as told:
        int(CANARY)
    assert safe_error_text(told.value).startswith("ValueError")
    assert CANARY not in safe_error_text(told.value)
    assert not [frame for frame in safe_frames(told.value) if CANARY in frame]


class _OwnError(Exception):
    """An error of the tests, not of the project."""
