"""The likely-eligible patients of a provider's clinic date as one printable page, for the morning.

``lists/likely_eligible/<provider or no_pcp>/<YYYY-MM-DD>.html`` beside the CSV file of the same rows: who
comes when, why behavioral health may help, what was tried, and a box to tick. One file, without a script.

Public: ``write_clinic_pages``, ``templates``.

Belongs here: what the page is given. Does not belong here: who is listed (``care_lists`` and the models).
"""

from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from orchestration.publishing.care_lists import LIKELY_ELIGIBLE_QUERY, NO_PCP
from orchestration.publishing.claim_lists import folder_name
from orchestration.publishing.engine import literal
from orchestration.publishing.files import make_folder

_NEEDED: Final = ("dim_patient", "dim_practitioner", "rpt_likely_eligible")
_FETCH_ROWS: Final = 5_000
_SELECT: Final = """
select
    listed.recipient,
    listed.list_name,
    practitioner.full_name as provider,
    listed.priority,
    listed.appointment_local_time,
    concat_ws(', ', listed.patient_family_name, listed.patient_given_name) as patient,
    listed.mrn,
    listed.birth_date,
    listed.triggers,
    listed.last_outreach,
    listed.what_happened
from ({listed}) as listed
left join (
    select practitioner_id, concat_ws(', ', family_name, given_name) as full_name from {dim_practitioner}
) as practitioner
    on listed.recipient = practitioner.practitioner_id
order by
    listed.recipient nulls first, listed.list_name, listed.appointment_local_time, listed.priority,
    listed.patient_family_name, listed.patient_given_name, listed.mrn
"""
HAPPENED: Final = {
    "enrolled": "Enrolled",
    "referred": "Referred",
    "seen": "Seen, not referred",
    "not_seen": "Did not come",
}


@cache
def templates() -> Environment:
    """The templates of the pages that publishing writes; every value is escaped, and none may be missing."""
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_clinic_pages(engine: duckdb.DuckDBPyConnection, identified: Path) -> int:
    """Write a page a provider and clinic date; none where a mart that they need is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the pages go beside the CSV lists below it.

    Returns:
        The number of pages.
    """
    files = {mart: identified / f"{mart}.parquet" for mart in _NEEDED}
    if not all(path.is_file() for path in files.values()):
        return 0
    relations = {mart: f"read_parquet({literal(path)})" for mart, path in files.items()}
    cursor = engine.cursor()
    cursor.execute(_SELECT.format(listed=LIKELY_ELIGIBLE_QUERY.format(**relations), **relations))
    names = [column[0] for column in cursor.description or []]
    template = templates().get_template("clinic_day.html.j2")
    written = 0
    rows = (row for batch in iter(lambda: cursor.fetchmany(_FETCH_ROWS), []) for row in batch)
    for (recipient, day), found in groupby(rows, key=lambda row: (row[0], row[1])):
        patients: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in found]
        folder = make_folder(identified / "lists" / "likely_eligible" / folder_name(recipient, NO_PCP))
        page = template.render(
            day=date.fromisoformat(day),
            provider=patients[0]["provider"] or recipient,
            patients=patients,
            is_to_come=all(patient["what_happened"] is None for patient in patients),
            happened=HAPPENED,
        )
        (folder / f"{day}.html").write_text(page, encoding="utf-8", newline="")
        written += 1
    return written
