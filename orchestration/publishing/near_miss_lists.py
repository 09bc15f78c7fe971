"""The near misses of the open month by care manager: ``lists/near_miss/<care manager>.csv``.

Who is a few minutes from the next code, soonest and nearest first, so that the minutes are given while the
month is open. A file holds its care manager's patients alone.

Public: ``write_near_miss_lists``.

Belongs here: whose file a near miss is in, its columns and their order. Does not belong here: what a near
miss is (models) and the billers' list of the same rows (``claim_lists``).
"""

from pathlib import Path

import duckdb

from orchestration.publishing.care_lists import write_recipient_lists
from orchestration.publishing.claim_list_queries import NEAR_MISS_QUERY
from orchestration.publishing.claim_lists import claim_relations
from orchestration.publishing.csv_text import define_csv_cell
from orchestration.publishing.files import make_folder

NO_CARE_MANAGER = "no_care_manager"
HEADER = [
    "patient_family_name",
    "patient_given_name",
    "mrn",
    "birth_date",
    "program",
    "service_month",
    "credited_minutes",
    "minutes_needed",
    "next_procedure_code",
    "amount_at_stake_usd",
    "days_left",
    "what_is_missing",
    "who_can_fix",
]

_BY_CARE_MANAGER = """
select
    near_miss.care_manager_id as recipient,
    null as list_name,
    near_miss.* exclude (care_manager_id, list_name)
from ({near_misses}) as near_miss
order by
    near_miss.care_manager_id nulls first, near_miss.days_left, near_miss.minutes_needed,
    near_miss.patient_family_name, near_miss.patient_given_name, near_miss.mrn, near_miss.birth_date,
    near_miss.program
"""


def write_near_miss_lists(engine: duckdb.DuckDBPyConnection, identified: Path, rules: Path) -> int:
    """Write the lists from a generation's marts; none where one of the marts that they need is absent.

    Args:
        engine: any connection.
        identified: the generation's identified marts; the lists go below it.
        rules: the generation's rules, for the words of the checks.

    Returns:
        The number of rows listed.
    """
    names = claim_relations(engine, identified, rules)
    if names is None:
        return 0
    define_csv_cell(engine)
    query = _BY_CARE_MANAGER.format(near_misses=NEAR_MISS_QUERY.format(**names))
    root = make_folder(identified / "lists" / "near_miss")
    return write_recipient_lists(engine, query, root, HEADER, NO_CARE_MANAGER)
