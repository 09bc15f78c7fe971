"""Delimited files as they come: each is read right or gets a clear reason, and nothing else is lost."""

import gzip
import json
from pathlib import Path

import pytest

from orchestration.feeds import scrub
from tests.support.feeds_night import Outcome, read_file

HEADER = "team_id,team_name,site_id\n"
NORTH, SOUTH = "T1,North,S1\n", "T2,South,S2\n"
READ = [("T1", "North", "S1"), ("T2", "South", "S2")]


def team(root: Path, content: bytes | str, name: str = "a.csv") -> Outcome:
    return read_file(root, "team", content, name)


def names(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(row["team_id"], row["team_name"], row["site_id"]) for row in outcome.rows]


def refusal(outcome: Outcome) -> list[tuple[int, str]]:
    """The refusals of a file that was refused as a whole."""
    assert outcome.counts == (0, 0, 0)
    assert outcome.hashes == [None]
    assert outcome.refused == [(0, outcome.content.reason)]
    return outcome.refused


PLAIN = HEADER + NORTH + SOUTH
READABLE: dict[str, bytes | str] = {
    "as it should be": PLAIN,
    "without a last line end": PLAIN.rstrip("\n"),
    "with carriage returns": PLAIN.replace("\n", "\r\n"),
    "with mixed line ends": HEADER.replace("\n", "\r\n") + NORTH + SOUTH,
    "with carriage returns alone": PLAIN.replace("\n", "\r"),
    "with a byte order mark": "\ufeff" + PLAIN,
    "in UTF-16": PLAIN.encode("utf-16"),
    "in UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "in big-endian UTF-16 without a mark": PLAIN.encode("utf-16-be"),
    "in UTF-32": PLAIN.encode("utf-32"),
    "with semicolons": PLAIN.replace(",", ";"),
    "with bars": PLAIN.replace(",", "|"),
    "with tabs": PLAIN.replace(",", "\t"),
    "with quotes around all": '"team_id","team_name","site_id"\n"T1","North","S1"\n"T2","South","S2"\n',
    "with blanks around the names": " Team_ID , TEAM_NAME,site_id \n" + NORTH + SOUTH,
    "with a blank before a quote": HEADER + 'T1, "North",S1\n' + SOUTH,
    "with blank lines between": "\n" + HEADER + "\n" + NORTH + "\n \n" + SOUTH + "\n\n",
    "with a delimiter at each row's end": HEADER + "T1,North,S1,\nT2,South,S2,\n",
    "with the columns in another order": "site_id,team_id,team_name\nS1,T1,North\nS2,T2,South\n",
}


@pytest.mark.parametrize("how", READABLE)
def test_a_file_is_read(tmp_path: Path, how: str) -> None:
    outcome = team(tmp_path, READABLE[how])
    assert names(outcome) == READ
    assert outcome.counts == (2, 2, 0)
    assert outcome.numbers == [1, 2]


@pytest.mark.parametrize("how", ["as it should be", "in UTF-16", "with mixed line ends"])
def test_a_gzipped_file_is_read(tmp_path: Path, how: str) -> None:
    content = READABLE[how]
    packed = gzip.compress(content.encode() if isinstance(content, str) else content)
    assert names(team(tmp_path, packed, "a.csv.gz")) == READ
    assert names(team(tmp_path, packed, "packed, and not so called.csv")) == READ


def test_gzip_parts_after_each_other_are_one_file(tmp_path: Path) -> None:
    packed = gzip.compress((HEADER + NORTH).encode()) + gzip.compress(SOUTH.encode())
    assert names(team(tmp_path, packed, "a.csv.gz")) == READ


BROKEN_GZIP: dict[str, bytes] = {
    "without its end": gzip.compress(PLAIN.encode() * 50)[:-9],
    "without most of it": gzip.compress(PLAIN.encode())[:12],
    "with another checksum": gzip.compress(PLAIN.encode())[:-8] + b"\0" * 8,
    "of no text": b"\x02\x7f" + PLAIN.encode(),
    "of two bytes": b"\x1f\x8b",
}


@pytest.mark.parametrize("how", BROKEN_GZIP)
def test_a_broken_gzip_is_refused_as_a_whole(tmp_path: Path, how: str) -> None:
    assert refusal(team(tmp_path, BROKEN_GZIP[how], "a.csv.gz")) == [(0, "broken_gzip")]


def test_a_file_that_was_unpacked_on_its_way_and_kept_its_name_is_read(tmp_path: Path) -> None:
    assert names(team(tmp_path, PLAIN, "a.csv.gz")) == READ


@pytest.mark.parametrize("content", [b"", b"\n", b" \r\n\n", b"\xef\xbb\xbf", b"\0\0"])
def test_a_file_of_nothing_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(team(tmp_path, content)) == [(0, "empty_file")]
    assert refusal(team(tmp_path, gzip.compress(content), "a.csv.gz")) == [(0, "empty_file")]


@pytest.mark.parametrize("content", [HEADER, HEADER.rstrip("\n"), HEADER + "\n\n"])
def test_a_header_alone_is_a_delivery_of_no_rows(tmp_path: Path, content: str) -> None:
    outcome = team(tmp_path, content)
    assert (outcome.counts, outcome.content.reason, outcome.refused) == ((0, 0, 0), "", [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("team_id,site_id\nT1,S1\n", "missing_column:team_name"),
        ("site_id\nS1\n", "missing_column:team_id;missing_column:team_name"),
        ("T1,North,S1\nT2,South,S2\n", "missing_column:team_id;missing_column:team_name"),
        ("team_id;site_id\nT1;S1\n", "missing_column:team_name"),
        ("team_id^team_name^site_id\nT1^North^S1\n", "wrong_delimiter"),
        ("team_id team_name site_id\nT1 North S1\n", "wrong_delimiter"),
        ("team_id,team_name,Team_Name\nT1,North,South\n", "duplicate_column:team_name"),
        ("team_id,team_name,x_a,x_a\nT1,North,1,2\n", "duplicate_column:x_a"),
        ("'team_id' ,'team_name'\n'T1','North'\n", "unsupported_quotes"),
    ],
)
def test_a_header_that_does_not_serve_refuses_the_file(tmp_path: Path, content: str, reason: str) -> None:
    assert refusal(team(tmp_path, content)) == [(0, reason)]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04\x14\0team_id,team_name", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (b"PAR1\x15\x04", "parquet"),
        (b"%PDF-1.7\n", "pdf"),
        (b'[{"team_id": "T1", "team_name": "North"}]', "json"),
        (b'{"team_id": "T1", "team_name": "North"}\n', "json"),
        (b'\xef\xbb\xbf[\n  {"team_id": "T1", "team_name": "North"}\n]', "json"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><teams/>", "xml"),
        (b"Obj\x01\x04\x16avro.schema", "avro"),
        (b"ORC\x0a\x06\x12", "orc"),
        (b"ARROW1\0\0", "arrow"),
        (b"SQLite format 3\0", "sqlite"),
        (b"\0" * 12 + b"\xc2\xea\x81\x60", "sas7bdat"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x28\xb5\x2f\xfd\x04", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQ\n", "pgp"),
        (b"\n<html><table><tr><td>team_id</td><td>team_name</td></tr></table>", "html"),
    ],
)
def test_another_format_under_the_name_of_a_table_is_called_what_it_is(
    tmp_path: Path, content: bytes, name: str
) -> None:
    assert refusal(team(tmp_path, content)) == [(0, f"unsupported_format:{name}")]


def test_columns_that_nobody_knows_may_share_a_name(tmp_path: Path) -> None:
    outcome = team(tmp_path, "team_id,zip,team_name,zip,\nT1,1,North,2,3\n")
    assert outcome.content.parts[0].unknown_columns == ("zip",)
    assert outcome.rows[0]["team_name"] == "North"


def test_controls_in_the_names_of_columns_stop_no_night(tmp_path: Path) -> None:
    outcome = team(tmp_path, "team_id\x01,team_name,site_id,x_note6\x01\x00,y\x00\nT1,North,S1,a,b\n")
    assert names(outcome) == READ[:1]
    assert json.loads(outcome.rows[0]["site_columns"]) == {"x_note6": "a"}
    assert outcome.content.parts[0].unknown_columns == ("y",)


def test_a_refused_file_keeps_none_of_its_first_line(tmp_path: Path) -> None:
    outcome = team(tmp_path, "Canaria,1980-01-01\nDoe,1990-01-01\n")
    assert "canaria" not in repr(outcome.content).lower()


MALFORMED: dict[str, str | bytes] = {
    "a field too few": HEADER + NORTH + "T9,Short\n" + SOUTH,
    "a field too many": HEADER + NORTH + "T9,Long,S9,more\n" + SOUTH,
    "a quote behind a backslash that would part a field": HEADER + NORTH + 'T9,"a\\",b",\n' + SOUTH,
    "a NUL within a field": HEADER + NORTH + "T9,Sh\0rt,S9\n" + SOUTH,
    "a quote that never closes": HEADER + NORTH + 'T9,"Open,S9\n' + SOUTH,
    "letters behind a quote": HEADER + NORTH + 'T9,"Odd" one,S9\n' + SOUTH,
    "a NUL": HEADER + NORTH + "T9,N\0UL,S9\n" + SOUTH,
    "a lone carriage return": HEADER + NORTH + "T9,Car\rriage,S9\n" + SOUTH,
    "a very long field": HEADER + NORTH + f"T9,{'x' * (scrub.RECORD_LIMIT + 1)},S9\n" + SOUTH,
    "a very long quoted field": HEADER + NORTH + f'T9,"{"x" * (scrub.RECORD_LIMIT + 1)}",S9\n' + SOUTH,
}


@pytest.mark.parametrize("how", MALFORMED)
def test_a_malformed_row_costs_itself_alone(tmp_path: Path, how: str) -> None:
    outcome = team(tmp_path, MALFORMED[how])
    assert outcome.refused == [(2, "malformed_row")]
    assert outcome.hashes == [None]
    assert names(outcome) == READ
    assert outcome.numbers == [1, 3]
    assert outcome.counts == (3, 2, 1)


def test_a_field_of_one_nul_is_an_empty_text_of_bcp(tmp_path: Path) -> None:
    outcome = team(tmp_path, "team_id|team_name|site_id\r\nT1|North|\0\r\nT2|South|S2\r\n\0|Blank|S3\r\n")
    assert [row["site_id"] for row in outcome.rows] == [None, "S2"]
    assert outcome.refused == [(3, "missing_required:team_id")]


def test_a_field_over_two_lines_that_a_backslash_would_part_is_no_row(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + NORTH + 'T9,"a\n\\",b",\n' + SOUTH)
    assert (names(outcome), outcome.refused) == (READ, [(2, "malformed_row"), (3, "malformed_row")])


def test_a_backslash_before_the_end_of_a_field_is_one(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + 'T1,"C:\\",S1\n' + SOUTH)
    assert [row["team_name"] for row in outcome.rows] == ["C:\\", "South"]


def test_a_last_line_that_was_half_written_costs_itself_alone(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + NORTH + SOUTH + "T3,We")
    assert (names(outcome), outcome.refused) == (READ, [(3, "malformed_row")])


def test_a_last_line_cut_inside_a_quote_costs_itself_alone(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + NORTH + SOUTH + 'T3,"We')
    assert (names(outcome), outcome.refused) == (READ, [(3, "malformed_row")])


def test_rows_are_numbered_and_reasons_given_past_a_malformed_one(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + "T9\n" + NORTH + ",Nameless,S3\n" + SOUTH)
    assert outcome.refused == [(1, "malformed_row"), (3, "missing_required:team_id")]
    assert outcome.numbers == [2, 4]
    assert outcome.counts == (4, 2, 2)


def test_each_of_many_open_quotes_costs_its_own_row(tmp_path: Path) -> None:
    rows = [f'T{number},"Open,S\n' if number % 3 == 0 else f"T{number},Good,S\n" for number in range(1, 31)]
    outcome = team(tmp_path, HEADER + "".join(rows))
    assert [number for number, _ in outcome.refused] == list(range(3, 31, 3))
    assert len(outcome.rows) == 20


def test_a_row_of_delimiters_is_a_row_without_its_key(tmp_path: Path) -> None:
    outcome = team(tmp_path, HEADER + NORTH + ",,\n" + SOUTH)
    assert outcome.refused == [(2, "missing_required:team_id;missing_required:team_name")]
    assert names(outcome) == READ


def test_a_quoted_field_may_hold_line_breaks_quotes_and_delimiters(tmp_path: Path) -> None:
    text = HEADER + 'T1,"North, ""upper""\nfloor",S1\n' + SOUTH
    for content in (text, text.replace("\n", "\r\n"), text + "T3\n"):
        outcome = team(tmp_path, content, f"{len(content)}.csv")
        assert outcome.rows[0]["team_name"].replace("\r\n", "\n") == 'North, "upper"\nfloor'
        assert outcome.numbers == [1, 2]


def test_letters_beyond_ascii_survive(tmp_path: Path) -> None:
    for number, encoding in enumerate(("utf-8", "latin-1", "cp1252", "utf-16")):
        outcome = team(tmp_path, (HEADER + "T1,Peñón José,S1\n" + SOUTH).encode(encoding), f"{number}.csv")
        assert outcome.rows[0]["team_name"] == "Peñón José"


def test_one_latin_line_does_not_spoil_the_others(tmp_path: Path) -> None:
    content = HEADER.encode() + "T1,Peñón,S1\n".encode() + "T2,Zoë,S2\n".encode("latin-1")
    assert [row["team_name"] for row in team(tmp_path, content).rows] == ["Peñón", "Zoë"]


def test_a_file_cut_inside_a_letter_of_utf_16_is_refused(tmp_path: Path) -> None:
    assert refusal(team(tmp_path, PLAIN.encode("utf-16")[:-1])) == [(0, "undecodable")]


@pytest.mark.parametrize("name", ["a b.csv", "a*[1]?.csv", "it's.csv", "Ä.CSV", "a;b,c.csv", "-x.csv"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "a1.csv").write_text("not this one")
    assert names(team(tmp_path, PLAIN, name)) == READ


def test_a_long_field_below_the_limit_is_read(tmp_path: Path) -> None:
    long = "x" * (scrub.RECORD_LIMIT - 1000)
    outcome = team(tmp_path, HEADER + f"T1,{long},S1\n" + SOUTH)
    assert [len(row["team_name"]) for row in outcome.rows] == [len(long), 5]


def test_careful_and_fast_reading_agree_on_the_good_rows(tmp_path: Path) -> None:
    rows = 'T1, "North" ,S1\n"T2",So"uth,\n\tT3 ,"a ""b"" c"," "\nT4,,S4\n'
    fast = team(tmp_path, HEADER + rows, "fast.csv")
    careful = team(tmp_path, HEADER + rows + "T9\n", "careful.csv")
    assert careful.rows == fast.rows
    assert careful.refused[: len(fast.refused)] == fast.refused
