"""What an open issue touches: claim candidates that are held, their dollars, and time that is not credited.

The figures are those of the generation that readers have. They count what rests on the feed that the issue is
about, so they are the most that mending it can free, and not all of it need be its fault.

Belongs here: adding up by claim check and disposition, and ``links.yml``. Does not belong here: the queue
(``issues``) and which check holds which claim (the marts).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

from orchestration.publishing.errors import PublishError
from orchestration.publishing.lookup import Reader, Row, open_current
from orchestration.quality.drill import cause_id
from orchestration.quality.findings import CauseCount

_OF_ALL_FEEDS: Final = ("feed_file", "quarantine")
_COMING: Final = ("_is_in_time", "_is_refused", "_are_refused")
_PRESENCE: Final = "has_been_delivered"
_SECONDS_PER_HOUR: Final = 3600
CAUSES_OF_CLAIMS: Final[Mapping[str, str]] = {"team": "team_id", "payer": "payer_id"}
"""The kinds of causes by which candidates can be told apart, and their columns."""


class Link(BaseModel):
    """The claim checks, dispositions and metrics that rest on a feed or a check."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    claim_checks: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()


class Links(BaseModel):
    """``links.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    feeds: Mapping[str, Link]
    checks: Mapping[str, Link]

    def of(self, check_id: str) -> Link:
        """What rests on a check: its own entry, else that of the feed that it is about."""
        return self.checks.get(check_id) or self.feeds.get(feed_of(check_id, self.feeds), Link())


@dataclass(frozen=True)
class Touched:
    """What an issue touches in what readers have.

    Attributes:
        candidates: held claim candidates.
        amount_usd: their expected amounts, as far as they are known.
        without_amount: those of them whose amount is not known.
        by_team: held candidates by the name of the team; one without a team is under ``no team``.
        claim_checks: the claim checks by which they are held.
        hours: time that is not credited.
        dispositions: why it is not.
        metrics: those that are made from it.
        is_of_all_causes: the figures are of the whole check, because results do not tell its causes apart.
    """

    candidates: int = 0
    amount_usd: Decimal = Decimal(0)
    without_amount: int = 0
    by_team: Mapping[str, int] = field(default_factory=dict)
    claim_checks: tuple[str, ...] = ()
    hours: float = 0.0
    dispositions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    is_of_all_causes: bool = False


@dataclass(frozen=True)
class Results:
    """The part of a generation that issues can touch.

    Attributes:
        held: held candidates by blocking checks, team and payer: ``blocking``, ``team``, ``causes`` (ids by
            kind), ``candidates``, ``amount_usd``, ``without_amount``.
        seconds: time that is not credited, by disposition.
    """

    held: tuple[Row, ...] = ()
    seconds: Mapping[str, int] = field(default_factory=dict)

    def touched_by(self, check_id: str, cause: CauseCount | None = None) -> Touched:
        """Add up what rests on a check, and of that what a cause explains, where results tell it apart."""
        link = load_links().of(check_id)
        wanted = set(link.claim_checks)
        rows = [row for row in self.held if wanted & set(row["blocking"])]
        is_told = cause is not None and cause.kind in CAUSES_OF_CLAIMS
        if cause is not None and is_told:
            rows = [row for row in rows if row["causes"][cause.kind] == cause.cause_id]
        by_team: Counter[str] = Counter()
        for row in rows:
            by_team[row["team"]] += row["candidates"]
        seconds = {name: self.seconds[name] for name in link.dispositions if self.seconds.get(name)}
        return Touched(
            candidates=sum(row["candidates"] for row in rows),
            amount_usd=sum((row["amount_usd"] for row in rows), Decimal(0)),
            without_amount=sum(row["without_amount"] for row in rows),
            by_team=dict(sorted(by_team.items(), key=lambda pair: (-pair[1], pair[0]))),
            claim_checks=tuple(sorted({name for row in rows for name in wanted & set(row["blocking"])})),
            hours=sum(seconds.values()) / _SECONDS_PER_HOUR,
            dispositions=tuple(seconds),
            metrics=link.metrics,
            is_of_all_causes=cause is not None and (not is_told or bool(seconds)),
        )


@cache
def load_links() -> Links:
    """Read ``links.yml``."""
    text = (Path(__file__).parent / "links.yml").read_text(encoding="utf-8")
    return Links.model_validate(yaml.safe_load(text))


def feed_of(check_id: str, feeds: Iterable[str]) -> str:
    """The feed whose absence, lateness, files or refused rows a check is about; else an empty text."""
    layer, table, name = (*check_id.split("."), "", "")[:3]
    if layer == "raw" and table in _OF_ALL_FEEDS and name.endswith(_COMING):
        return max((feed for feed in feeds if f"_{feed}_" in f"_{name}_"), key=len, default="")
    return table if layer == "raw" and name == _PRESENCE else ""


def read_results(published: Path, hash_key: str) -> Results:
    """Add up what the current generation holds back; nothing where there is none or it cannot be read."""
    try:
        with open_current(published) as reader:
            return Results(held=tuple(_held(reader, hash_key)), seconds=_seconds(reader))
    except PublishError:
        return Results()


def _held(reader: Reader, hash_key: str) -> list[Row]:
    if not (reader.has("fct_claim_candidate") and reader.has("dim_team")):
        return []
    rows = reader.rows(
        """
        select
            candidate.blocking_check_ids as blocking,
            coalesce(team.team_name, 'no team') as team,
            candidate.team_id,
            candidate.payer_id,
            count(*) as candidates,
            cast(coalesce(sum(candidate.expected_amount_usd), 0) as decimal(18, 2)) as amount_usd,
            count(*) filter (candidate.expected_amount_usd is null) as without_amount
        from {fct_claim_candidate} as candidate
        left join {dim_team} as team on candidate.team_id = team.team_id
        where candidate.status = 'held'
        group by 1, 2, 3, 4
        order by 1, 2, 3, 4
        """,
        marts=["fct_claim_candidate", "dim_team"],
    )
    return [
        {
            **row,
            "blocking": tuple((row["blocking"] or "").split(";")),
            "causes": {
                kind: cause_id(kind, row[column], hash_key) for kind, column in CAUSES_OF_CLAIMS.items()
            },
        }
        for row in rows
    ]


def _seconds(reader: Reader) -> dict[str, int]:
    if not reader.has("fct_minute_segment"):
        return {}
    rows = reader.rows(
        """
        select disposition, cast(sum(seconds) as bigint) as seconds
        from {fct_minute_segment}
        where disposition <> 'credited'
        group by disposition
        order by disposition
        """,
        marts=["fct_minute_segment"],
    )
    return {row["disposition"]: row["seconds"] for row in rows}
