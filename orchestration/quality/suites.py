"""Which checks a gate runs: the suites of ``expectations/``, with the site's thresholds and consequences.

Belongs here: reading the two rule files that checks need, and the list of suites.
Does not belong here: any check.
"""

import csv
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Final, get_args

from expectations import (
    claim_reports,
    claims,
    ledger,
    marts,
    months,
    people,
    raw_codes,
    raw_deliveries,
    raw_feeds,
    raw_identity,
    raw_messages,
    raw_references,
    raw_stamps,
    raw_times,
    raw_waiting,
)
from expectations.check import Check, Layer
from expectations.consequences import FeedConsequence
from orchestration.feeds.contract import load_contract
from orchestration.feeds.due import Due
from orchestration.publishing.contract import load_marts
from orchestration.settings import PROJECT_ROOT

SEEDS: Final = PROJECT_ROOT / "seeds"

# The marts of the contract that the models build. What is not among them the gate itself makes.
BUILT_MARTS: Final = tuple(
    mart for mart in load_marts().marts if any((PROJECT_ROOT / "models" / "marts").glob(f"*/{mart}.sql"))
)


class RuleError(Exception):
    """A rule that the gates need is missing or not readable. The message names the file and the row."""


def load_all_checks(as_of: date) -> list[Check]:
    """Return the checks of both layers, with the rules in force on a date.

    Raises:
        RuleError: a threshold or a feed's consequence is missing.
    """
    return [check for layer in get_args(Layer) for check in load_checks(layer, as_of=as_of)]


def load_checks(
    layer: Layer,
    *,
    seeds: Path = SEEDS,
    as_of: date,
    dues: Mapping[str, Due] | None = None,
    required: Collection[str] = (),
) -> list[Check]:
    """Return the checks of a layer, with the rules in force on a date.

    Args:
        layer: ``raw`` or ``marts``.
        seeds: folder of the rules.
        as_of: the date.
        dues: when a feed is due, by feed, where the site's profile says so.
        required: the feeds that the site requires, ``fhir``, ``hl7v2`` and ``identity`` among them.

    Raises:
        RuleError: a threshold or a feed's consequence is missing.
    """
    thresholds = _read_thresholds(seeds / "threshold.csv", as_of)
    if layer == "marts":
        contract = load_marts().marts
        return [
            *marts.checks({name: contract[name] for name in BUILT_MARTS}),
            *ledger.checks(),
            *months.checks(),
            *claims.checks(),
            *claim_reports.checks(),
            *people.checks(
                thresholds["dq_invalid_npi_share_warning"],
                thresholds["dq_orphan_share_warning"],
                thresholds["dq_quarantined_share_warning"],
            ),
        ]
    feeds = load_contract()
    consequences = _read_consequences(seeds / "feed_consequence.csv", as_of)
    for feed in feeds.feeds:
        if feed not in consequences:
            raise RuleError(f"seeds/feed_consequence.csv has no row for the feed {feed} in force on {as_of}")
    unmapped_share = thresholds["dq_unmapped_share_warning"]
    return [
        *raw_feeds.checks(feeds, consequences, int(thresholds["dq_late_feed_days"]), dues, required),
        *raw_references.checks(feeds, consequences, thresholds["dq_orphan_share_warning"]),
        *raw_identity.checks(consequences),
        *raw_waiting.checks(consequences),
        *raw_messages.checks(consequences, thresholds["dq_message_ahead_days"]),
        *raw_stamps.checks(feeds, consequences, thresholds["dq_message_ahead_days"]),
        *raw_times.checks(
            feeds,
            consequences,
            thresholds["dq_long_visit_hours"],
            thresholds["dq_long_visit_share_warning"],
        ),
        *raw_codes.checks(feeds, consequences, unmapped_share, thresholds["dq_unknown_payer_share_warning"]),
        *raw_deliveries.checks(consequences, thresholds["dq_quarantined_share_warning"], unmapped_share),
    ]


def load_feed_rules(as_of: date, seeds: Path = SEEDS) -> tuple[dict[str, FeedConsequence], int]:
    """Return what each feed costs when it is missing, and the days before which none is late.

    Raises:
        RuleError: a rule is missing or cannot be read.
    """
    thresholds = _read_thresholds(seeds / "threshold.csv", as_of)
    consequences = _read_consequences(seeds / "feed_consequence.csv", as_of)
    return consequences, int(thresholds["dq_late_feed_days"])


class _Thresholds(dict[str, float]):
    def __missing__(self, name: str) -> float:
        raise RuleError(f"seeds/threshold.csv has no row {name} in force on the business date")


def _rows_in_force(file: Path, as_of: date) -> list[dict[str, str]]:
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return [
            row
            for row in rows
            if date.fromisoformat(row["valid_from"]) <= as_of
            and (not row["valid_to"] or date.fromisoformat(row["valid_to"]) >= as_of)
        ]
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise RuleError(f"{file.name} cannot be read as a rule file: {error}") from error


def _read_thresholds(file: Path, as_of: date) -> _Thresholds:
    try:
        return _Thresholds({row["name"]: float(row["value"]) for row in _rows_in_force(file, as_of)})
    except (KeyError, ValueError) as error:
        raise RuleError(f"{file.name} has a row without a name or a number: {error}") from error


def _read_consequences(file: Path, as_of: date) -> dict[str, FeedConsequence]:
    try:
        return {
            row["feed"]: FeedConsequence(
                feed=row["feed"],
                what_it_costs=row["what_it_costs"],
                affected_marts=tuple(row["affected_marts"].split(";")),
                owner=row["owner"],
                expected_every_days=int(row["expected_every_days"]),
            )
            for row in _rows_in_force(file, as_of)
        }
    except (KeyError, ValueError) as error:
        raise RuleError(f"{file.name} has a row that is not complete: {error}") from error
