"""The sample's building blocks: draws, days, offsets, NPIs."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from orchestration.sample.days import (
    DAY_SECONDS,
    NO_TIME,
    ZONES,
    Offsets,
    day_number,
    day_of,
    month_at,
    month_of,
    window_of,
)
from orchestration.sample.draws import bell, between, draw, pick, rank_within
from orchestration.sample.workforce import check_digit, npi_of


def test_a_draw_depends_on_seed_stream_and_keys_and_not_on_order() -> None:
    keys = np.arange(1000)
    straight, backwards = draw(1, "a", keys), draw(1, "a", keys[::-1])
    assert (straight == backwards[::-1]).all()
    assert (straight != draw(2, "a", keys)).any()
    assert (straight != draw(1, "b", keys)).any()


def test_draws_are_spread_evenly_over_the_unit_interval() -> None:
    uniform = draw(7, "spread", np.arange(100_000))
    assert 0 <= uniform.min() < 0.001
    assert 0.999 < uniform.max() < 1
    assert np.histogram(uniform, bins=10, range=(0, 1))[0].std() < 150
    bells = bell(7, "spread", np.arange(100_000))
    assert abs(bells.mean()) < 0.02
    assert abs(bells.std() - 1) < 0.02


def test_draws_do_not_change_from_one_release_to_the_next() -> None:
    assert draw(1, "pin", np.arange(3)).round(9).tolist() == [0.425667389, 0.92144864, 0.362060315]


def test_whole_numbers_reach_both_ends_and_no_further() -> None:
    numbers = between(draw(1, "dice", np.arange(5000)), 1, 6)
    assert sorted(set(numbers.tolist())) == [1, 2, 3, 4, 5, 6]


def test_shares_are_kept() -> None:
    kinds = np.bincount(pick(draw(1, "shares", np.arange(20_000)), [0.5, 0.3, 0.2])) / 20_000
    assert np.abs(kinds - [0.5, 0.3, 0.2]).max() < 0.02


def test_ranks_start_anew_in_each_group() -> None:
    assert rank_within(np.array([4, 4, 4, 9, 2, 2])).tolist() == [0, 1, 2, 0, 0, 1]
    assert rank_within(np.zeros(0, dtype=np.int64)).tolist() == []


def test_months_and_days_go_back_and_forth() -> None:
    leap_day = day_number(date(2024, 2, 29))
    assert day_of(leap_day) == date(2024, 2, 29)
    assert month_of(leap_day).last == leap_day
    assert month_of(leap_day).label == 2402
    assert month_at(month_of(leap_day).ordinal + 11).label == 2501


def test_a_window_has_the_whole_months_before_the_open_one() -> None:
    window = window_of(date(2026, 1, 10), 2)
    assert [month.label for month in window.months] == [2511, 2512, 2601]
    assert day_of(window.backfilled_on) == date(2025, 10, 31)
    delivered = [day_of(window.delivered_on(month)) for month in window.months]
    assert delivered == [date(2025, 12, 3), date(2026, 1, 3), date(2026, 1, 10)]


@pytest.mark.parametrize("zone", range(len(ZONES)))
def test_offsets_agree_with_the_time_zone_database_on_every_hour_that_the_clinic_is_open(zone: int) -> None:
    first, last = day_number(date(2026, 1, 1)), day_number(date(2026, 12, 31))
    offsets = Offsets(first, last)
    local = np.arange(first, last + 1) * DAY_SECONDS + 3 * 3600
    utc = offsets.to_utc(local, np.full(len(local), zone))
    for seconds, found in zip(local.tolist(), utc.tolist(), strict=True):
        naive = datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=ZoneInfo(ZONES[zone]))
        assert naive.timestamp() == found
    assert offsets.to_utc(np.array([NO_TIME]), np.array([zone])).tolist() == [NO_TIME]


def test_an_npi_has_the_check_digit_of_the_published_example() -> None:
    assert check_digit("123456789") == "3"
    assert len(npi_of(17)) == 10
    assert npi_of(17)[-1] == check_digit(npi_of(17)[:9])
