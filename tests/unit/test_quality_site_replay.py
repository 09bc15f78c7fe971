"""Corrected rows: landed once and whole, tried before, and never told by their values."""

import hashlib
from pathlib import Path

import duckdb
import pytest

from orchestration.feeds.ingest import ingest
from orchestration.publishing.files import FILE_MODE
from orchestration.quality_site.replay import Replayed, ReplayError, replay
from orchestration.settings import Settings
from tests.support.publishing_warehouse import AS_OF, Row, make_home

KEY = "a key of tests that is long"
WORD = "Zzyzxcanary"
FILE = "patient/2026-03-20/p.csv"
HEADER = "source_file,row_number,patient_id,family_name,birth_date,sex"


def hash_of(key: str) -> str:
    return hashlib.sha256(f"{KEY}|patient|{key}".encode()).hexdigest()


def refused(row_number: int, key: str | None, reason: str, **changes: object) -> Row:
    return {
        "delivery_on": "2026-03-20",
        "feed": "patient",
        "source_file": FILE,
        "row_number": row_number,
        "record_key_hash": hash_of(key) if key else None,
        "reason": reason,
        "first_seen_on": "2026-03-20",
        **changes,
    }


QUARANTINE = [
    refused(3, "p3", "invalid_type:birth_date"),
    refused(4, None, "missing_required:patient_id"),
    refused(5, "p5", "invalid_value:sex", resolved_on="2026-03-22"),
    refused(0, None, "empty_file", source_file="patient/2026-03-21/empty.csv"),
    refused(1, None, "malformed_row", feed="team", source_file="team/2026-03-20/t.csv"),
]


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    """A home whose readers have a list of refused rows."""
    home = make_home(tmp_path / "home", {"dq_quarantine": QUARANTINE})
    home.publish()
    (tmp_path / "landing").mkdir()
    return Settings.model_validate(
        {"landing": tmp_path / "landing", "home": home.root, "hash_key": KEY, "threads": 1}
    )


def corrections(site: Settings, *lines: str, header: str = HEADER) -> Path:
    path = site.landing.parent / "corrected.csv"
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def landed(site: Settings) -> list[str]:
    return [
        path.relative_to(site.landing).as_posix()
        for path in sorted(site.landing.rglob("*"))
        if path.is_file()
    ]


@pytest.mark.slow
def test_corrected_rows_land_whole_and_are_accepted(site: Settings) -> None:
    file = corrections(site, f"{FILE},3,p3,{WORD},1980-02-01,female", f"{FILE},4,p4,{WORD},1990-03-02,male")
    done = replay(file, site)
    assert done == Replayed("patient", 2, landed(site)[0])
    assert done.source_file.startswith("patient/2026-03-20/replay-")
    place = site.landing / done.source_file
    assert place.read_text(encoding="utf-8") == (
        f"patient_id,family_name,birth_date,sex\np3,{WORD},1980-02-01,female\np4,{WORD},1990-03-02,male\n"
    )
    assert place.stat().st_mode & 0o777 == FILE_MODE
    report = ingest(
        site.landing,
        site.lake,
        site.quarantine,
        as_of=AS_OF,
        default_time_zone="UTC",
        hash_key=KEY,
        threads=1,
    )
    assert report.totals["patient"] == (2, 2, 0)
    rows = duckdb.read_parquet(f"{site.lake}/raw/patient/*/*.parquet").project("patient_id").fetchall()
    assert sorted(rows) == [("p3",), ("p4",)]


@pytest.mark.slow
def test_a_row_is_accepted_once(site: Settings) -> None:
    file = corrections(site, f"{FILE},3,p3,{WORD},1980-02-01,female")
    done = replay(file, site)
    with pytest.raises(ReplayError, match=f"row 1 was replayed before, as {done.source_file}"):
        replay(file, site)
    with pytest.raises(ReplayError, match="row 1 was replayed before"):
        replay(corrections(site, f"{FILE},3,p3,{WORD},1981-02-01,female"), site)
    assert landed(site) == [done.source_file]


def test_a_row_is_named_by_its_hash_too(site: Settings) -> None:
    header = "record_key_hash,patient_id,birth_date"
    done = replay(corrections(site, f"{hash_of('p3')},p3,1980-02-01", header=header), site)
    assert done.rows == 1


def test_the_delivery_date_can_be_given(site: Settings) -> None:
    file = corrections(site, f"{FILE},3,p3,{WORD},1980-02-01,female")
    done = replay(file, site, delivered_on=AS_OF.replace(day=25))
    assert done.source_file.startswith("patient/2026-03-25/")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"{FILE},3,p3,{WORD},{WORD},female"], "refused again: row 1: invalid_type:birth_date"),
        (
            [f"{FILE},3,{WORD},{WORD},1980-02-01,female"],
            "row 1 has another key than the row that it corrects",
        ),
        ([f"{FILE},9,p9,{WORD},1980-02-01,female"], "row 1 names no row"),
        ([f"patient/2026-03-21/empty.csv,0,p9,{WORD},1980-02-01,female"], "row 1 names no row"),
        ([f"{FILE},5,p5,{WORD},1980-02-01,female"], "row 1 corrects what was mended on 2026-03-22"),
        ([f"{FILE},3,p3,{WORD},1980-02-01,female"] * 2, "row 2 corrects the same row as one before it"),
        (
            [f"{FILE},3,p3,{WORD},1980-02-01,female", f"team/2026-03-20/t.csv,1,,{WORD},,"],
            "one feed at a time",
        ),
        ([f"{FILE},3,p3,{WORD}"], "row 1 has 4 cells and the header 6"),
        ([], "has no row"),
    ],
)
def test_what_corrects_nothing_lands_nothing_and_is_told_without_values(
    site: Settings, lines: list[str], said: str
) -> None:
    with pytest.raises(ReplayError, match=said) as told:
        replay(corrections(site, *lines), site)
    assert WORD not in str(told.value)
    assert not landed(site)
    assert not (site.quality / "replayed.json").exists()
    assert not [path for path in (site.lake / "work").glob("**/*") if path.is_file()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            f"source_file,row_number,patient_id,{WORD}",
            "column 4 of the header is no column of the feed patient",
        ),
        ("source_file,patient_id,sex,birth_date", "needs a header with"),
        ("source_file,row_number,sex,sex", "needs a header with"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(site: Settings, header: str, said: str) -> None:
    with pytest.raises(ReplayError, match=said) as told:
        replay(corrections(site, f"{FILE},3,p3,x", header=header), site)
    assert WORD not in str(told.value)


@pytest.mark.slow
def test_a_site_s_own_column_lands(site: Settings) -> None:
    header = "source_file,row_number,patient_id,birth_date,x_room"
    done = replay(corrections(site, f"{FILE},3,p3,1980-02-01,7", header=header), site)
    assert "x_room" in (site.landing / done.source_file).read_text(encoding="utf-8")
