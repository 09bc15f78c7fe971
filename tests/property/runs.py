"""Builds that several properties look at.

What belongs here: one build a season, kept for a session. What does not: what is asked of it.
"""

import os
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from tests.property.seasons import Season
from tests.reference.marts import compute, compute_restatement
from tests.reference.rules import Rules
from tests.reference.versions import DeliveredRow
from tests.support.warehouse import Marts, load_contract, load_rules

DEFAULT_ZONE = "America/Chicago"
# How many clinics a season's landing holds, where they begin, and how many Hypothesis draws one by one. The
# environment widens the search: many more were drawn when the ledger was written, by the same code.
MANY_CLINICS = int(os.environ.get("PROPERTY_CLINICS", "60"))
FIRST_CLINIC = int(os.environ.get("PROPERTY_FIRST_CLINIC", "1"))
SOME_CLINICS = int(os.environ.get("PROPERTY_EXAMPLES", "8"))

Feeds = dict[str, list[DeliveredRow]]


@cache
def rules() -> Rules:
    """The project's seeds."""
    return load_rules()


@cache
def contract() -> dict[str, Any]:
    """The feeds' contract."""
    return load_contract()


def reference_rows(season: Season, feeds: Feeds) -> dict[str, list[dict[str, Any]]]:
    """What the reference makes of the feeds."""
    return compute(feeds, contract(), rules(), as_of=season.as_of, default_zone=DEFAULT_ZONE)


def reference_restatement(season: Season, feeds: Feeds) -> list[dict[str, Any]]:
    """What the reference says of closed months."""
    return compute_restatement(feeds, contract(), rules(), as_of=season.as_of, default_zone=DEFAULT_ZONE)


@dataclass
class Run:
    """A season's landing of many clinics, built."""

    season: Season
    feeds: Feeds
    marts: Marts

    @cached_property
    def reference(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the reference, computed once."""
        return reference_rows(self.season, self.feeds)
