"""The claim-candidate lists of billers: one folder a billing TIN and service month, one CSV file a status.

``lists/claim_candidates/<tin or no_tin>/<YYYY-MM>/{ready,review,held,near_miss}.csv``. A folder has all four,
a header alone where there is nothing to list. Minimum necessary: what a biller needs to submit, fix or wait
for a claim, and nothing of its clinical content. Beside them stand the same rows as a workbook and the ready
ones as FHIR documents.

Public: ``write_claim_lists``, ``claim_relations``; ``folder_name`` for lists of other recipients.

Belongs here: which candidates are listed, with which columns, in which order. Does not belong here: whether a
claim is ready (models) and how a cell is written (``csv_text``).
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TextIO

import duckdb

from orchestration.publishing.claim_fhir import write_claim_documents
from orchestration.publishing.claim_list_queries import CANDIDATE_QUERY, NEAR_MISS_QUERY
from orchestration.publishing.claim_workbook import write_workbooks
from orchestration.publishing.csv_text import LINE_END, csv_line, define_csv_cell, open_list
from orchestration.publishing.engine import literal
from orchestration.publishing.files import make_folder
from orchestration.publishing.reuse import Reuse

STATUSES = ("ready", "review", "held")
NEAR_MISS = "near_miss"
NO_TIN = "no_tin"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")
_FETCH_ROWS = 20_000

_PATIENT = ["patient_family_name", "patient_given_name", "mrn", "birth_date"]
CANDIDATE_HEADER = [
    *_PATIENT,
    "payer_id",
    "procedure_code",
    "units",
    "date_of_service",
    "place_of_service",
    "billing_practitioner",
    "billing_npi",
    "credited_minutes",
    "expected_amount_usd",
    "what_is_missing",
    "who_can_fix",
    "candidate_id",
]
NEAR_MISS_HEADER = [
    *_PATIENT,
    "payer_id",
    "program",
    "care_manager",
    "billing_practitioner",
    "billing_npi",
    "credited_minutes",
    "minutes_needed",
    "next_procedure_code",
    "amount_at_stake_usd",
    "days_left",
    "what_is_missing",
    "who_can_fix",
]

_NEEDED = (
    "dim_patient",
    "dim_practitioner",
    "dim_team",
    "fct_patient_month",
    "fct_claim_candidate",
    "fct_claim_check",
    "rpt_near_miss",
)


def claim_relations(
    engine: duckdb.DuckDBPyConnection, identified: Path, rules: Path
) -> dict[str, str] | None:
    """What stands in the braces of the queries; None where one of the marts that they need is absent."""
    files = {name: identified / f"{name}.parquet" for name in _NEEDED}
    files["claim_check"] = rules / "claim_check.parquet"
    if not all(path.is_file() for path in files.values()):
        return None
    names = {name: f"read_parquet({literal(path)})" for name, path in files.items()}
    team_columns = [row[0] for row in engine.execute(f"describe from {names['dim_team']}").fetchall()]
    return names | {"tin": "billing_tin" if "billing_tin" in team_columns else "cast(null as varchar)"}


def write_claim_lists(
    engine: duckdb.DuckDBPyConnection, identified: Path, rules: Path, as_of_date: date, reuse: Reuse
) -> int:
    """Write the lists from a generation's marts; none where one of the marts that they need is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the lists go below it.
        rules: the generation's rules, for the words of the checks.
        as_of_date: the business date, which the FHIR documents bear.
        reuse: workbooks that an earlier generation has already.

    Returns:
        The number of rows listed.
    """
    names = claim_relations(engine, identified, rules)
    if names is None:
        return 0
    root = make_folder(identified / "lists" / "claim_candidates")
    define_csv_cell(engine)
    written = _write(engine, CANDIDATE_QUERY.format(**names), root, STATUSES, CANDIDATE_HEADER)
    written += _write(engine, NEAR_MISS_QUERY.format(**names), root, (NEAR_MISS,), NEAR_MISS_HEADER)
    _complete(root)

    def folder_of(tin: str | None, month: date) -> Path:
        return _month_folder(root, tin, month)

    headers = {"candidate": CANDIDATE_HEADER, NEAR_MISS: NEAR_MISS_HEADER}
    write_workbooks(engine, names, headers, folder_of, reuse)
    write_claim_documents(engine, names, as_of_date, folder_of)
    return written


def _month_folder(root: Path, tin: str | None, month: date) -> Path:
    return root / tin_folder(tin) / month.strftime("%Y-%m")


def _write(
    engine: duckdb.DuckDBPyConnection, query: str, root: Path, names: tuple[str, ...], header: list[str]
) -> int:
    """Write the rows of a query, which come sorted by TIN and month, into the lists of their names."""
    written = 0
    place: tuple[str | None, date] | None = None
    files: dict[str, TextIO] = {}
    with ExitStack() as month_files:
        for tin, month, name, line in _lines(engine, query, header):
            if (tin, month) != place:
                place = (tin, month)
                month_files.close()
                folder = make_folder(_month_folder(root, tin, month))
                files = {
                    one: month_files.enter_context(open_list(folder / f"{one}.csv", header)) for one in names
                }
            files[name].write(f"{line}{LINE_END}")
            written += 1
    return written


def _lines(
    engine: duckdb.DuckDBPyConnection, query: str, header: list[str]
) -> Iterator[tuple[str | None, date, str, str]]:
    cursor = engine.cursor()
    cursor.execute(f"select billing_tin, service_month, list_name, {csv_line(header)} from ({query})")  # noqa: S608
    while rows := cursor.fetchmany(_FETCH_ROWS):
        yield from rows


def _complete(root: Path) -> None:
    """Give every folder all four files: a header alone says that there is nothing."""
    for folder in sorted(root.glob("*/*/")):
        for name in (*STATUSES, NEAR_MISS):
            path = folder / f"{name}.csv"
            if not path.exists():
                open_list(path, NEAR_MISS_HEADER if name == NEAR_MISS else CANDIDATE_HEADER).close()


def tin_folder(tin: str | None) -> str:
    """A TIN as a folder's name."""
    return folder_name(tin, NO_TIN)


def folder_name(key: str | None, blank: str) -> str:
    """A key as a folder's name; one that is no plain word gets a hash, so that two never share a folder."""
    if not key:
        return blank
    if _PLAIN_KEY.fullmatch(key):
        return key
    return f"{re.sub(r'[^A-Za-z0-9-]+', '_', key)[:32]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
