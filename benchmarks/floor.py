"""The floor: plain SQL from the landed files to the ledger, the months and the candidates as Parquet.

No check table, no tests, no gates, no history, no orchestration: what a careful person would write by hand
for these three marts. It reads every landed file with the types of the contract, takes the latest version of
each key, and takes all numbers of payers from ``seeds/``. Two things it leaves out, as the clean sample has
neither: rows that have to be refused, and withdrawn entries whose interval only an earlier version knows.

Belongs here: reading, and running the steps in order. Does not belong here: rules (``sql/*.sql``).
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import time
from typing import Final

import duckdb
import yaml

from orchestration.feeds.contract import LAKE_TYPES, Feed, load_contract
from orchestration.feeds.zones import is_zone, offsets_at_local, offsets_at_utc

SEEDS: Final = Path(__file__).resolve().parent.parent / "seeds"
STEPS: Final = Path(__file__).with_name("sql")
TRANSFORMS: Final = {
    "ledger": ("people", "entries", "overlaps", "ledger"),
    "months": ("months", "codes"),
    "claims": ("evidence", "claims"),
}
MARTS: Final = ("fct_minute_segment", "fct_patient_month", "fct_claim_candidate")
NEEDED: Final = (
    "team",
    "practitioner",
    "staffing",
    "patient",
    "panel",
    "coverage",
    "condition",
    "encounter",
    "assessment",
    "consent",
    "episode",
    "care_activity",
    "case_review",
    "claim_line",
)
_CSV: Final = "format csv, header, auto_detect false, delim ',', quote '\"'"
_READ, _READ_REST, _WRITE = "read", "read other feeds", "write"
# Times of other feeds are in UTC as they are sent, and those of care_activity local without an offset.
_WITH_OFFSET: Final = frozenset({("consent", "granted_at"), ("consent", "revoked_at")})


class Floor:
    """One run of the script, with the moments at which its steps began and ended."""

    def __init__(self, landing: Path, out: Path, as_of: date, default_zone: str = "UTC") -> None:
        """Open an engine in memory with the machine's threads and the product's default memory."""
        self.steps: list[tuple[str, float, float]] = []
        self._landing = landing
        self._out = out
        self._as_of = as_of
        out.mkdir(parents=True, exist_ok=True)
        self._engine = duckdb.connect(config={"temp_directory": str(out / "spill"), "memory_limit": "6GB"})
        self._engine.execute("set timezone = 'UTC'")
        self._engine.execute(f"set variable out = '{out}'")
        self._engine.execute(f"set variable as_of = date '{as_of}'")
        self._engine.execute(f"set variable default_zone = '{default_zone}'")
        self._zones = {default_zone}

    def run(self) -> None:
        """Read, compute, write."""
        contract = load_contract()
        with self._timed(_READ):
            self._read_seeds()
            for name in NEEDED:
                self._read_feed(contract.feeds[name])
            self._read_zones()
        with self._timed(_READ_REST):
            for feed in contract.feeds.values():
                if feed.name not in NEEDED:
                    self._read_feed(feed)
                    self._engine.execute(f"drop table {feed.name}")
        for step, files in TRANSFORMS.items():
            with self._timed(step):
                for file in files:
                    self._engine.execute((STEPS / f"{file}.sql").read_text(encoding="utf-8"))
        with self._timed(_WRITE):
            self._engine.execute((STEPS / "write.sql").read_text(encoding="utf-8"))
        self._engine.close()

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        begun = time()
        yield
        self.steps.append((step, begun, time()))

    def _read_seeds(self) -> None:
        """Make a table of each seed, typed as the project types it."""
        described = yaml.safe_load((SEEDS / "_seeds.yml").read_text(encoding="utf-8"))
        for seed in described["seeds"]:
            name, types = seed["name"], seed["config"]["column_types"]
            self._engine.execute(
                f"create table {name} as from read_csv('{SEEDS / name}.csv', header = true, "
                f"auto_detect = false, delim = ',', quote = '\"', columns = {types})"
            )
        self._engine.execute(
            "create or replace table payer_policy as select *, "
            "coalesce(valid_from, date '1000-01-01') as in_force_from, "
            "coalesce(valid_to + 1, date '9999-12-31') as in_force_until from payer_policy"
        )

    def _read_feed(self, feed: Feed) -> None:
        """Load a feed's files in the order of their deliveries, so that a later row has a higher rowid."""
        columns = {column.name: LAKE_TYPES[column.type] for column in feed.accepted}
        with_offset = [column for column in columns if (feed.name, column) in _WITH_OFFSET]
        columns |= dict.fromkeys(with_offset, "TIMESTAMPTZ")
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self._engine.execute(f"create table {feed.name} ({listed})")
        for path in sorted(self._landing.glob(f"{feed.name}/*/*.csv")):
            if path.parent.name <= self._as_of.isoformat():
                with path.open(encoding="utf-8") as handle:
                    header = handle.readline().strip()
                self._engine.execute(f"copy {feed.name} ({header}) from '{path}' ({_CSV})")
        for column in with_offset:
            self._engine.execute(f'alter table {feed.name} alter "{column}" type TIMESTAMP')

    def _read_zones(self) -> None:
        """Make the offsets of the teams' zones."""
        rows = self._engine.execute(
            "select distinct time_zone from team where time_zone is not null"
        ).fetchall()
        zones = sorted(self._zones | {zone for (zone,) in rows if is_zone(zone)})
        for kind, offsets in (("utc", offsets_at_utc), ("local", offsets_at_local)):
            values = ", ".join(
                f"('{zone}', {year}, timestamp '{begin}', timestamp '{until}', {seconds})"
                for name in zones
                for zone, year, begin, until, seconds in offsets(name)
            )
            self._engine.execute(
                f"create table offset_{kind} as from (values {values}) "
                f"as known(time_zone, {kind}_year, {kind}_from, {kind}_until, offset_seconds)"
            )


def main() -> None:
    """Run the floor once and write the moments of its steps beside the marts."""
    parser = argparse.ArgumentParser(description="Make the three marts with plain SQL.")
    parser.add_argument("--landing", type=Path, required=True, help="folder of the landed feeds")
    parser.add_argument("--out", type=Path, required=True, help="folder for the Parquet files")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="last delivery that is read")
    given = parser.parse_args()
    floor = Floor(given.landing.absolute(), given.out.absolute(), given.as_of)
    floor.run()
    (given.out / "steps.json").write_text(json.dumps(floor.steps), encoding="utf-8")


if __name__ == "__main__":
    main()
