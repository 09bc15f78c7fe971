"""Files of HL7 v2 messages: frames, batches, line ends, encodings, and what is not a message."""

import gzip
import io
import tracemalloc
from pathlib import Path

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.feeds.hl7v2_frames import CHUNK, Frame, frames
from orchestration.feeds.hl7v2_message import Message, NotReadable
from tests.support.siu import HEADER, message, only, read
from tests.unit.test_feeds_hl7v2_golden import GOLDEN

ONE, TWO = message(sch_2="F1"), message(sch_2="F2")
BATCH = "FHS|^~\\&|A\rBHS|^~\\&|A\r{}BTS|2\rFTS|1\r"


@pytest.mark.parametrize(
    "content",
    [
        ONE + TWO,
        (ONE + TWO).rstrip("\r"),
        (ONE + TWO).replace("\r", "\n"),
        (ONE + TWO).replace("\r", "\r\n"),
        (ONE + "\r\r" + TWO).replace("\r", "\n"),
        "\ufeff" + ONE + TWO,
        "  " + ONE + "\n \t" + TWO,
        f"{ONE}\x1c{TWO}\x1c\r",
        f"\x0b{ONE}\x1c\r\x0b{TWO}\x1c\r",
        f"\x0b{ONE}\x1c\x0b{TWO}\x1c",
        f"\x0b{ONE}\x0b{TWO}",
        f"2026-03-02 11:00:01 in\n\x0b{ONE}\x1c\r\n2026-03-02 11:00:09 in\n\x0b{TWO}\x1c\r\n",
        f"11:00:01 got {ONE}\n11:00:09 got {TWO}",
        ONE.rstrip("\r") + TWO,
        BATCH.format(ONE + TWO),
        ONE + "NTE|1||a text\rthat goes on\r" + TWO,
        ONE.replace("|SIU", "|\nSIU") + TWO,
    ],
)
def test_messages_are_found_however_they_are_put_together(tmp_path: Path, content: str) -> None:
    outcome = read(tmp_path, content)
    assert [row["appointment_id"] for row in outcome.rows] == ["F1", "F2"]
    assert (outcome.refused, outcome.counts) == ([], (2, 2, 0))


@pytest.mark.parametrize(
    ("content", "refused", "rows"),
    [
        ("PID|1||M1\rPV1|1\r" + ONE, [(1, "malformed_row")], 1),
        (ONE + "\x1c\rPID|1||M1\r", [(2, "malformed_row")], 1),
        (f"\x0b{ONE}\x1c\r\x0bPID|1\r\x1c\r", [(2, "malformed_row")], 1),
        (f"\x0b{ONE[:-20]}\x0b{TWO}\x1c\r", [(1, "truncated_message")], 1),
        (f"\x0b{ONE}\x1c\r\x0b{TWO[:-20]}", [(2, "truncated_message")], 1),
        ("MSH\r" + ONE, [(1, "malformed_row")], 1),
        ("MSH|abc|\r" + ONE, [(1, "malformed_row")], 1),
    ],
)
def test_what_lost_a_part_is_refused_beside_what_did_not(
    tmp_path: Path, content: str, refused: list[tuple[int, str]], rows: int
) -> None:
    outcome = read(tmp_path, content)
    assert (outcome.refused, len(outcome.rows)) == (refused, rows)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty_file"),
        (b"\r\n \r\n", "empty_file"),
        (b"a text about nothing", "no_message"),
        (b"\x1f\x8bbroken", "broken_gzip"),
    ],
)
def test_a_file_without_messages_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    outcome = read(tmp_path, content)
    assert (outcome.content.reason, outcome.refused) == (reason, [(0, reason)])


ACCENTED = message(patient="PID|1||Ä1^^^NS^MR||Åkesson^Zoë")
CYRILLIC = message(patient="PID|1||Ж1^^^NS^MR")


@pytest.mark.parametrize(
    ("content", "name", "patient"),
    [
        (ACCENTED.encode(), "a.hl7", "Ä1"),
        (ACCENTED.encode("latin-1"), "a.hl7", "Ä1"),
        (ACCENTED.replace("|2.5.1", "|2.5.1||||||8859/1").encode("latin-1"), "a.hl7", "Ä1"),
        (ACCENTED.replace("|2.5.1", "|2.5.1||||||8859/1").encode(), "a.hl7", "Ä1"),
        (ACCENTED.replace("|2.5.1", "|2.5.1||||||KLINGON").encode("latin-1"), "a.hl7", "Ä1"),
        (CYRILLIC.replace("|2.5.1", "|2.5.1||||||8859/5").encode("iso8859-5"), "a.hl7", "Ж1"),
        (CYRILLIC.replace("|2.5.1", "|2.5.1||||||UNICODE UTF-8").encode(), "a.hl7", "Ж1"),
        (CYRILLIC.encode("utf-16"), "a.hl7", "Ж1"),
        (gzip.compress(CYRILLIC.encode()), "a.hl7.gz", "Ж1"),
        (gzip.compress(CYRILLIC.encode()), "a.hl7", "Ж1"),
    ],
)
def test_text_is_read_in_the_set_that_it_is_written_in(
    tmp_path: Path, content: bytes, name: str, patient: str
) -> None:
    assert only(tmp_path, content, name)["patient_id"] == patient


def test_messages_are_found_over_the_edges_of_chunks() -> None:
    bodies = [message(f"NTE|1||{'x' * (CHUNK // 3 + number)}").encode() for number in range(40)]
    assert [frame.body for frame in frames(io.BytesIO(b"".join(bodies)))] == [one.rstrip() for one in bodies]


def test_a_message_over_the_limit_is_refused_and_takes_no_memory() -> None:
    class Endless(io.RawIOBase):
        """One message of 64 MB, and one behind it."""

        def __init__(self) -> None:
            self.parts = iter([HEADER.encode() + b"\rOBX|1||", *[b"A" * CHUNK] * 64, b"\r" + TWO.encode()])

        def read(self, size: int = -1) -> bytes:
            return next(self.parts, b"")

    tracemalloc.start()
    found = list(frames(Endless(), limit=4 * CHUNK))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [Frame(b"", "message_too_long"), Frame(TWO.rstrip().encode())]
    assert peak < 16 * CHUNK


def test_a_long_run_of_blanks_takes_no_longer_than_other_text(tmp_path: Path) -> None:
    blanks = f"{HEADER}\rNTE|1||{' ' * 400_000}end\r"
    assert read(tmp_path, blanks).refused == [(1, "missing_segment:SCH")]


STRANGE = (
    *("several_segments_in_a_line", "messages_of_another_kind", "header_without_escape_character"),
    *("exported_as_xml", "line_ends_written_out", "separators_in_another_order"),
)
USUAL = [path for path in GOLDEN.glob("*/messages.hl7") if path.parent.name not in STRANGE]


@pytest.mark.parametrize("path", [pytest.param(path, id=path.parent.name) for path in sorted(USUAL)])
def test_every_field_of_the_golden_messages_is_as_the_library_has_it(path: Path) -> None:
    for frame in frames(io.BytesIO(path.read_bytes())):
        ours = Message(frame.body)
        for theirs in hl7.parse(frame.body.decode().replace("\n", "\r")):
            name = str(theirs[0])
            listed = [found[: len(theirs)] for found in ours.segments[name]]
            fields = [str(field) for field in theirs]
            assert ([fields[0], *fields[2:]] if name == "MSH" else fields) in listed


CELL = st.text(alphabet="ab1 \\.&", max_size=6)
FIELD = st.lists(st.lists(CELL, min_size=1, max_size=3).map("^".join), min_size=1, max_size=2).map("~".join)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(FIELD, min_size=1, max_size=8), min_size=1, max_size=4))
def test_fields_are_parted_as_the_library_parts_them(segments: list[list[str]]) -> None:
    text = "\r".join([HEADER, *("|".join(["SCH", *fields]) for fields in segments)])
    ours, theirs = Message(text.encode()), hl7.parse(text)
    for number, fields in enumerate(segments):
        for place in range(1, len(fields) + 1):
            found = ours.segments["SCH"][number][place]
            assert found.strip(" ") == str(theirs.segments("SCH")[number](place)).strip(" ")
            for repetition, other in zip(
                ours.repetitions(found), theirs.segments("SCH")[number](place), strict=True
            ):
                assert repetition.split("^")[0].strip(" ") == str(other).split("^")[0].strip(" ")


WORDS = st.sampled_from(
    ["", "a", "b1", "20260310", " c ", "d.e", "\\T\\", "f\\F\\g", "\\S\\", "\\R\\h", "\\E\\", "\\X2D\\"]
)
COMPONENT = st.lists(WORDS, min_size=1, max_size=2).map("&".join)
REPETITION = st.lists(COMPONENT, min_size=1, max_size=3).map("^".join)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(REPETITION, min_size=1, max_size=2), min_size=1, max_size=5))
def test_values_are_what_the_library_reads(fields: list[list[str]]) -> None:
    text = "\r".join([HEADER, "|".join(["SCH", *("~".join(field) for field in fields)])])
    ours, theirs = Message(text.encode()), hl7.parse(text)
    for number, field in enumerate(fields, start=1):
        listed = ours.repetitions(ours.fields("SCH", number)[0])
        assert len(listed) == len(field)
        for repetition, written in enumerate(field, start=1):
            for component in range(1, written.count("^") + 2):
                read = theirs.extract_field("SCH", 1, number, repetition, component, 1)
                found = ours.component(listed[repetition - 1], component)
                assert found == read.strip()


PIECES = [
    ONE,
    TWO,
    "MSH|",
    "MSH|^~\\&|",
    "\x0b",
    "\x1c\r",
    "\r",
    "\n",
    "PID|1\r",
    "noise ",
    "SCH|",
    "|^~\\&",
    "\x00",
]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES) | st.binary(max_size=12).map(lambda found: found.decode("latin-1")),
        max_size=9,
    )
)
def test_no_message_is_lost_and_nothing_stops_the_reader(pieces: list[str]) -> None:
    content = "".join(pieces).encode("latin-1")
    found = list(frames(io.BytesIO(content)))
    assert all(bool(frame.body) != bool(frame.reason) for frame in found)
    assert len(found) >= content.count(ONE.encode()) + content.count(TWO.encode())
    for frame in found:
        if frame.body:
            try:
                Message(frame.body)
            except NotReadable:
                continue


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from([*PIECES, message(sch_11=""), message(header=HEADER.replace("SIU", "ADT"))]),
        max_size=7,
    )
)
def test_messages_in_are_messages_accepted_and_quarantined(folder: Path, pieces: list[str]) -> None:
    content = "".join(pieces).encode("latin-1")
    outcome = read(folder, content)
    read_, accepted, refused = outcome.counts
    assert read_ == len(list(frames(io.BytesIO(content)))) == accepted + refused
    assert accepted == len(outcome.rows)
    assert bool(outcome.content.reason) == (read_ == 0)
