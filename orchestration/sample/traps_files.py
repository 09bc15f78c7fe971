"""Traps of files that are odd or cannot be read as a whole.

Belongs here: bytes as other systems write them, columns and folders that nobody expects.
Does not belong here: single rows (`traps_rows.py`), files that come again (`traps_versions.py`).
"""

import gzip
from typing import Any

from orchestration.sample.rows import csv_text
from orchestration.sample.trap_cases import (
    FULL_CODE,
    FULL_MINUTES,
    candidate,
    enrol,
    entry_row,
    minutes,
    segments,
)
from orchestration.sample.trap_kit import Case, Kit, Row

MINUTE = 60
FEED = "care_activity"


def _full(kit: Kit, case: Case) -> Row:
    return entry_row(kit, case, kit.day(5), "09:00", "09:40")


def _gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def odd_files(kit: Kit) -> None:
    """Plant files as other systems write them; all their rows are read right."""

    def encoded(trap: str, says: str, name: str, line_end: str, encode: Any) -> None:
        cases = [enrol(kit, team=number % 2) for number in range(kit.instances)]
        rows = [_full(kit, case) for case in cases]
        file = kit.raw_file(FEED, kit.prompt, name, encode(csv_text(rows, line_end=line_end)))
        kit.plant(
            trap,
            says,
            cases,
            [row["entry_id"] for row in rows],
            files=[{"feed": FEED, "file": file, "status": "accepted", "rows": len(rows)}],
            segments=[segments(row["entry_id"], credited=FULL_MINUTES * MINUTE) for row in rows],
            candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES) for case in cases],
        )

    says = "The file begins with a byte order mark and its lines end with CR and LF."
    encoded("bom_and_crlf", says, "care_activity_windows.csv", "\r\n", lambda text: text.encode("utf-8-sig"))
    says = "The file is compressed."
    encoded("gzip_file", says, "care_activity_packed.csv.gz", "\n", lambda text: _gzipped(text.encode()))
    says = "The columns are separated by semicolons."
    encoded(
        "semicolons",
        says,
        "care_activity_semicolons.csv",
        "\n",
        lambda text: text.replace(",", ";").encode(),
    )
    says = "The last line has no end."
    encoded(
        "no_last_line_end", says, "care_activity_no_end.csv", "\n", lambda text: text.rstrip("\n").encode()
    )

    for trap, says, family, encoding in (
        ("latin_1_file", "The file is in Latin-1.", "C\u00f4tewell", "latin-1"),
        (
            "quoted_line_break",
            "A name has a comma and a line break in quotes.",
            "Twoline,\nThornwick",
            "utf-8",
        ),
    ):
        name = f"patient_{trap}.csv"
        number = kit.number("patient")
        row = {"patient_id": f"X{number:07d}", "family_name": family, "given_name": "Alvara"}
        file = kit.raw_file("patient", kit.prompt, name, csv_text([row]).encode(encoding))
        value = {"feed": "patient", "key": row["patient_id"], "column": "family_name", "value": family}
        read = {"feed": "patient", "file": file, "status": "accepted", "rows": 1}
        kit.plant(trap, says, [row["patient_id"]], files=[read], values=[value])

    header = csv_text(
        [], ["survey_id", "respondent_type", "domain", "score", "score_max", "taken_on"]
    ).encode()
    file = kit.raw_file("survey", kit.prompt, "survey_header_only.csv", header)
    read = {"feed": "survey", "file": file, "status": "accepted", "rows": 0}
    kit.plant("header_only_file", "The file has a header and no rows.", [], count=1, files=[read])


def refused_files(kit: Kit) -> None:
    """Plant files that cannot be read as a whole; the rest of the feed is read."""
    case = enrol(kit)
    minutes(kit, case)
    row = entry_row(kit, case, kit.day(14), "10:00", "10:20")
    text = csv_text([row])
    without_staff = csv_text([{name: value for name, value in row.items() if name != "staff_id"}])
    packed = _gzipped(text.encode() * 40)
    broken = (
        ("zero_byte_file", "The file has no bytes.", "care_activity_empty.csv", b"", "empty_file"),
        (
            "broken_gzip",
            "The compressed file ends too early.",
            "care_activity_broken.csv.gz",
            packed[: len(packed) // 2],
            "broken_gzip",
        ),
        (
            "missing_required_column",
            "The file lacks a required column.",
            "care_activity_no_staff.csv",
            without_staff.encode(),
            "missing_column:staff_id",
        ),
        (
            "wrong_delimiter",
            "The columns are separated by a sign that no reader expects.",
            "care_activity_tildes.csv",
            text.replace(",", "~").encode(),
            "wrong_delimiter",
        ),
    )
    for trap, says, name, content, reason in broken:
        file = kit.raw_file(FEED, kit.prompt, name, content)
        kit.plant(
            trap,
            says,
            [case],
            [row["entry_id"]],
            count=1,
            files=[{"feed": FEED, "file": file, "status": "rejected", "rows": 0}],
            quarantine=[kit.refused(name, 0, reason)],
            segments=[segments(row["entry_id"])],
            candidates=[candidate(kit, case, FULL_CODE, "ready", FULL_MINUTES)],
        )


def odd_columns(kit: Kit) -> None:
    """Plant a column that nobody knows, and one of the site's own."""
    number = kit.number("patient")
    row = {"patient_id": f"X{number:07d}", "family_name": "Ragwortham", "given_name": "Bennor"}
    extra = {"favorite_color": "teal", "x_language": "Esperanto"}
    file = kit.raw_file("patient", kit.prompt, "patient_more_columns.csv", csv_text([row | extra]).encode())
    finding = {"kind": "unknown_column", "feed": "patient", "column": "favorite_color", "file": file}
    value = {"feed": "patient", "key": row["patient_id"], "column": "x_language", "value": "Esperanto"}
    read = {"feed": "patient", "file": file, "status": "accepted", "rows": 1}
    kit.plant(
        "unknown_column", "The contract does not know a column; it is dropped.", [row["patient_id"]],
        findings=[finding], files=[read],
    )  # fmt: skip
    kit.plant("site_column", "The site's own column is carried through.", [row["patient_id"]], values=[value])
    kit.raw_file("horoscope", kit.prompt, "horoscope.csv", b"sign,outlook\nlarkspur,fair\n")
    finding = {"kind": "unknown_folder", "feed": "horoscope", "column": "", "value": "horoscope"}
    kit.plant("unknown_folder", "A folder is not a feed of the contract.", [], count=1, findings=[finding])


TRAPS = (odd_files, refused_files, odd_columns)
