"""What may be shared: hashed ids, and no count that points at a few people."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.publishing.contract import SharedMart, load_marts
from orchestration.publishing.errors import PublishError
from orchestration.publishing.export import describe, export_shared
from orchestration.publishing.sharing import hashed_id, hashed_id_sql, smallest_shown
from tests.support.publishing_warehouse import ROWS, SEEDS, make_mart

SCORECARD = "rpt_referrer_scorecard"
HIDDEN_TOGETHER = (
    "likely_eligible_seen",
    "eligible_not_referred",
    "referral_rate",
    "referral_rate_low",
    "referral_rate_high",
    "signal",
)
Row = dict[str, object]


def test_a_hash_is_the_same_in_python_and_in_sql() -> None:
    hashed = hashed_id_sql("id", "patient_id", "ke'y")
    rows = duckdb.execute(f"select {hashed} from (values ('p1'), ('Å'), (null)) as t (id)").fetchall()
    assert rows == [(hashed_id("ke'y", "patient_id", one),) for one in ("p1", "Å")] + [(None,)]


def test_a_hash_depends_on_key_kind_and_value() -> None:
    hashes = {hashed_id(*parts) for parts in product(("k1", "k2"), ("patient", "staff"), ("1", "2"))}
    assert len(hashes) == 8
    assert {len(one) for one in hashes} == {64}


def test_a_shared_mart_has_hashes_for_ids_and_no_other_column(tmp_path: Path) -> None:
    shared = SharedMart(columns=["episode_id", "program"], hashed_ids=["episode_id"])
    with duckdb.connect() as engine:
        make_mart(engine, "fct_episode", ROWS["fct_episode"])
        source, mart = describe(engine, "fct_episode", "fct_episode"), load_marts().marts["fct_episode"]
        export_shared(engine, source, mart, shared, tmp_path / "m.parquet", "p", "key")
        rows = engine.execute(f"from '{tmp_path / 'm.parquet'}'").fetchall()
        assert rows == [(hashed_id("key", "episode_id", "e1"), "cocm", "p")]
        with pytest.raises(PublishError, match="cannot be hashed"):
            export_shared(engine, source, mart, shared, tmp_path / "n.parquet", "p", None)


def scorecard(number: int, referred: int, not_referred: int, **changes: object) -> Row:
    """A provider's row of a month that is over."""
    seen = referred + not_referred
    rate = referred / seen if seen else None
    row: Row = {
        "pcp_id": f"d{number:03}", "team_id": "t1", "period_type": "month", "period_start_on": "2026-02-01",
        "period_end_on": "2026-02-28", "panel_patients": 900, "likely_eligible_seen": seen,
        "eligible_not_referred": not_referred, "referral_rate": rate, "referral_rate_low": rate,
        "referral_rate_high": rate, "organization_rate": 0.5, "signal": "within", "patients_seen": 3,
        "referrals": 2,
    }  # fmt: skip
    return row | changes


def share(rows: list[Row], target: Path, minimum: int | None = 11) -> list[Row]:
    """What readers of the shared scorecard get."""
    contract = load_marts()
    with duckdb.connect() as engine:
        make_mart(engine, SCORECARD, rows)
        source = describe(engine, SCORECARD, SCORECARD)
        mart, shared = contract.marts[SCORECARD], contract.shared[SCORECARD]
        export_shared(engine, source, mart, shared, target, "p", "key", minimum)
        found = engine.execute(f"from '{target}'")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize(
    ("referred", "not_referred", "is_shown"),
    [(11, 11, True), (10, 30, False), (30, 10, False), (11, 30, True), (30, 11, True), (0, 40, False)],
)
def test_a_rate_is_shared_where_those_counted_and_the_rest_are_eleven(
    tmp_path: Path, referred: int, not_referred: int, is_shown: bool
) -> None:
    (row,) = share([scorecard(1, referred, not_referred)], tmp_path / "s.parquet")
    assert [row[name] is not None for name in HIDDEN_TOGETHER] == [is_shown] * len(HIDDEN_TOGETHER)
    assert row["panel_patients"] == 900


@pytest.mark.parametrize(("panel", "shown"), [(0, None), (10, None), (11, 11)])
def test_a_panel_of_ten_is_hidden_and_one_of_eleven_shown(
    tmp_path: Path, panel: int, shown: int | None
) -> None:
    (row,) = share([scorecard(1, 20, 20, panel_patients=panel)], tmp_path / "s.parquet")
    assert row["panel_patients"] == shown


def test_only_months_that_are_over_are_shared_and_no_total_over_providers(tmp_path: Path) -> None:
    rows = [
        scorecard(1, 20, 20),
        scorecard(2, 20, 20, period_start_on="2026-03-01", period_end_on="2026-03-20"),
        scorecard(3, 20, 20, period_type="trailing_3_months", period_end_on="2026-02-28"),
    ]
    shared = share(rows, tmp_path / "s.parquet")
    assert [row["pcp_id"] for row in shared] == [hashed_id("key", "pcp_id", "d001")]
    assert not {"organization_rate", "patients_seen", "referrals", "penetration"} & set(shared[0])


def test_the_order_of_shared_rows_tells_nothing_of_the_ids(tmp_path: Path) -> None:
    shared = share([scorecard(number, 20, 20) for number in range(30)], tmp_path / "s.parquet")
    ids = [row["pcp_id"] for row in shared]
    assert ids == sorted(ids, key=str)
    assert ids != [hashed_id("key", "pcp_id", f"d{number:03}") for number in range(30)]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), min_size=1, max_size=8))
def test_no_small_count_can_be_worked_out_from_what_is_shared(
    tmp_path_factory: pytest.TempPathFactory, counts: list[tuple[int, int]]
) -> None:
    """Readers know how the columns follow from each other: each known one gives others away."""
    rows = [scorecard(number, *pair) for number, pair in enumerate(counts)]
    true = {hashed_id("key", "pcp_id", str(row["pcp_id"])): row for row in rows}
    for row in share(rows, tmp_path_factory.mktemp("shared") / "s.parquet"):
        seen, left_out, rate = (
            row[name] for name in ("likely_eligible_seen", "eligible_not_referred", "referral_rate")
        )
        told = {name for name in HIDDEN_TOGETHER if row[name] is not None}
        assert told in (set(), set(HIDDEN_TOGETHER))
        if told:
            assert isinstance(seen, int)
            assert isinstance(left_out, int)
            assert isinstance(rate, float)
            worked_out = {seen, left_out, seen - left_out, round(seen * rate), round(seen * (1 - rate))}
            assert min(worked_out) >= 11
        else:
            hidden = true[str(row["pcp_id"])]
            assert min(int(str(hidden["eligible_not_referred"])), _referred(hidden)) < 11


def _referred(row: Row) -> int:
    return int(str(row["likely_eligible_seen"])) - int(str(row["eligible_not_referred"]))


def test_without_a_minimum_nothing_that_counts_people_is_shared(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="too small to be shared"):
        share([scorecard(1, 20, 20)], tmp_path / "s.parquet", None)


@pytest.fixture
def thresholds() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as engine:
        engine.execute(f"create table threshold as from read_csv('{SEEDS / 'threshold.csv'}')")
        yield engine


def test_how_small_is_small_is_the_row_in_force(thresholds: duckdb.DuckDBPyConnection) -> None:
    assert smallest_shown(thresholds, "threshold", date(2026, 3, 31)) == 11
    thresholds.execute(
        "update threshold set valid_to = '2026-03-31' where name = 'small_cell_minimum';"
        "insert into threshold by name select 'small_cell_minimum' as name, 20 as value, "
        "date '2026-04-01' as valid_from"
    )
    days = (date(2026, 3, 31), date(2026, 4, 1))
    assert [smallest_shown(thresholds, "threshold", day) for day in days] == [11, 20]


@pytest.mark.parametrize("value", ["0", "10.5", "null"])
def test_a_minimum_that_is_no_number_of_people_shares_nothing(
    thresholds: duckdb.DuckDBPyConnection, value: str
) -> None:
    thresholds.execute(f"update threshold set value = {value} where name = 'small_cell_minimum'")
    with pytest.raises(PublishError, match="not one whole small_cell_minimum"):
        smallest_shown(thresholds, "threshold", date(2026, 3, 31))


def test_without_a_row_in_force_nothing_is_shared(thresholds: duckdb.DuckDBPyConnection) -> None:
    thresholds.execute("delete from threshold where name = 'small_cell_minimum'")
    with pytest.raises(PublishError, match="not one whole small_cell_minimum"):
        smallest_shown(thresholds, "threshold", date(2026, 3, 31))


def test_where_two_rows_are_in_force_nothing_is_shared(thresholds: duckdb.DuckDBPyConnection) -> None:
    thresholds.execute("insert into threshold select * from threshold where name = 'small_cell_minimum'")
    with pytest.raises(PublishError, match="not one whole small_cell_minimum"):
        smallest_shown(thresholds, "threshold", date(2026, 3, 31))
