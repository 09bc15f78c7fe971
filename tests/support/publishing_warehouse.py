"""A warehouse of a few invented rows, with the columns of the marts' contract, for publishing to work on.

Belongs here: making the small database, the findings and the lake's reference tables. Does not belong here:
any expectation.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.publishing.contract import SQL_TYPES, load_marts
from orchestration.publishing.engine import literal
from orchestration.publishing.generation import Generation, PublishContext, publish

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
AS_OF = date(2026, 3, 20)
SEGMENT = "fct_minute_segment"
FIRST_RULES = ("payer_policy", "activity_type", "disposition", "claim_check")

Row = dict[str, object]

ROWS: dict[str, list[Row]] = {
    "dim_patient": [
        {
            "patient_id": "p1", "mrn": "=1+2", "family_name": "Quillfeather", "given_name": "Ada",
            "team_id": "t1",
        },
        {
            "patient_id": "p2", "mrn": "M2", "family_name": "Ångström", "given_name": 'B"o, jr',
            "team_id": "t2",
        },
        {"patient_id": "p3", "mrn": "M3", "family_name": "Tombolini", "given_name": "Cy", "team_id": "t1"},
    ],
    "dim_practitioner": [
        {"practitioner_id": "d1", "npi": "1234567893", "family_name": "Pillbright", "given_name": "Dee"},
        {"practitioner_id": "c1", "npi": None, "family_name": "Carewell", "given_name": "Em"},
    ],
    "dim_team": [
        {"team_id": "t1", "team_name": "North", "time_zone": "UTC", "billing_tin": "12-3456789"},
        {"team_id": "t2", "team_name": "South", "time_zone": "UTC", "billing_tin": None},
    ],
    "fct_episode": [
        {
            "episode_id": "e1", "patient_id": "p1", "program": "cocm", "started_on": "2026-01-05",
            "team_id": "t1",
        },
    ],
    SEGMENT: [
        {
            "entry_id": "a1", "segment_number": 1, "patient_id": "p1", "episode_id": "e1", "program": "cocm",
            "staff_id": "c1", "staff_role": "care_manager", "activity_code": "follow_up_contact",
            "started_at": "2026-02-03 10:00:00", "ended_at": "2026-02-03 10:40:00",
            "service_on": "2026-02-03",
            "service_month": "2026-02-01", "seconds": 2400, "disposition": "credited", "payer_id": "medicare",
            "rule_version": "medicare-2026-01", "site_columns": '{"x_room":"7","x_Mood":"calm"}',
        },
        {
            "entry_id": "a2", "segment_number": 1, "patient_id": "p2", "episode_id": None, "program": None,
            "staff_id": "c1", "staff_role": "care_manager", "activity_code": "follow_up_contact",
            "started_at": "2026-02-03 10:30:00", "ended_at": "2026-02-03 10:40:00",
            "service_on": "2026-02-03",
            "service_month": "2026-02-01", "seconds": 600, "disposition": "staff_overlap",
            "payer_id": "medicare",
            "rule_version": "medicare-2026-01", "lost_to_entry_id": "a1", "site_columns": '{"x_room":"8"}',
        },
        {
            "entry_id": "a2", "segment_number": 2, "patient_id": "p2", "episode_id": "e2", "program": "cocm",
            "staff_id": "c1", "staff_role": "care_manager", "activity_code": "follow_up_contact",
            "started_at": "2026-02-03 10:40:00", "ended_at": "2026-02-03 10:50:00",
            "service_on": "2026-02-03",
            "service_month": "2026-02-01", "seconds": 600, "disposition": "credited", "payer_id": "medicare",
            "rule_version": "medicare-2026-01", "site_columns": None,
        },
    ],
    "fct_patient_month": [
        {
            "patient_id": "p1", "program": "cocm", "service_month": "2026-02-01", "month_type": "initial",
            "credited_seconds": 2400, "credited_minutes": 40, "uncredited_seconds": 0, "team_id": "t1",
            "payer_id": "medicare", "billing_practitioner_id": "d1", "is_month_over": True, "days_left": 0,
        },
        {
            "patient_id": "p3", "program": "cocm", "service_month": "2026-03-01", "month_type": "initial",
            "credited_seconds": 1800, "credited_minutes": 30, "uncredited_seconds": 0, "team_id": "t1",
            "payer_id": "medicare", "billing_practitioner_id": "d1", "is_month_over": False, "days_left": 11,
        },
    ],
    "fct_claim_candidate": [
        {
            "candidate_id": "k1", "patient_id": "p1", "program": "cocm", "service_month": "2026-02-01",
            "procedure_code": "99492", "units": 1, "status": "ready", "month_type": "initial",
            "credited_minutes": 40,
            "unbilled_minutes": 0, "date_of_service": "2026-02-28", "payer_id": "medicare", "team_id": "t1",
            "policy_version": "medicare-2026-01", "billing_practitioner_id": "d1",
            "billing_npi": "1234567893",
            "place_of_service": "11", "expected_amount_usd": "145.67", "blocking_check_ids": "",
            "review_check_ids": "",
        },
        {
            "candidate_id": "k2", "patient_id": "p2", "program": "cocm", "service_month": "2026-02-01",
            "procedure_code": "99492", "units": 1, "status": "held", "month_type": "initial",
            "credited_minutes": 40,
            "unbilled_minutes": 0, "date_of_service": "2026-02-28", "payer_id": "medicare", "team_id": "t2",
            "policy_version": "medicare-2026-01", "billing_practitioner_id": "d1",
            "billing_npi": "1234567893",
            "place_of_service": "11", "expected_amount_usd": None,
            "blocking_check_ids": "psychiatric_review;validated_scale", "review_check_ids": "",
        },
    ],
    "fct_claim_check": [
        {
            "candidate_id": "k2", "check_id": "psychiatric_review", "severity": "block", "outcome": "fail",
            "explanation": "No case review stands in the month.", "policy_version": "medicare-2026-01",
        },
        {
            "candidate_id": "k2", "check_id": "validated_scale", "severity": "block", "outcome": "fail",
            "explanation": "No validated scale stands in the month.", "policy_version": "medicare-2026-01",
        },
        {
            "candidate_id": "k2", "check_id": "consent_on_file", "severity": "block", "outcome": "pass",
            "evidence_kind": "consent", "evidence_id": "n2", "evidence_on": "2026-01-02",
            "explanation": "A consent was in force.", "policy_version": "medicare-2026-01",
        },
        {
            "candidate_id": "k1", "check_id": "consent_on_file", "severity": "block", "outcome": "pass",
            "evidence_kind": "consent", "evidence_id": "n1", "evidence_on": "2026-01-02",
            "explanation": "A consent was in force.", "policy_version": "medicare-2026-01",
        },
    ],
    "fct_claim_evidence": [
        {"candidate_id": "k1", "entry_id": "a1", "segment_number": 1, "seconds": 2400},
    ],
    "rpt_near_miss": [
        {
            "patient_id": "p3", "program": "cocm", "service_month": "2026-03-01", "care_manager_id": "c1",
            "credited_minutes": 30, "next_procedure_code": "99492", "minutes_needed": 6,
            "amount_at_stake_usd": "80.10", "days_left": 11, "failing_check_ids": "validated_scale",
        },
    ],
    "dq_quarantine": [
        {
            "delivery_on": "2026-03-20", "feed": "patient", "source_file": "patient/2026-03-20/p.csv",
            "row_number": 7, "record_key_hash": "ab" * 32,
            "reason": "missing_required:patient_id;invalid_type:birth_date",
            "first_seen_on": "2026-03-20",
        },
    ],
    "dq_feed_delivery": [
        {
            "feed": "patient", "delivery_on": "2026-03-20", "files": 1, "rows_read": 4, "rows_accepted": 3,
            "rows_quarantined": 1, "is_late": False,
        },
    ],
}  # fmt: skip

FINDINGS: list[Row] = [
    {
        "run_id": "r1", "checked_at": "2026-03-20 23:59:59", "check_id": "marts_conserve_seconds",
        "layer": "marts",
        "table_name": SEGMENT, "severity": "critical", "status": "passed", "failed_rows": 0, "total_rows": 3,
    },
    {
        "run_id": "r1", "checked_at": "2026-03-20 23:59:59", "check_id": "raw_patient_birth_date",
        "layer": "raw",
        "table_name": "patient", "severity": "warning", "status": "failed", "failed_rows": 1, "total_rows": 4,
        "what_it_means": "Birth dates are missing.", "what_to_do": "Ask the sender.", "owner": "data",
    },
]  # fmt: skip

EXTRA_COLUMNS = {
    "dim_team": {"billing_tin": "VARCHAR"},
    SEGMENT: {
        "excluding_encounter_id": "VARCHAR",
        "excluding_visit_kind": "VARCHAR",
        "site_columns": "VARCHAR",
    },
    "rpt_likely_eligible": {"appointment_local_time": "VARCHAR"},
    "rpt_referrer_scorecard": {"period_end_on": "DATE"},
}


@dataclass(frozen=True)
class Home:
    """The places that a night hands to publishing."""

    root: Path

    @property
    def database(self) -> Path:
        """The warehouse."""
        return self.root / "warehouse" / "warehouse.duckdb"

    @property
    def dq_finding(self) -> Path:
        """The night's findings."""
        return self.root / "warehouse" / "dq_finding.parquet"

    @property
    def lake(self) -> Path:
        """The lake, of which only reference tables exist."""
        return self.root / "lake"

    @property
    def published(self) -> Path:
        """The folder of generations."""
        return self.root / "published"

    def publish(self, inputs: str = "one", *, as_of: date = AS_OF, keep: int = 14) -> Generation:
        """Publish as a night would; ``inputs`` stands for what was delivered."""
        return publish(
            database=self.database,
            dq_finding=self.dq_finding,
            published=self.published,
            lake=self.lake,
            context=PublishContext(as_of, inputs, "rules", "1.0", keep=keep, threads=2),
        )


def make_home(root: Path, rows: dict[str, list[Row]] | None = None) -> Home:
    """Make the warehouse, its findings and the lake's reference tables under a folder."""
    home = Home(root)
    if rows is None:
        shutil.copytree(_template().name, root)
        return home
    home.database.parent.mkdir(parents=True)
    (home.lake / "reference").mkdir(parents=True)
    with duckdb.connect(str(home.database)) as engine:
        for mart, mart_rows in rows.items():
            make_mart(engine, mart, mart_rows)
        for rule in FIRST_RULES:
            engine.execute(f"create table {rule} as from read_csv({literal(SEEDS / f'{rule}.csv')})")
        make_mart(engine, "dq_finding", FINDINGS)
        engine.execute(f"copy dq_finding to {literal(home.dq_finding)} (format parquet)")
        engine.execute("drop table dq_finding")
        reference = home.lake / "reference"
        hash_key = literal(reference / "hash_key.parquet")
        engine.execute(f"copy (select 'a key of tests' as hash_key) to {hash_key}")
        engine.execute(
            "copy (select 'patient' as feed, 'patient/2026-03-20/p.csv' as source_file, 'f1' as file_id, "
            f"'accepted' as status, 3::bigint as rows_accepted) to {literal(reference / 'feed_file.parquet')}"
        )
    return home


@cache
def _template() -> TemporaryDirectory[str]:
    """The home of ``ROWS``, made once a process and removed with it."""
    folder = TemporaryDirectory(prefix="publishing-")
    make_home(Path(folder.name), ROWS)
    return folder


def make_mart(engine: duckdb.DuckDBPyConnection, mart: str, rows: list[Row]) -> None:
    """Create a mart with the contract's columns and types, and put rows in; what a row leaves out is null."""
    columns = {name: SQL_TYPES[kind] for name, kind in load_marts().marts[mart].columns.items()}
    columns |= EXTRA_COLUMNS.get(mart, {})
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    engine.execute(f"create table {mart} ({declared})")
    unknown = {name for row in rows for name in row} - set(columns)
    assert not unknown, f"{mart} has no column {unknown}"
    marks = ", ".join("?" for _ in columns)
    engine.execute("begin")
    for row in rows:
        engine.execute(f"insert into {mart} values ({marks})", [row.get(name) for name in columns])
    engine.execute("commit")
