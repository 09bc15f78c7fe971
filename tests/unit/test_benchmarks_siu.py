"""The messages that reading is measured with, and the table of the figures."""

from pathlib import Path

import hl7

from benchmarks.measure import Measured, Runs
from benchmarks.messages import write_messages
from benchmarks.siu import Figures, parse_stretch, read_by_library, render
from orchestration.feeds.hl7v2_stretch import Stretch
from orchestration.feeds.ingest import SEEDS
from tests.support.feeds_night import read_file
from tests.unit.test_feeds_hl7v2_stretches import DAY


def test_every_measured_message_is_read_whole_by_all_readers(tmp_path: Path) -> None:
    path = tmp_path / "messages.hl7"
    written = write_messages(path, 0.05)
    outcome = read_file(tmp_path, "hl7v2", path.read_bytes(), "a.hl7", "appointment")
    assert outcome.counts == (written, written, 0)
    assert outcome.content.unmapped == ()
    assert {row["status"] for row in outcome.rows} == {"booked", "fulfilled", "cancelled", "noshow"}
    assert all(row["ends_at"] and row["practitioner_id"] and row["encounter_id"] for row in outcome.rows)
    assert read_by_library(path) == written
    assert parse_stretch(Stretch(path, 0, None, SEEDS, DAY, path)) == written
    first = hl7.parse(path.read_bytes().decode("ascii").split("\x1c")[0].lstrip("\x0b"))
    assert len(str(first)) > 3_000


def test_the_table_compares_the_product_with_the_parser() -> None:
    def of(name: str, wall: float, cpu: float) -> Figures:
        slow = Measured(0.0, 9.0, (), 9.0, 1024.0)
        quick = Measured(0.0, wall, (), 3.0, 512.0), Measured(0.0, 9.0, (), cpu, 512.0)
        return Figures(name, 1_000, 3.0, Runs((slow, *quick)))

    table = render([of("Parser in memory", 0.8, 1.5), of("Product", 1.0, 2.0)])
    assert "| Product | 1,000 | 3 MB | 1.0 s | 2.0 s | 1,000 | 500 | 1.0 GB |" in table
    assert "| Product / parser |  |  |  |  | 80% | 75% |  |" in table
