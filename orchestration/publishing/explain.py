"""Why did these minutes not count, why is this claim held: answers from the published files.

Public: ``explain_entry`` and ``explain_candidate``; ``explain_render`` prints what they return.

The answers are identified output for staff: they hold ids, times and minutes, and no names.

Belongs here: finding the rows behind an answer. Does not belong here: the rules (seeds, models) and the
terminal (``explain_render``).
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestration.publishing.access import Asking
from orchestration.publishing.answers import (
    CandidateExplanation,
    CheckAnswer,
    EntryExplanation,
    Evidence,
    PolicyRow,
    RejectedRow,
    SegmentAnswer,
)
from orchestration.publishing.engine import literal, open_engine
from orchestration.publishing.errors import PublishError
from orchestration.publishing.explain_evidence import evidence_of
from orchestration.publishing.lookup import Reader, Row, open_current
from orchestration.publishing.sharing import hashed_id

ENTRY_FEED = "care_activity"


def explain_entry(entry_id: str, *, published: Path, lake: Path | None = None) -> EntryExplanation:
    """Say what became of a time entry, piece by piece.

    Args:
        entry_id: as the source system names it.
        published: the folder of generations; the current one answers.
        lake: with it, rows of the entry that were quarantined are found too (their key is a keyed hash).

    Raises:
        PublishError: nothing is published, or no delivered row has this id; the message says where to look.
    """
    with open_current(published, Asking("explain entry", "entry_id", entry_id)) as reader:
        rows = reader.rows(
            """
            select segment.*, disposition.sentence, disposition.source
            from {fct_minute_segment} as segment
            left join {disposition} as disposition on segment.disposition = disposition.disposition
                and segment.service_on >= coalesce(cast(disposition.valid_from as date), segment.service_on)
                and segment.service_on <= coalesce(cast(disposition.valid_to as date), segment.service_on)
            where segment.entry_id = {}
            order by segment.segment_number
            """,
            entry_id,
            marts=["fct_minute_segment"],
            rules=["disposition"],
        )
        rejected = _rejected_rows(reader, entry_id, lake)
        if not rows and not rejected:
            raise _not_found(reader, "time entry", entry_id)
        segments = [_segment(row, evidence_of(reader, row)) for row in rows]
        candidates = reader.rows(
            "select distinct candidate_id from {fct_claim_evidence} where entry_id = {} order by 1",
            entry_id,
            marts=["fct_claim_evidence"],
        )
        first = rows[0] if rows else {}
        return EntryExplanation(
            entry_id=entry_id,
            generation=reader.generation.name,
            as_of_date=reader.generation.as_of_date,
            patient_id=first.get("patient_id"),
            staff_id=first.get("staff_id"),
            activity_code=first.get("activity_code"),
            worked_seconds=sum(segment.seconds for segment in segments),
            credited_seconds=sum(one.seconds for one in segments if one.disposition == "credited"),
            segments=segments,
            policies=_policies(reader, [segment.policy_version for segment in segments]),
            candidate_ids=[row["candidate_id"] for row in candidates],
            rejected_rows=rejected,
        )


def explain_candidate(candidate_id: str, *, published: Path) -> CandidateExplanation:
    """Say why a claim candidate has its code and status, check by check, and which time makes it.

    Args:
        candidate_id: as in ``fct_claim_candidate`` and in the last column of the lists.
        published: the folder of generations; the current one answers.

    Raises:
        PublishError: nothing is published, or there is no such candidate; the message says where to look.
    """
    with open_current(published, Asking("explain candidate", "candidate_id", candidate_id)) as reader:
        found = reader.rows(
            "select * from {fct_claim_candidate} where candidate_id = {}",
            candidate_id,
            marts=["fct_claim_candidate"],
        )
        if not found:
            raise _not_found(reader, "claim candidate", candidate_id)
        candidate = found[0]
        month = [candidate["patient_id"], candidate["program"], candidate["service_month"]]
        policies = _policies(reader, [candidate["policy_version"]])
        return CandidateExplanation(
            candidate_id=candidate_id,
            generation=reader.generation.name,
            as_of_date=reader.generation.as_of_date,
            blocking_check_ids=_split(candidate["blocking_check_ids"]),
            review_check_ids=_split(candidate["review_check_ids"]),
            policy=policies[0] if policies else None,
            checks=_checks(reader, candidate_id),
            segments=_evidence_segments(reader, candidate_id),
            uncredited_seconds=_uncredited(reader, month),
            sibling_ids=[one for one in _month_candidates(reader, month) if one != candidate_id],
            **{name: candidate[name] for name in _COPIED},
        )


_COPIED = [
    "patient_id",
    "program",
    "service_month",
    "procedure_code",
    "units",
    "status",
    "month_type",
    "credited_minutes",
    "unbilled_minutes",
    "date_of_service",
    "payer_id",
    "billing_npi",
    "expected_amount_usd",
    "suppressed_by",
]


def _segment(row: Row, evidence: list[Evidence]) -> SegmentAnswer:
    return SegmentAnswer(
        entry_id=row["entry_id"],
        segment_number=row["segment_number"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        service_on=row["service_on"],
        seconds=row["seconds"],
        disposition=row["disposition"],
        sentence=row["sentence"] or row["disposition"],
        source=row["source"] or "",
        policy_version=row["rule_version"],
        program=row["program"],
        staff_role=row["staff_role"],
        evidence=evidence,
    )


def _evidence_segments(reader: Reader, candidate_id: str) -> list[SegmentAnswer]:
    rows = reader.rows(
        """
        select segment.*, disposition.sentence, disposition.source
        from {fct_claim_evidence} as evidence
        inner join {fct_minute_segment} as segment
            on evidence.entry_id = segment.entry_id and evidence.segment_number = segment.segment_number
        left join {disposition} as disposition on segment.disposition = disposition.disposition
            and segment.service_on >= coalesce(cast(disposition.valid_from as date), segment.service_on)
            and segment.service_on <= coalesce(cast(disposition.valid_to as date), segment.service_on)
        where evidence.candidate_id = {}
        order by segment.started_at, segment.entry_id, segment.segment_number
        """,
        candidate_id,
        marts=["fct_claim_evidence", "fct_minute_segment"],
        rules=["disposition"],
    )
    return [_segment(row, []) for row in rows]


def _checks(reader: Reader, candidate_id: str) -> list[CheckAnswer]:
    rows = reader.rows(
        """
        select checked.*, rule.fixer from {fct_claim_check} as checked left join ( select check_id,
        arg_max(who_can_fix, valid_from) as fixer, arg_max(sort_order, valid_from) as place from {claim_check}
        group by check_id ) as rule on checked.check_id = rule.check_id where checked.candidate_id = {} order
        by rule.place, checked.check_id
        """,
        candidate_id,
        marts=["fct_claim_check"],
        rules=["claim_check"],
    )
    return [
        CheckAnswer(
            check_id=row["check_id"],
            severity=row["severity"],
            outcome=row["outcome"],
            explanation=row["explanation"] or "",
            evidence_kind=row["evidence_kind"],
            evidence_id=row["evidence_id"],
            evidence_on=row["evidence_on"],
            policy_version=row["policy_version"],
            who_can_fix=row["fixer"],
        )
        for row in rows
    ]


def _uncredited(reader: Reader, month: Sequence[str | date]) -> dict[str, int]:
    rows = reader.rows(
        """
        select disposition, cast(sum(seconds) as bigint) as seconds
        from {fct_minute_segment}
        where patient_id = {} and program = {} and service_month = {} and disposition <> 'credited'
        group by disposition
        order by disposition
        """,
        *month,
        marts=["fct_minute_segment"],
    )
    return {row["disposition"]: row["seconds"] for row in rows}


def _month_candidates(reader: Reader, month: Sequence[str | date]) -> list[str]:
    rows = reader.rows(
        """
        select candidate_id
        from {fct_claim_candidate}
        where patient_id = {} and program = {} and service_month = {}
        order by procedure_code
        """,
        *month,
        marts=["fct_claim_candidate"],
    )
    return [row["candidate_id"] for row in rows]


def _policies(reader: Reader, versions: list[str | None]) -> list[PolicyRow]:
    wanted = sorted({version for version in versions if version})
    if not wanted:
        return []
    rows = reader.rows(
        """
        select policy_version as version, payer_id, valid_from, valid_to, source, confidence
        from {payer_policy}
        where list_contains({}, policy_version)
        order by policy_version
        """,
        wanted,
        marts=[],
        rules=["payer_policy"],
    )
    return [PolicyRow(**row) for row in rows]


def _rejected_rows(reader: Reader, entry_id: str, lake: Path | None) -> list[RejectedRow]:
    key_file = lake / "reference" / "hash_key.parquet" if lake else None
    if key_file is None or not key_file.is_file() or not reader.has("dq_quarantine"):
        return []
    with open_engine(threads=1) as engine:
        key = engine.execute(f"select hash_key from read_parquet({literal(key_file)})").fetchone()  # noqa: S608
    rows = reader.rows(
        "select delivery_on, source_file, row_number, reason from {dq_quarantine} "
        "where feed = {} and record_key_hash = {} order by delivery_on, source_file, row_number",
        ENTRY_FEED,
        hashed_id(key[0] if key else "", ENTRY_FEED, entry_id),
        marts=["dq_quarantine"],
    )
    return [RejectedRow(**row) for row in rows]


def _split(ids: str | None) -> list[str]:
    return [one for one in (ids or "").split(";") if one]


def _not_found(reader: Reader, what: str, wanted: str) -> PublishError:
    as_of = reader.generation.as_of_date.isoformat()
    return PublishError(
        f"no {what} {wanted!r} in the current generation (as of {as_of}). Ids are compared exactly. "
        "It may have been delivered later or rejected at the door: see dq_quarantine and dq_feed_delivery."
    )
