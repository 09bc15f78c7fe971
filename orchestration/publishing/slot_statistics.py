"""What goes with what in the slot study: rank correlations with bootstrap intervals.

Public: ``Claim``, ``CLAIMS``, ``Answer``, ``Design``, ``answer``. Belongs here: statistics of BHC-weeks. Does
not belong here: which weeks there are (``rpt_slot_study``) and the page (``slot_study``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

_SEED = 20251
# A resample costs its rows: many weeks get fewer resamples, never fewer than these.
_MOST_DRAWS, _LEAST_RESAMPLES = 4_000_000, 200

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Claim:
    """A claim about BHC-weeks. ``sign`` is 1 where the two are said to rise together, else -1.

    ``short`` names the two where there is little room.
    """

    sentence: str
    first: str
    second: str
    sign: int
    short: str = ""


CLAIMS = (
    Claim(
        "The more slots are booked ahead, the more no-shows.",
        "prebooked_share",
        "no_show_rate",
        1,
        "booked, no-shows",
    ),
    Claim(
        "The more slots are booked ahead, the fewer referrals come in the week after.",
        "prebooked_share",
        "referrals_next_week",
        -1,
        "booked, referrals",
    ),
    Claim(
        "The more slots are booked ahead, the fewer visits can be billed.",
        "prebooked_share",
        "billable_visits",
        -1,
        "booked, billable visits",
    ),
    Claim(
        "The more slots are open on the morning, the more warm handoffs.",
        "open_share",
        "warm_handoffs",
        1,
        "open, warm handoffs",
    ),
    Claim(
        "The more slots are open on the morning, the more different patients are seen.",
        "open_share",
        "unique_patients",
        1,
        "open, different patients",
    ),
)


@dataclass(frozen=True)
class Design:
    """How sure one wants to be: BHC-weeks asked for, resamples, and the confidence of the intervals."""

    min_weeks: int
    resamples: int
    confidence: float


@dataclass(frozen=True)
class Answer:
    """What the data say of a claim.

    ``rho`` and its interval are None where nothing varies or there is too little; ``verdict`` is supported,
    contradicted or undecided.
    """

    claim: Claim
    weeks: int
    rho: float | None
    low: float | None
    high: float | None
    verdict: str


def answer(
    claim: Claim, first: Sequence[float | None], second: Sequence[float | None], design: Design
) -> Answer:
    """Hold a claim against BHC-weeks.

    Args:
        claim: the claim.
        first: its first variable by BHC-week; None where it is not known.
        second: its second variable, in the same order.
        design: how sure one wants to be.

    Returns:
        Spearman's correlation with a percentile bootstrap interval, and the verdict: supported where the
        whole interval lies on the side that the claim says, contradicted where it lies on the other.
    """
    from scipy.stats import spearmanr

    pairs = np.array(
        [(x, y) for x, y in zip(first, second, strict=True) if x is not None and y is not None], dtype=float
    ).reshape(-1, 2)
    weeks = len(pairs)
    if weeks < design.min_weeks or np.ptp(pairs[:, 0]) == 0 or np.ptp(pairs[:, 1]) == 0:
        return Answer(claim, weeks, None, None, None, "undecided")
    rho = float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
    drawn = _resampled(pairs, max(_LEAST_RESAMPLES, min(design.resamples, _MOST_DRAWS // weeks)))
    tail = (1 - design.confidence) / 2
    low, high = (float(edge) for edge in np.nanquantile(drawn, [tail, 1 - tail]))
    if isnan(low) or isnan(high):
        return Answer(claim, weeks, rho, None, None, "undecided")
    if low > 0 or high < 0:
        verdict = "supported" if (low > 0) == (claim.sign > 0) else "contradicted"
    else:
        verdict = "undecided"
    return Answer(claim, weeks, rho, low, high, verdict)


def _resampled(pairs: Floats, resamples: int) -> Floats:
    """Spearman's correlation of each resample, NaN where it does not vary; the same every night."""
    from scipy.stats import rankdata

    generator = np.random.default_rng(_SEED)
    found = np.empty(resamples)
    step = max(1, 1_000_000 // len(pairs))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        picked = pairs[generator.integers(0, len(pairs), (size, len(pairs)))]
        ranks = [rankdata(picked[:, :, side], axis=1) for side in (0, 1)]
        centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
        spread = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
        with np.errstate(invalid="ignore", divide="ignore"):
            found[start : start + size] = (centred[0] * centred[1]).sum(axis=1) / spread
    return found
