"""Every golden case against the marts and against the reference implementation.

All cases of one ``as_of`` are one landing, built once: the ids of a case begin with its name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.golden.cases import AS_OF, Case, Origins, joined, load_cases, present, traced, unmet
from tests.reference.marts import compute, compute_restatement
from tests.support.compare import KEYS
from tests.support.landing import write_landing
from tests.support.warehouse import Marts, Warehouse, load_contract, load_rules

CASES = load_cases()
EXPECTATIONS = [
    pytest.param(case, mart, id=f"{case.label}/{mart}")
    for case in CASES
    for mart in sorted({*case.expected(), *case.absent()})
]
NAMED = """
    select candidate.patient_id, candidate.program, candidate.service_month, candidate.procedure_code, fact.*
    from {mart} as fact
    left join fct_claim_candidate as candidate on fact.candidate_id = candidate.candidate_id
"""
KEPT = """
    select fact.* exclude (suppressed_by), kept.program as suppressed_by
    from fct_claim_candidate as fact
    left join fct_claim_candidate as kept on fact.suppressed_by = kept.candidate_id
"""


@dataclass
class Run:
    """All cases of one ``as_of``: the rows of both implementations by mart."""

    marts: Marts
    reference: dict[str, list[dict[str, Any]]]
    origins: Origins
    read: dict[str, list[dict[str, Any]]]

    def mart(self, name: str) -> list[dict[str, Any]]:
        """The rows of a mart, read once."""
        if name not in self.read:
            if name == "fct_claim_candidate":
                self.read[name] = self.marts.rows(KEPT)
            elif name in ("fct_claim_check", "fct_claim_evidence"):
                self.read[name] = self.marts.rows(NAMED.format(mart=name))
            elif name == "dq_quarantine":
                self.read[name] = traced(self.marts.rows(name), self.origins)
            else:
                self.read[name] = self.marts.rows(name)
        return self.read[name]


@pytest.fixture(scope="module")
def runs(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[object, Run]]:
    """One build for each ``as_of`` and default zone."""
    contract, rules = load_contract(), load_rules()
    groups: dict[tuple[date, str], list[Case]] = {}
    for case in CASES:
        groups.setdefault((case.as_of, case.default_zone), []).append(case)
    found: dict[object, Run] = {}
    for (as_of, zone), cases in groups.items():
        feeds, origins = joined(cases)
        work = tmp_path_factory.mktemp("golden")
        marts = warehouse.build(write_landing(work / "landing", feeds), work, as_of=as_of, default_zone=zone)
        reference = compute(feeds, contract, rules, as_of=as_of, default_zone=zone)
        refused = traced(reference["dq_quarantine"], origins)
        found[as_of, zone] = Run(marts, {**reference, "dq_quarantine": refused}, origins, {})
    yield found
    for run in found.values():
        run.marts.close()


@pytest.mark.parametrize(("case", "mart"), EXPECTATIONS)
def test_the_marts_are_as_the_case_expects(case: Case, mart: str, runs: dict[object, Run]) -> None:
    _hold(case, mart, runs[case.as_of, case.default_zone].mart(mart))


@pytest.mark.parametrize(("case", "mart"), [one for one in EXPECTATIONS if one.values[1] in KEYS])
def test_the_reference_is_as_the_case_expects(case: Case, mart: str, runs: dict[object, Run]) -> None:
    unsaid: frozenset[str] = frozenset()
    if mart == "rpt_restatement":
        unsaid = frozenset({"changed_on", "cause"})
        # Every closing day is computed anew, so this case alone and not all that share its landing.
        feeds, _ = joined([case])
        rows = compute_restatement(
            feeds, load_contract(), load_rules(), as_of=case.as_of, default_zone=case.default_zone
        )
    else:
        rows = runs[case.as_of, case.default_zone].reference[mart]
    _hold(case, mart, rows, unsaid)


def test_every_data_test_of_the_project_holds_on_the_golden_landing(runs: dict[object, Run]) -> None:
    assert runs[AS_OF, "UTC"].marts.failing_tests() == {}


def test_every_case_says_what_is_odd_about_it() -> None:
    silent = [case.label for case in CASES if not (case.folder / "README.md").exists()]
    assert silent == []
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(Path(case.folder / "feeds").is_dir() for case in CASES)


def _hold(case: Case, mart: str, rows: list[dict[str, Any]], unsaid: frozenset[str] = frozenset()) -> None:
    lines: list[str] = []
    if mart in case.expected():
        lines += unmet(case, mart, rows, unsaid)
    if mart in case.absent():
        lines += present(case, mart, rows)
    assert lines == [], f"{case.label} {mart}: " + "\n".join(lines)
