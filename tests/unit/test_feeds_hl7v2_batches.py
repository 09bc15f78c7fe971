"""What the trailer of a batch says of its messages, against those that are there."""

from functools import partial
from pathlib import Path

import pytest

from orchestration.feeds.hl7v2 import read_hl7v2
from tests.support.feeds_night import read_file
from tests.support.siu import HEADER, message

ONE, TWO = message(), message(sch_2="F200")
ADMISSION = message(header=HEADER.replace("SIU^S12", "ADT^A01"))
HEAD = "BHS|^~\\&|BOOKINGS\r"


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (f"{HEAD}{ONE}{TWO}BTS|2\r", 0),
        (f"{HEAD}{ONE}BTS|2\r", 1),
        (f"FHS|^~\\&|\r{HEAD}{ONE}BTS|3\r{HEAD}{TWO}{ADMISSION}BTS|3|late\rFTS|2\r", 3),
        (f"{HEAD}{ONE}{ADMISSION}BTS|2\rFTS|1\r", 0),
        (f"{ONE}{TWO}{HEAD}{ONE}BTS|1\r", 0),
        (f"{HEAD}{ONE}BTS|two\r", 0),
        (f"{HEAD}{ONE}BTS\r", 0),
        (f"{HEAD}{ONE}BTS|{'9' * 5000}\r", 0),
    ],
)
@pytest.mark.parametrize("stretch", [1 << 20, 100])
def test_messages_that_a_batch_should_have_are_missed(
    tmp_path: Path, content: str, missing: int, stretch: int
) -> None:
    reader = partial(read_hl7v2, stretch=stretch)
    outcome = read_file(tmp_path, "hl7v2", content, "a.hl7", "appointment", reader)
    found = [code for code in outcome.content.unmapped if code.column_name == "batch"]
    assert [(code.feed, code.code, code.rows) for code in found] == (
        [("hl7v2", "", missing)] if missing else []
    )
    assert outcome.counts[0] == content.count("MSH|")
