"""The golden folders of SIU messages: what each message becomes, and which of them counts in the end."""

import csv
import json
from itertools import islice, permutations
from pathlib import Path

import pytest

from tests.golden.cases import text_of
from tests.support.feeds_night import Nights, Row, read_file
from tests.support.landing import read_rows

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "siu"
CASES = sorted(path.parent for path in GOLDEN.glob("*/appointment.csv"))
SEQUENCES = sorted(path.parent for path in GOLDEN.glob("*/latest.csv"))
ORDERS = 4
NAMED = [pytest.param(case, id=case.name) for case in CASES]


def told(row: Row, columns: list[str]) -> list[str]:
    """The values of some columns as an expected file writes them."""
    every = {**row, **json.loads(row["site_columns"])}
    return [text_of(every[column]) for column in columns]


@pytest.mark.parametrize("case", NAMED)
def test_each_message_becomes_what_the_case_expects(tmp_path: Path, case: Path) -> None:
    content = (case / "messages.hl7").read_bytes()
    outcome = read_file(tmp_path, "hl7v2", content, "a.hl7", "appointment")
    expected = read_rows(case / "appointment.csv")
    columns = list(expected[0])
    rows = [
        told({**row, "row_number": number}, columns)
        for row, number in zip(outcome.rows, outcome.numbers, strict=True)
    ]
    assert rows == [list(row.values()) for row in expected]
    refused = case / "refused.csv"
    listed = list(csv.reader(refused.open(encoding="utf-8")))[1:] if refused.exists() else []
    assert [[str(number), reason] for number, reason in outcome.refused] == listed
    assert outcome.counts[0] == content.count(b"\nMSH|") + 1
    assert outcome.counts[0] == outcome.counts[1] + outcome.counts[2]


@pytest.mark.slow
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in SEQUENCES])
def test_the_order_of_arrival_decides_nothing(tmp_path: Path, case: Path) -> None:
    messages = [f"MSH|{rest}" for rest in (case / "messages.hl7").read_text("utf-8").split("MSH|")[1:]]
    expected = read_rows(case / "latest.csv")
    orders = list(permutations(messages))
    for number, order in enumerate(islice(orders, 0, None, -(-len(orders) // ORDERS))):
        nights = Nights(tmp_path / str(number))
        for day, message in enumerate([*order, order[0]], start=1):
            nights.land(f"hl7v2/2026-03-{day:02d}/{day}.hl7", message)
        nights.run()
        latest: dict[str, Row] = {}
        for row in sorted(nights.raw("appointment"), key=lambda row: row["updated_at"]):
            latest[row["appointment_id"]] = row
        columns = list(expected[0])
        assert [told(latest[key], columns) for key in sorted(latest)] == [
            list(row.values()) for row in expected
        ]
