"""What payers say of claims: what was paid of each item, and what was denied and why.

Belongs here: amounts and reasons, of an item and of a claim as a whole. Does not belong here: what was
claimed (``fhir_claims.py``).
"""

from orchestration.feeds.codes import WORDS, pairs_of
from orchestration.feeds.fhir_resources import CONCEPT

MONEY = "STRUCT(value VARCHAR, currency VARCHAR)"
ADJUDICATION = f"STRUCT(category {CONCEPT}, reason {CONCEPT}, amount {MONEY})"
ONLY_ITEM = "CASE WHEN coalesce(len(s.item), 0) <= 1 THEN '1' END"
"""The number of the only item of a claim, which needs none."""


def is_known(concept: str, column: str) -> str:
    """SQL of whether a concept has a coding that a column of claim lines knows.

    Most have only one, and most of those a code that is nowhere in what the column knows.

    Args:
        concept: SQL of the concept.
        column: name of the column, whose ``words_known`` are among what is worked out.
    """
    known, only, words = pairs_of("claim_line", column), f"{concept}.coding[1]", f"s.{column}_words"
    as_it_is = f"chr(10) || {only}.system || '|' || {only}.code || chr(10)"
    return (
        f"CASE WHEN len({concept}.coding) > 1 "
        f"THEN list_has_any([fhir_pair(coding) for coding in {concept}.coding], {known}) "
        f"WHEN contains({words}, {only}.code) OR {only}.system IN {WORDS} "
        f"THEN CASE WHEN contains({words}, {as_it_is}) THEN true "
        f"ELSE list_contains({known}, fhir_pair({only})) END ELSE false END"
    )


def words_known(*columns: str) -> dict[str, str]:
    """SQL by name of all that columns of claim lines know, each as one text of a line a pair."""
    return {
        f"{column}_words": f"chr(10) || array_to_string({pairs_of('claim_line', column)}, chr(10)) || chr(10)"
        for column in columns
    }


def _dollars(part: str) -> str:
    """SQL of the amount of a part; null where it is in another currency."""
    return (
        f"CASE WHEN coalesce({part}.amount.currency, 'USD') = 'USD' "
        f"THEN try_cast({part}.amount.value AS DECIMAL(18, 6)) END"
    )


def _sum_of(parts: str, column: str) -> str:
    """SQL of the sum of the amounts that a column of claim lines knows; null where there is none."""
    known = is_known("part.category", column)
    return f"list_sum([CASE WHEN {known} THEN {_dollars('part')} END for part in {parts}])"


def _paid(parts: str) -> str:
    """SQL of what the payer paid: as a whole, else what went to whom.

    Many explanations send both, of the same money.

    Args:
        parts: SQL of the amounts.
    """
    return f"coalesce({_sum_of(parts, 'paid_amount_usd')}, {_sum_of(parts, 'paid_part')})"


HEAD = {
    "payment": f"STRUCT(amount {MONEY})",
    "total": f"STRUCT(category {CONCEPT}, amount {MONEY})[]",
    "adjudication": f"{ADJUDICATION}[]",
    "addItem": "JSON[]",
}
"""What is said of a claim as a whole."""

HEAD_PAID = (
    f"coalesce({_dollars('s.payment')}, CASE WHEN s.total IS NOT NULL THEN {_paid('s.total')} END, "
    f"CASE WHEN s.adjudication IS NOT NULL THEN {_paid('s.adjudication')} END)"
)
PAID = (
    f"coalesce({_paid('s.line.adjudication')}, "
    "CASE WHEN s.only_item IS NOT NULL OR s.head_paid = 0 THEN s.head_paid END)"
)
"""What was paid for an item: what it says, else what a claim says that has no other items or got nothing."""

OTHER_AMOUNTS = pairs_of("claim_line", "other_amount")
IS_UNKNOWN = "s.state IN ('complete', 'partial') AND s.paid IS NULL"
OF_THE_WHOLE = "{'system': 'payment', 'code': 'of the whole claim'}"
NOT_TOLD = "{'system': 'payment', 'code': 'not told'}"
TAKEN_BACK = "{'system': 'payment', 'code': 'below zero'}"
UNKNOWN_AMOUNT = (
    f"CASE WHEN s.paid < 0 THEN {TAKEN_BACK} "
    f"WHEN {IS_UNKNOWN} AND s.head_paid IS NOT NULL THEN {OF_THE_WHOLE} WHEN {IS_UNKNOWN} "
    "THEN coalesce([coding for coding in fhir_concepts([part.category for part in s.line.adjudication "
    "if part.amount.value IS NOT NULL]) if fhir_says(coding) "
    f"AND NOT list_contains({OTHER_AMOUNTS}, fhir_pair(coding))][1], {NOT_TOLD}) END"
)
"""An amount that may be what was paid, on a line of which nothing else says so; none; or one taken back."""

IS_REDUCTION = f"list_contains({pairs_of('claim_line', 'no_denial')}, fhir_pair(part.reason.coding[1]))"
"""A deductible, or the difference to an agreed price, is given as a reason as well, and denies nothing."""


def _denied(parts: str) -> str:
    """SQL of the first part that denies what it is about."""
    is_denied = (
        f"[CASE WHEN {is_known('part.category', 'denial_reason')} THEN NOT coalesce({IS_REDUCTION}, false) "
        f"ELSE false END for part in {parts}]"
    )
    return f"{parts}[list_position({is_denied}, true)]"


DENIED = (
    f"coalesce({_denied('s.line.adjudication')}, "
    "CASE WHEN coalesce(s.paid, s.head_paid, 0) = 0 THEN s.head_denied END)"
)
"""What denies an item: of one that nothing was paid for and that does not say it, what denies the claim."""

PROCESSED = (
    "list_concat(fhir_concepts([part.reason for part in s.line.adjudication if part.reason IS NOT NULL]), "
    "{0})"
)
DENIED_BY = (
    f"[coding for coding in {PROCESSED} "
    f"if list_contains({pairs_of('claim_line', 'denied_by')}, fhir_pair(coding))][1].code"
)
"""A code by which a payer says how it processed a line, where that is a denial."""

DENIAL = "coalesce(coalesce(s.denied.reason, s.denied.category).coding[1].code, {0})"
OUTCOME = (
    "CASE WHEN s.status IN ('cancelled', 'entered-in-error') THEN s.status "
    "WHEN coalesce(s.paid, 0) = 0 AND (s.denial IS NOT NULL OR s.outcome = 'error') THEN 'denied' "
    "WHEN s.status = 'active' THEN coalesce(s.outcome, 'complete') ELSE s.status END"
)
ADJUDICATED = {
    **words_known("paid_amount_usd", "paid_part", "denial_reason"),
    "only_item": ONLY_ITEM,
    "head_paid": HEAD_PAID,
    "head_denied": f"CASE WHEN s.adjudication IS NOT NULL THEN {_denied('s.adjudication')} END",
    "paid": PAID,
    "denied": DENIED,
    "denial": DENIAL.format(DENIED_BY.format("[]")),
    "state": OUTCOME,
}
"""What became of an item, worked out once."""

DETAILED = "CASE WHEN len(s.line.detail) > 0 THEN {'system': 'detail', 'code': 'items of an item'} END"
"""Items below an item, of which it is the sum; they have no rows."""

ADDED = (
    "CASE WHEN len(s.addItem) > 0 THEN {'system': 'addItem', 'code': 'items of the payer'} "
    f"ELSE {DETAILED} END"
)
"""Items that a payer has put beside those of the claim; they have no number, and no row."""

LISTED = {"paid_amount_usd": UNKNOWN_AMOUNT, "claim_line_id": ADDED}
"""What payers say that no row has room for, or that nobody knows."""
