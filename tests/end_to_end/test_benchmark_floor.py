"""The floor of the benchmarks makes what the product makes, row by row."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from benchmarks.compare import DifferenceError, check_equal, check_mart
from benchmarks.floor import MARTS, Floor, marts_of
from orchestration.sample.clinic import write_sample
from tests.support.warehouse import Marts, Warehouse

AS_OF = date(2026, 6, 16)

# What the clean sample has none of: copies of entries for another patient by the same staff member and for
# the same patient by another one, both later, one over midnight, a doubled one, a withdrawn one.
ODD_ENTRIES = """
copy (
    select
        kind || entry_id as entry_id,
        if(kind = 'other_patient', neighbour, patient_id) as patient_id,
        if(kind = 'other_staff', colleague, staff_id) as staff_id,
        activity_code,
        strftime(if(kind = 'midnight', started_at::date + to_minutes(1430), started_at + later), '{iso}')
            as started_at,
        strftime(if(kind = 'midnight', started_at::date + to_minutes(1450), ended_at + later), '{iso}')
            as ended_at,
        strftime(documented_at, '{iso}Z') as documented_at,
        if(kind = 'withdrawn', 'entered-in-error', 'final') as status
    from (
        select
            *,
            row_number() over (order by entry_id) as place,
            lead(patient_id) over (order by entry_id) as neighbour,
            if(staff_id = min(staff_id) over (), max(staff_id) over (), min(staff_id) over ()) as colleague
        from read_csv('{landing}/care_activity/*/care_activity.csv', union_by_name = true)
        where ended_at is not null
    )
    join (
        values
            (0, 'other_patient', to_minutes(3)),
            (1, 'other_staff', to_minutes(3)),
            (2, 'midnight', to_minutes(0)),
            (3, 'doubled', to_minutes(0)),
            (4, 'withdrawn', to_minutes(0))
    ) as odd(turn, kind, later)
        on place % 7 = turn
    order by all
) to '{landing}/care_activity/{as_of}/odd.csv' (header)
"""
ISO = "%Y-%m-%dT%H:%M:%S"


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("clinic") / "landing"
    write_sample(place, patients=300, months=4, seed=5, as_of=AS_OF, messy=False)
    with duckdb.connect() as engine:
        engine.execute(ODD_ENTRIES.format(landing=place, as_of=AS_OF, iso=ISO))
    return place


@pytest.fixture(scope="module")
def marts(landing: Path, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    return warehouse.build(landing, tmp_path_factory.mktemp("work"), as_of=AS_OF)


@pytest.fixture(scope="module")
def floor(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("floor")
    Floor(landing, out, AS_OF).run()
    return out


def test_the_floor_makes_the_products_ledger_months_and_candidates(floor: Path, marts: Marts) -> None:
    totals = check_equal(marts.engine, floor, lambda mart: mart, marts_of("spine"))
    assert {"credited", "duplicate", "staff_overlap", "patient_overlap", "voided"} <= {
        disposition for disposition, _ in totals["seconds by disposition"]
    }
    assert {"ready", "held", "submitted", "in_progress"} <= {
        status for status, *_ in totals["candidates by status, with dollars"]
    }


@pytest.mark.parametrize("mart", MARTS["all"])
def test_the_floor_makes_the_products_other_marts(mart: str, floor: Path, marts: Marts) -> None:
    assert check_mart(marts.engine, floor, lambda name: name, mart)


@pytest.mark.parametrize("mart", MARTS["spine"])
def test_a_row_less_is_seen(mart: str, floor: Path, marts: Marts) -> None:
    def product(name: str) -> str:
        return f"(select * from {name} offset 1)" if name == mart else name

    with pytest.raises(DifferenceError):
        check_equal(marts.engine, floor, product, marts_of("spine"))


def test_a_column_less_is_seen(floor: Path, marts: Marts, tmp_path: Path) -> None:
    marts.engine.execute(
        f"copy (select * exclude (site_id) from read_parquet('{floor}/dim_team.parquet')) "
        f"to '{tmp_path}/dim_team.parquet'"
    )
    with pytest.raises(DifferenceError, match="does not make site_id"):
        check_mart(marts.engine, tmp_path, lambda name: name, "dim_team")


def test_a_changed_value_is_seen_where_totals_stay(floor: Path, marts: Marts) -> None:
    def product(name: str) -> str:
        changed = "select * replace (staff_id || 'x' as staff_id) from fct_minute_segment"
        return f"({changed})" if name == "fct_minute_segment" else name

    with pytest.raises(DifferenceError, match="have no equal"):
        check_equal(marts.engine, floor, product, marts_of("spine"))


def test_the_spine_alone_is_the_same_as_within_all_marts(landing: Path, floor: Path, tmp_path: Path) -> None:
    Floor(landing, tmp_path, AS_OF, scope="spine").run()
    made = {path.stem for path in tmp_path.glob("*.parquet")}
    assert made == set(MARTS["spine"])
    with duckdb.connect() as engine:
        for mart in made:
            assert check_mart(engine, floor, lambda name: f"read_parquet('{tmp_path / name}.parquet')", mart)
