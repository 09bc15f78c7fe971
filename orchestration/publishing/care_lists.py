"""The lists of those who treat: likely-eligible patients by provider and date, case reviews by consultant.

``lists/likely_eligible/<provider or no_pcp>/<YYYY-MM-DD>.csv`` for the clinic date to come and the newest
that has come, which says what became of its patients;
``lists/case_review/<consultant or no_consultant>.csv``.
Minimum necessary: each recipient's own patients, and of them what the visit or the review needs.

Public: ``write_care_lists``, ``write_recipient_lists``.

Belongs here: which rows are listed, with which columns, for whom. Does not belong here: who is likely
eligible and how reviews are ranked (models), and how a cell is written (``csv_text``).
"""

from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import duckdb

from orchestration.publishing.claim_lists import folder_name
from orchestration.publishing.csv_text import LINE_END, csv_line, define_csv_cell, open_list
from orchestration.publishing.engine import literal
from orchestration.publishing.files import make_folder

NO_PCP = "no_pcp"
NO_CONSULTANT = "no_consultant"
_FETCH_ROWS = 20_000

_PATIENT = ["patient_family_name", "patient_given_name", "mrn", "birth_date"]
LIKELY_ELIGIBLE_HEADER = [
    "priority",
    "appointment_local_time",
    *_PATIENT,
    "triggers",
    "last_outreach",
    "what_happened",
]
CASE_REVIEW_HEADER = [
    "queue_rank",
    *_PATIENT,
    "reasons",
    "program",
    "care_manager",
    "pcp",
    "weeks_in_treatment",
    "first_phq9",
    "latest_phq9",
    "first_gad7",
    "latest_gad7",
    "last_contact_on",
    "last_case_review_on",
    "episode_id",
]

_PEOPLE = """
with patient as (
    select
        patient_id, family_name as patient_family_name, given_name as patient_given_name, mrn, birth_date
    from {dim_patient}
),

practitioner as (
    select practitioner_id, concat_ws(', ', family_name, given_name) as full_name from {dim_practitioner}
)
"""

LIKELY_ELIGIBLE_QUERY = "".join(
    [
        _PEOPLE,
        """
select
    listed.pcp_id as recipient,
    cast(listed.clinic_date as varchar) as list_name,
    listed.* exclude (pcp_id, patient_id),
    patient.* exclude (patient_id)
from {rpt_likely_eligible} as listed
left join patient on listed.patient_id = patient.patient_id
where listed.clinic_date >= (
    select coalesce(max(clinic_date), date '1000-01-01')
    from {rpt_likely_eligible}
    where what_happened is not null
)
order by
    listed.pcp_id nulls first, listed.clinic_date, listed.priority, listed.appointment_at, listed.patient_id
""",
    ]
)

_CASE_REVIEW = "".join(
    [
        _PEOPLE,
        """
select
    queue.psychiatric_consultant_id as recipient,
    null as list_name,
    queue.queue_rank,
    queue.reasons,
    patient.* exclude (patient_id),
    registry.* exclude (patient_id, care_manager_id, pcp_id),
    care_manager.full_name as care_manager,
    pcp.full_name as pcp
from {rpt_case_review_queue} as queue
inner join {rpt_caseload_registry} as registry on queue.episode_id = registry.episode_id
left join patient on registry.patient_id = patient.patient_id
left join practitioner as care_manager on queue.care_manager_id = care_manager.practitioner_id
left join practitioner as pcp on registry.pcp_id = pcp.practitioner_id
order by queue.psychiatric_consultant_id nulls first, queue.queue_rank
""",
    ]
)


def write_care_lists(engine: duckdb.DuckDBPyConnection, identified: Path) -> int:
    """Write the lists from a generation's marts; a list is left out where a mart that it needs is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the lists go below it.

    Returns:
        The number of rows listed.
    """
    people = ("dim_patient", "dim_practitioner")
    lists = (
        (
            "likely_eligible",
            LIKELY_ELIGIBLE_QUERY,
            (*people, "rpt_likely_eligible"),
            LIKELY_ELIGIBLE_HEADER,
            NO_PCP,
        ),
        (
            "case_review",
            _CASE_REVIEW,
            (*people, "rpt_case_review_queue", "rpt_caseload_registry"),
            CASE_REVIEW_HEADER,
            NO_CONSULTANT,
        ),
    )
    define_csv_cell(engine)
    written = 0
    for name, query, needed, header, nobody in lists:
        files = {mart: identified / f"{mart}.parquet" for mart in needed}
        if all(path.is_file() for path in files.values()):
            relations = {mart: f"read_parquet({literal(path)})" for mart, path in files.items()}
            root = make_folder(identified / "lists" / name)
            written += write_recipient_lists(engine, query.format(**relations), root, header, nobody)
    return written


def write_recipient_lists(
    engine: duckdb.DuckDBPyConnection, query: str, root: Path, header: list[str], nobody: str
) -> int:
    """Write the rows of a query into a file each recipient and list, and return their number.

    Args:
        engine: where ``csv_cell`` is defined.
        query: has ``recipient``, ``list_name`` (null where a recipient has one list) and the header's
            columns; sorted by recipient and list.
        root: the folder of the lists.
        header: the columns in order.
        nobody: the name of the file or folder of rows without a recipient.
    """
    cursor = engine.cursor()
    cursor.execute(f"select recipient, list_name, {csv_line(header)} from ({query})")  # noqa: S608
    written = 0
    place: tuple[str | None, str | None] | None = None
    with ExitStack() as open_file:
        file: TextIO | None = None
        while rows := cursor.fetchmany(_FETCH_ROWS):
            for recipient, list_name, line in rows:
                if file is None or (recipient, list_name) != place:
                    place = (recipient, list_name)
                    open_file.close()
                    own = folder_name(recipient, nobody)
                    path = make_folder(root / own) / f"{list_name}.csv" if list_name else root / f"{own}.csv"
                    file = open_file.enter_context(open_list(path, header))
                file.write(f"{line}{LINE_END}")
                written += 1
    return written
