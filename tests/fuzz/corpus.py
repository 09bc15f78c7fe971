"""Files to begin with, and what is done to them.

Belongs here: good and odd files of each kind, and changing bytes by a seeded generator. Does not belong here:
reading them.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

import duckdb

_HERE: Final = Path(__file__).resolve().parent
_GOLDEN: Final = _HERE.parent / "golden"
_PROFILE: Final = _HERE.parents[1] / "docs" / "site_profile.yaml"
_TABLES: Final = (
    (", 'x' AS x_note, TIMESTAMP '2026-01-01' AS updated_at", "uncompressed"),
    (", i % 2 = 0 AS is_deleted, [i] AS x_list, {'a': i} AS x_parts", "snappy"),
    (", i / 3 AS time_zone, INTERVAL 1 DAY AS site_id, NULL AS billing_tin", "zstd"),
)
_RESOURCES: Final = _HERE.parents[1] / "benchmarks" / "resources.ndjson"

LONG: Final = (b"9" * 5_000, b"[" * 3_000)
"""More digits than Python turns into a number, and a depth that it does not go down to."""

TOKENS: Final = {
    "hl7v2": [
        *(
            b"|",
            b"^",
            b"~",
            b"\\",
            b"&",
            b"\r",
            b"\n",
            b"\r\n",
            b"\x0b",
            b"\x1c\r",
            b"MSH|^~\\&|",
            b"MSH",
            b"SCH|",
        ),
        *(
            b"PID|",
            b"AIP|1||",
            b"ZXX|",
            b"FHS|",
            b"BHS|",
            b"\\X0D\\",
            b"\\.br\\",
            b'""',
            b"\xff",
            b"\xc3",
            b"\x00",
        ),
        *(b"20260310", b"-9999", b"+2460", b".5", b"99999999999999", b"S15", b"S23", b"ADT^A01", b"Noshow"),
    ],
    "csv": [
        *(
            b",",
            b";",
            b"\t",
            b"|",
            b'"',
            b'""',
            b'","',
            b"\r",
            b"\n",
            b"\r\n",
            b"\x00",
            b"\xff",
            b"\xef\xbb\xbf",
            b" ",
        ),
        *(b"team_id", b"updated_at", b"2026-01-01", b"is_deleted", b"true", b"\\", b"\xc3\xa9", b"\xc2\xa0"),
    ],
    "typed": [
        *(b",", b";", b"|", b'"', b"\n", b"T", b"Z", b"+14:00", b"-0500", b"24:00:00", b":60", b".123456789"),
        *(
            b"2026-02-30",
            b"0000-00-00",
            b"99999-01-01",
            b"infinity",
            b"NaN",
            b"1e400",
            b"-0",
            b"1,5",
            b"0x1F",
        ),
        *(b"\xd9\xa1", b"\xe2\x88\x92", b"\xc2\xa0", b"true", b"FINAL", b"is_deleted", b"updated_at"),
    ],
    "parquet": [
        *(b"PAR1", b"\x00" * 4, b"\xff" * 4, b"\x80\x80\x80\x80\x10", b"\x15\x02", b"\x19", b"\x00"),
        *(b"team_id", b"duckdb_schema", b"_row_number"),
    ],
    "profile": [
        *(
            b": ",
            b"- ",
            b"{",
            b"}",
            b"[",
            b"]",
            b"&a ",
            b"*a",
            b"<<: *a",
            b"!!python/name:x",
            b"|",
            b">",
            b"#",
        ),
        *(
            b"\n",
            b"\n  ",
            b"\t",
            b"'",
            b'"',
            b"---\n",
            b"? ",
            b"~",
            b"\x00",
            b"\xff",
            b"\\ud800",
            b"\xc2\x85",
        ),
        *(
            b"version",
            b"feeds",
            b"payers",
            b"fhir",
            b"{date}",
            b"../",
            b"06:30",
            b"yes",
            b"0x10",
            b"2026-01-01",
        ),
    ],
    "fhir": [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b":",
            b",",
            b'"',
            b"\\",
            b"null",
            b"1e400",
            b"-0",
            b"\n",
            b"\r\n",
            b"\n\n",
            b"{}",
            b"[]",
        ),
        *(b'"resourceType":"Patient"', b'"id":"x"', b'"meta":3', b'"status":"entered-in-error"', b"\xff"),
        *(b'"modifierExtension":[{"url":"u"}]', b"\x00", b"\\u0000", b"\\ud800", b"2026-13-45", b"2026"),
    ],
}


def _format(kind: str) -> str:
    return "hl7v2" if kind == "messages" else kind


def seeds(kind: str) -> list[bytes]:
    """Files of a kind to begin with: good ones, and odd ones that senders write."""
    kind, found = _format(kind), []
    if kind == "hl7v2":
        found = [path.read_bytes() for path in sorted((_GOLDEN / "siu").glob("*/messages.hl7"))]
    elif kind == "fhir":
        lines = _RESOURCES.read_bytes().splitlines(keepends=True)
        found = [b"".join(lines[number : number + 3]) for number in range(0, len(lines), 3)]
    elif kind == "parquet":
        return _parquet()
    elif kind == "profile":
        found = [_PROFILE.read_bytes()]
    return found + [path.read_bytes() for path in sorted((_HERE / "odd" / kind).iterdir())]


def _parquet() -> list[bytes]:
    """Files with columns of the contract, of the site and of types that no column has."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as engine:
        for number, (columns, packing) in enumerate(_TABLES):
            query = f"SELECT 't' || i AS team_id, 'n' AS team_name{columns} FROM range(9) AS made(i)"
            engine.execute(f"COPY ({query}) TO '{folder}/{number}' (FORMAT parquet, COMPRESSION {packing})")
        return [path.read_bytes() for path in sorted(Path(folder).iterdir())]


def changed(random: Random, kind: str, content: bytes) -> bytes:
    """A file with a few bytes put in, taken out or written over."""
    made = bytearray(content)
    for _ in range(random.randint(1, 12)):
        place, what = random.randrange(len(made) + 1), random.random()
        if what < 0.6:
            made[place:place] = random.choice([*TOKENS[_format(kind)], *LONG])
        elif what < 0.85:
            del made[place : place + random.randint(1, 30)]
        else:
            made[place : place + 1] = bytes([random.randrange(256)])
    return bytes(made)


def inputs(kind: str, seed: int, count: int) -> Iterator[bytes]:
    """A number of changed files; the same seed gives the same ones."""
    random = Random(seed)  # noqa: S311
    known = seeds(kind)
    for _ in range(count):
        yield changed(random, kind, random.choice(known))
