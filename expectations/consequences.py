"""What a missing or late feed costs, as a site has written it down in ``seeds/feed_consequence.csv``.

Belongs here: the shape of a row, and what several feeds cost together. Does not belong here: reading the file
(``orchestration.quality.suites``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FeedConsequence:
    """A row of the seed.

    Attributes:
        feed: name of the feed.
        what_it_costs: what is wrong or missing without it.
        affected_marts: marts that are wrong or poorer.
        owner: who can have it sent.
        expected_every_days: days after which a new delivery is due.
    """

    feed: str
    what_it_costs: str
    affected_marts: tuple[str, ...]
    owner: str
    expected_every_days: int


def affected_by(consequences: Mapping[str, FeedConsequence], feeds: Iterable[str]) -> tuple[str, ...]:
    """Return the marts that any of some feeds makes wrong, each once."""
    return tuple(dict.fromkeys(mart for feed in feeds for mart in consequences[feed].affected_marts))
