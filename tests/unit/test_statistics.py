"""The statistics of the scorecard, as the macros write them, beside those of statsmodels and scipy.

Belongs here: intervals and limits of shares. Does not belong here: which counts they are made of (the unit
tests beside the models).
"""

from typing import Any

import duckdb
import pytest
from jinja2 import Environment
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from orchestration.settings import DBT_PROJECT_DIR
from tests.unit.seed_rows import SEED

MACROS: Any = (
    Environment(autoescape=False)  # noqa: S701 (SQL, not HTML)
    .from_string((DBT_PROJECT_DIR / "macros" / "statistics.sql").read_text(encoding="utf-8"))
    .module
)
Z = next(row["value"] for row in SEED["threshold"] if row["name"] == "rate_interval_z")
COUNTS = [
    (part, whole)
    for whole in (1, 2, 3, 7, 10, 11, 19, 40, 137, 1000, 250_000)
    for part in sorted({0, 1, whole // 3, whole // 2, whole - 1, whole})
]
SIGNALS = ["above_3sd", "above_2sd", "within", "below_2sd", "below_3sd", "too_few"]


def computed(expression: str, **values: object) -> Any:
    """The value of an SQL expression over one row."""
    columns = ", ".join(f"cast(? as {_type(value)}) as {name}" for name, value in values.items())
    row = duckdb.execute(f"select {expression} from (select {columns})", [*values.values()]).fetchone()
    assert row is not None
    return row[0]


def _type(value: object) -> str:
    return "double" if isinstance(value, float) else "integer"


def test_the_width_of_the_interval_is_that_of_95_percent() -> None:
    assert float(Z) == pytest.approx(stats.norm.ppf(0.975), abs=1e-6)


@pytest.mark.parametrize(("part", "whole"), COUNTS)
def test_wilson_intervals_are_those_of_statsmodels(part: int, whole: int) -> None:
    low, high = proportion_confint(part, whole, alpha=0.05, method="wilson")
    for side, wanted in (("-", low), ("+", high)):
        bound = computed(MACROS.wilson_bound("part", "whole", Z, side), part=part, whole=whole)
        assert bound == pytest.approx(wanted, abs=1e-7)
        assert 0 <= bound <= 1


def test_an_interval_of_nothing_is_unknown() -> None:
    assert computed(MACROS.wilson_bound("part", "whole", Z, "-"), part=0, whole=0) is None
    assert computed(MACROS.funnel_limit("expected", "whole", 2, "-"), expected=0.5, whole=0) is None


@pytest.mark.parametrize("deviations", [2, 3])
@pytest.mark.parametrize("expected", [0.0, 0.02, 0.25, 0.5, 0.91, 1.0])
@pytest.mark.parametrize("whole", [1, 10, 16, 400])
def test_funnel_limits_are_deviations_of_the_binomial_share(
    expected: float, whole: int, deviations: int
) -> None:
    deviation = stats.binom(whole, expected).std() / whole
    for side, sign in (("-", -1), ("+", 1)):
        limit = computed(
            MACROS.funnel_limit("expected", "whole", deviations, side), expected=expected, whole=whole
        )
        assert limit == pytest.approx(min(1.0, max(0.0, expected + sign * deviations * deviation)), abs=1e-12)


@pytest.mark.slow
def test_signals_are_as_a_second_computation_says_for_every_count() -> None:
    found = set()
    limits = [
        MACROS.funnel_limit("expected", "whole", deviations, side)
        for side in ("-", "+")
        for deviations in (2, 3)
    ]
    signal = MACROS.funnel_signal("share", "whole", 5, *limits)
    for whole in (0, 4, 5, 30, 90):
        for part in range(whole + 1):
            share = part / whole if whole else None
            expected = 0.3
            deviation = (expected * (1 - expected) / whole) ** 0.5 if whole else 0.0
            away = (share - expected) / deviation if share is not None else 0.0
            steps = [name for name, holds in zip(SIGNALS, _holds(away), strict=False) if holds]
            wanted = "too_few" if whole < 5 else (steps or ["within"])[0]
            shown = "null" if share is None else repr(share)
            told = computed(
                signal.replace("share", f"cast({shown} as double)"), expected=expected, whole=whole
            )
            assert told == wanted, (part, whole)
            found.add(told)
    assert found == set(SIGNALS)


def _holds(away: float) -> list[bool]:
    return [away > 3, away > 2, -2 <= away <= 2, -3 <= away < -2, away < -3]
