"""The what-if on the command line walks in the same steps as the mart, over the same basis."""

from datetime import date
from typing import Any

import pytest

from orchestration.publishing.bridge import Basis, walk
from orchestration.sample.clinic import write_sample
from tests.property.choices import Seeded
from tests.support.warehouse import Marts, Warehouse

AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def built(warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A sample clinic with 40 targets more, of every team and of the organization, small and large."""
    work = tmp_path_factory.mktemp("bridge")
    write_sample(work / "landing", patients=300, months=6, seed=5, as_of=AS_OF, messy=False)
    choices = Seeded("targets")
    lines = ["target_id,team_id,period_start_on,period_end_on,amount_usd"]
    for number in range(40):
        team = choices.one(("T000", "T001", "T002", ""))
        end = choices.one(("2026-06-30", "2026-07-31", "2026-12-31"))
        amount = choices.number(10, 99) * 10 ** choices.number(1, 4)
        lines.append(f"what_if_{number},{team},2026-06-15,{end},{amount}")
    place = work / "landing" / "finance_target" / AS_OF.isoformat() / "what_if.csv"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    marts = warehouse.build(work / "landing", work, as_of=AS_OF)
    yield marts
    marts.close()


def test_a_what_if_and_a_target_of_the_same_amount_have_the_same_numbers(built: Marts) -> None:
    names = ", ".join(f"basis.{name}" for name in Basis.__dataclass_fields__)
    rows = built.rows(
        f"select distinct target.target_id, target.months, target.amount_usd as amount, {names},"
        " mart.needed_billable_patients, mart.needed_active_patients, mart.needed_referrals,"
        " mart.needed_bhc_patients_per_day, mart.feasibility, mart.largest_within_range_usd"
        " from int_finance_walk as target"
        " inner join rpt_finance_bridge as mart on target.target_id = mart.target_id"
        " inner join rpt_finance_basis as basis"
        " on target.entity_type = basis.entity_type and target.entity_id = basis.entity_id"
    )
    assert len(rows) >= 40
    for row in rows:
        basis = Basis(**{name: row[name] for name in Basis.__dataclass_fields__})
        found = walk(basis, row["amount"], row["months"])
        assert found.feasibility == row["feasibility"], row["target_id"]
        assert found.largest_usd == row["largest_within_range_usd"], row["target_id"]
        for name in ("billable_patients", "active_patients", "referrals", "bhc_patients_per_day"):
            expected = row[f"needed_{name}"]
            mine = getattr(found, f"needed_{name}")
            assert mine == (None if expected is None else pytest.approx(expected)), (row["target_id"], name)
    assert {row["feasibility"] for row in rows} >= {"within", "beyond"}
