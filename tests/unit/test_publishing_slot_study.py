"""The slot study's statistics against a library's, its verdicts at their edges, and its page in words."""

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy import stats

from orchestration.publishing.engine import literal
from orchestration.publishing.reuse import Reuse
from orchestration.publishing.slot_figures import answers_chart
from orchestration.publishing.slot_statistics import CLAIMS, Answer, Claim, Design, answer
from orchestration.publishing.slot_study import write_slot_study

DESIGN = Design(min_weeks=12, resamples=500, confidence=0.95)
RISES = Claim("Both rise.", "a", "b", 1)
FALLS = Claim("One falls.", "a", "b", -1)


def _noisy(weeks: int, slope: float) -> tuple[list[float | None], list[float | None]]:
    generator = np.random.default_rng(7)
    first = generator.integers(0, 10, weeks) / 10
    second = slope * first + generator.normal(0, 0.3, weeks)
    return list(map(float, first)), list(map(float, second))


@pytest.mark.slow
def test_the_correlation_is_the_librarys_and_its_interval_that_of_the_librarys_bootstrap() -> None:
    first, second = _noisy(60, 0.8)
    found = answer(RISES, first, second, DESIGN)
    assert found.rho == pytest.approx(stats.spearmanr(first, second).statistic)
    library = stats.bootstrap(
        (np.array(first, dtype=float), np.array(second, dtype=float)),
        lambda x, y: stats.spearmanr(x, y).statistic,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert found.low == pytest.approx(library.low, abs=0.05)
    assert found.high == pytest.approx(library.high, abs=0.05)


def test_the_same_weeks_give_the_same_interval() -> None:
    first, second = _noisy(40, 0.3)
    assert answer(RISES, first, second, DESIGN) == answer(RISES, first, second, DESIGN)


@pytest.mark.parametrize(
    ("claim", "slope", "verdict"),
    [
        (RISES, 2, "supported"),
        (FALLS, 2, "contradicted"),
        (FALLS, -2, "supported"),
        (RISES, -2, "contradicted"),
        (RISES, 0, "undecided"),
    ],
)
def test_a_claim_is_decided_where_the_whole_interval_lies_on_one_side(
    claim: Claim, slope: float, verdict: str
) -> None:
    first, second = _noisy(60, slope)
    assert answer(claim, first, second, DESIGN).verdict == verdict


def test_too_few_weeks_and_weeks_that_do_not_vary_decide_nothing() -> None:
    rising: list[float | None] = [float(week) for week in range(12)]
    assert answer(RISES, rising, rising, DESIGN).verdict == "supported"
    assert answer(RISES, rising[:11], rising[:11], DESIGN) == Answer(RISES, 11, None, None, None, "undecided")
    # A week of which one number is not known is no week.
    assert answer(RISES, rising, [None, *rising[1:]], DESIGN).weeks == 11
    assert answer(RISES, rising, [0.0] * 12, DESIGN).rho is None


def _published(folder: Path, weeks: int) -> tuple[Path, Path]:
    """A generation's marts and rules: the more is booked ahead, the more no-shows; all else is flat."""
    identified, rules = folder / "identified", folder / "rules"
    identified.mkdir()
    rules.mkdir()
    rows = [
        f"('bhc', date '{date(2026, 1, 5) + timedelta(weeks=week)}', {week / 20}, {1 - week / 20},"
        f" {week / 40}, 3, 0, 5, {week % 2})"
        for week in range(weeks)
    ]
    names = (
        "practitioner_id, week_start_on, prebooked_share, open_share, no_show_rate, referrals_next_week,"
        " warm_handoffs, unique_patients, billable_visits"
    )
    rows_or_none = ", ".join(rows) or "(null, null, null, null, null, null, null, null, null)"
    with duckdb.connect() as engine:
        engine.execute(
            f"copy (select * from (values {rows_or_none}) as study({names}) where practitioner_id <> '')"
            f" to {literal(identified / 'rpt_slot_study.parquet')}"
        )
        engine.execute(
            "copy (select * from (values ('slot_study_min_weeks', 12, date '1900-01-01'),"
            " ('slot_study_resamples', 200, date '1900-01-01'),"
            " ('slot_study_confidence', 0.95, date '1900-01-01')) as threshold(name, value, valid_from))"
            f" to {literal(rules / 'threshold.parquet')}"
        )
    return identified, rules


def test_the_page_says_what_the_data_support_and_what_it_cannot_say(tmp_path: Path) -> None:
    identified, rules = _published(tmp_path, 20)
    with duckdb.connect() as engine:
        place = write_slot_study(engine, identified, rules, Reuse(tmp_path, "1"))
        assert place is not None
        page = place.read_text(encoding="utf-8")
        write_slot_study(engine, identified, rules, Reuse(tmp_path, "1"))
    assert place.read_text(encoding="utf-8") == page
    assert "20 weeks of 1 behavioral health consultant," in page
    assert "support it." in page and "do not vary" in page
    assert "It is not causal." in page
    assert all(claim.sentence in page for claim in CLAIMS)
    assert "http" not in page and "<script" not in page and "bhc" not in page


def test_a_site_without_slots_is_told_so(tmp_path: Path) -> None:
    identified, rules = _published(tmp_path, 0)
    with duckdb.connect() as engine:
        place = write_slot_study(engine, identified, rules, Reuse(tmp_path, "1"))
        assert place is not None
        assert "has sent no slots" in place.read_text(encoding="utf-8")
        (identified / "rpt_slot_study.parquet").unlink()
        assert write_slot_study(engine, identified, rules, Reuse(tmp_path, "1")) is None


def test_the_picture_fills_what_is_decided_and_is_told_in_words() -> None:
    answers = [
        Answer(CLAIMS[0], 30, 0.5, 0.2, 0.7, "supported"),
        Answer(CLAIMS[1], 30, 0.1, -0.2, 0.4, "undecided"),
        Answer(CLAIMS[2], 3, None, None, None, "undecided"),
    ]
    chart = str(answers_chart(answers))
    assert 'aria-label="Rank correlations of the claims: booked, no-shows +0.50; booked' in chart
    dots = re.findall(r'fill="(#\w+)" stroke="#0b4f8a" stroke-width="2"', chart)
    assert dots == ["#0b4f8a", "#ffffff"]
    # One that cannot be worked out keeps its row.
    assert all(f">{answer.claim.short}<" in chart for answer in answers)
    assert answers_chart(answers[2:]) == ""
