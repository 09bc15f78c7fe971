"""The golden cases of the quality measures against their reference implementation.

The marts are held to the same cases in ``test_golden``; here it is the reference's turn.
"""

from typing import Any

import pytest

from tests.golden.cases import Case, joined, load_cases, present, unmet
from tests.reference.clinic import Clinic
from tests.reference.quality import write_members
from tests.support.warehouse import load_contract, load_rules

MART = "fct_metric_member"
CASES = [case for case in load_cases() if case.folder.parent.name == "measures"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_reference_judges_the_patients_as_the_case_expects(case: Case) -> None:
    feeds, _ = joined([case])
    clinic = Clinic(feeds, load_contract(), load_rules(), case.as_of, case.default_zone)
    years = list(range(case.as_of.year - 2, case.as_of.year + 1))
    rows: list[dict[str, Any]] = write_members(clinic, years)
    lines = unmet(case, MART, rows)
    if MART in case.absent():
        lines += present(case, MART, rows)
    assert lines == []
