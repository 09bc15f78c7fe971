"""The floor: plain SQL from the landed files to the marts as Parquet.

No tests, no gates, no history, no orchestration: what a careful person would write by hand. It goes as far
as it is asked to: to the spine (the ledger, the months and the candidates), or to all marts that ``MARTS``
names: all of the contract but those that need history (``rpt_restatement`` and the ``dq_`` tables). It
reads every landed file with the types of the contract, takes the latest version of each key, and takes all
rules from ``seeds/``. Three things it leaves out, as the clean sample has none: rows that have to be refused,
withdrawn entries whose interval only an earlier version knows, and orders of patients whom nobody delivered.

Belongs here: reading, and running the steps in order. Does not belong here: rules (``sql/*.sql``).
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import time
from typing import Final, Literal

import duckdb
import yaml

from orchestration.feeds.contract import LAKE_TYPES, Feed, load_contract
from orchestration.feeds.zones import is_zone, offsets_at_local, offsets_at_utc
from orchestration.publishing.contract import load_marts

SEEDS: Final = Path(__file__).resolve().parent.parent / "seeds"
STEPS: Final = Path(__file__).with_name("sql")
Scope = Literal["spine", "all"]
TRANSFORMS: Final[dict[Scope, dict[str, tuple[str, ...]]]] = {
    "spine": {
        "ledger": ("people", "entries", "overlaps", "ledger"),
        "months": ("months", "codes"),
        "claims": ("evidence", "claims"),
    },
    "all": {
        "facts": ("release", "settings", "facts", "dims"),
        "metrics": ("bhc", "cocm", "members"),
        "quality measures": ("quality", "screening", "depression"),
        "metric values": ("values", "wide"),
        "registry": ("caseload", "registry"),
        "referrers": ("clinic", "eligible", "referrers", "scorecard"),
        "state reports": ("state", "state_report"),
        "billing": ("billing", "checks"),
        "finance": ("finance", "basis", "bridge"),
        "value and slots": ("value", "slots"),
    },
}
MARTS: Final[dict[Scope, tuple[str, ...]]] = {
    "spine": ("fct_minute_segment", "fct_patient_month", "fct_claim_candidate"),
    "all": (
        "dim_patient",
        "dim_practitioner",
        "dim_team",
        "fct_episode",
        "fct_assessment",
        "fct_metric_member",
        "fct_metric_value",
        "rpt_metric_organization",
        "rpt_metric_site",
        "rpt_metric_team",
        "rpt_metric_practitioner",
        "rpt_metric_payer",
        "rpt_caseload_registry",
        "rpt_case_review_queue",
        "rpt_communication_loop",
        "rpt_likely_eligible",
        "rpt_referrer_scorecard",
        "rpt_state_report",
        "fct_claim_check",
        "fct_claim_evidence",
        "rpt_near_miss",
        "rpt_claim_reconciliation",
        "rpt_finance_basis",
        "rpt_finance_bridge",
        "rpt_capacity",
        "rpt_value_domain",
        "rpt_slot_study",
    ),
}
"""What each scope adds; all marts come after those of the spine."""
SPINE_TABLES: Final = {
    "fct_minute_segment": "segment",
    "fct_patient_month": "patient_month",
    "fct_claim_candidate": "candidate",
}
# Large marts that no later step reads are written, and their memory is given back, after these steps.
EARLY: Final = {
    "metric values": ("fct_metric_member",),
    "billing": ("fct_claim_check", "fct_claim_evidence"),
}
SCOPES: Final[dict[Scope, tuple[Scope, ...]]] = {"spine": ("spine",), "all": ("spine", "all")}
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
# Withdrawn entries are rows of the ledger.
_WITH_TOMBSTONES: Final = frozenset({"care_activity"})


def marts_of(scope: Scope) -> list[str]:
    """Return the marts that a scope makes."""
    return [mart for part in SCOPES[scope] for mart in MARTS[part]]


class Floor:
    """One run of the script, with the moments at which its steps began and ended."""

    def __init__(
        self, landing: Path, out: Path, as_of: date, scope: Scope = "all", default_zone: str = "UTC"
    ) -> None:
        """Open an engine in memory with the machine's threads and the product's default memory."""
        self.steps: list[tuple[str, float, float]] = []
        self._landing = landing
        self._out = out
        self._as_of = as_of
        self._scope = scope
        out.mkdir(parents=True, exist_ok=True)
        self._engine = duckdb.connect(config={"temp_directory": str(out / "spill"), "memory_limit": "6GB"})
        self._engine.execute("set timezone = 'UTC'")
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
                    if self._scope == "spine":
                        self._engine.execute(f"drop table {feed.name}")
        for scope in SCOPES[self._scope]:
            for step, files in TRANSFORMS[scope].items():
                with self._timed(step):
                    for file in files:
                        self._engine.execute((STEPS / f"{file}.sql").read_text(encoding="utf-8"))
                if step in EARLY:
                    self._write_all(EARLY[step])
                    for mart in EARLY[step]:
                        self._engine.execute(f"drop table {mart}")
        early = {mart for marts in EARLY.values() for mart in marts}
        self._write_all([mart for mart in marts_of(self._scope) if mart not in early])
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
        if self._scope == "all" and feed.name not in _WITH_TOMBSTONES:
            self._keep_latest(feed)

    def _keep_latest(self, feed: Feed) -> None:
        """Leave of each key its last version, and nothing of a key whose last version withdraws it."""
        key = ", ".join(feed.key)
        same = " and ".join(f"version.{column} is not distinct from many.{column}" for column in feed.key)
        self._engine.execute(
            f"delete from {feed.name} where is_deleted or rowid in (select version_id from ("
            "select version.rowid as version_id, row_number() over ("
            f"partition by {', '.join(f'version.{column}' for column in feed.key)} "
            "order by version.updated_at desc nulls last, version.rowid desc) as place "
            f"from {feed.name} as version "
            f"semi join (select {key} from {feed.name} group by all having count(*) > 1) as many on {same}"
            ") where place > 1)"
        )

    def _write_all(self, marts: Sequence[str]) -> None:
        with self._timed(_WRITE):
            for mart in marts:
                self._write(mart)

    def _write(self, mart: str) -> None:
        """Write a mart as a Parquet file, sorted as the published one is: in parts where that one is."""
        contract = load_marts().marts[mart]
        table = SPINE_TABLES.get(mart, mart)
        order = ", ".join(contract.sort_columns)
        query = f"from {table} order by {order}"
        if contract.is_sorted_by_part:
            first, *rest = contract.sort_columns
            parts = self._engine.execute(f"select distinct {first} from {table} order by all").fetchall()
            query = " union all ".join(
                f"(from {table} where {first} = '{part}' order by {', '.join(rest)})" for (part,) in parts
            )
        self._engine.execute(f"copy ({query}) to '{self._out / mart}.parquet' (compression zstd)")

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
    parser = argparse.ArgumentParser(description="Make the marts with plain SQL.")
    parser.add_argument("--landing", type=Path, required=True, help="folder of the landed feeds")
    parser.add_argument("--out", type=Path, required=True, help="folder for the Parquet files")
    parser.add_argument("--as-of", type=date.fromisoformat, required=True, help="last delivery that is read")
    parser.add_argument("--scope", choices=list(SCOPES), default="all", help="which marts: the spine, or all")
    given = parser.parse_args()
    floor = Floor(given.landing.absolute(), given.out.absolute(), given.as_of, given.scope)
    floor.run()
    (given.out / "steps.json").write_text(json.dumps(floor.steps), encoding="utf-8")


if __name__ == "__main__":
    main()
