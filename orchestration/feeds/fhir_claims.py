"""FHIR resources about money: what was claimed and what was paid.

Belongs here: Claim, ExplanationOfBenefit; each of their items is a claim line, and each of a ClaimResponse is
a report of what became of one. Does not belong here: insurance (``fhir_people.py``).
"""

from orchestration.feeds.codes import WORDS, Codings, pairs_of
from orchestration.feeds.fhir_dates import local_day
from orchestration.feeds.fhir_resources import (
    CODING,
    CONCEPT,
    IDENTIFIER,
    PERIOD,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    own_identifiers,
    primitive,
    reference,
    report_of,
)

BILLED_SYSTEMS = (
    "['http://www.ama-assn.org/go/cpt', 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets']"
)
MONEY = "STRUCT(value VARCHAR, currency VARCHAR)"
ADJUDICATION = f"STRUCT(category {CONCEPT}, reason {CONCEPT}, amount {MONEY})"
CARE_TEAM = f"STRUCT(sequence VARCHAR, provider {REFERENCE}, role {CONCEPT})[]"
ITEM = (
    f"sequence VARCHAR, productOrService {CONCEPT}, servicedDate VARCHAR, servicedPeriod {PERIOD}, "
    f"quantity STRUCT(value VARCHAR), encounter {REFERENCE}[], careTeamSequence VARCHAR[]"
)
SHARED = {
    "status": "VARCHAR",
    "use": "VARCHAR",
    "patient": REFERENCE,
    "billablePeriod": PERIOD,
    "created": "VARCHAR",
    "insurer": REFERENCE,
    "provider": REFERENCE,
    "careTeam": CARE_TEAM,
}
FOREIGN = {"organization": "STU3", "information": "STU3", "employmentImpacted": "STU3"}
MISSHAPEN = {"coalesce(s.use IN ('complete', 'proposed', 'exploratory', 'other'), false)": "STU3"}
PAYER_ID = {
    "payer": reference("s.insurer", "Organization"),
    "payer_words": "coalesce(s.insurer.display, CASE WHEN starts_with(s.insurer.reference, '#') "
    "THEN [entry.name for entry in s.contained if '#' || entry.id = s.insurer.reference][1] END)",
}
IS_CLAIM = "coalesce(s.use, 'claim') = 'claim'"


RENDERING = "('primary', 'rendering', 'performing')"
RENDERED_BY = f"[part for part in s.careTeam if part.role.coding[1].code IN {RENDERING}]"
PROVIDERS = {
    "biller": reference("s.provider", "Practitioner"),
    "renderers": f"CASE WHEN s.biller IS NULL THEN {RENDERED_BY} END",
    "renderer": "s.renderers[1].provider",
    "several": "CASE WHEN len(s.renderers) > 1 THEN s.renderers END",
}
"""Who bills, and who gave the service where an organization bills for it."""

NAMED_BY_ITEM = (
    "CASE WHEN s.several IS NOT NULL THEN [part for part in s.several "
    "if list_contains(s.line.careTeamSequence, part.sequence)][1].provider END"
)
"""Of several who gave services, the one whom an item names."""

VISIT = {
    "visit": "s.line.encounter[1]",
    "named": NAMED_BY_ITEM,
    "only_item": "CASE WHEN coalesce(len(s.item), 0) <= 1 THEN '1' END",
}
"""What an item refers to, taken out of its list once, and the number of one that needs none."""


def _line(claim: str) -> dict[str, str]:
    """The columns that a claim and its explanation share.

    Args:
        claim: SQL of the id of the claim.
    """
    return {
        "claim_line_id": f"{claim} || '#' || coalesce(s.line.sequence, s.only_item)",
        "patient_id": reference("s.patient", "Patient"),
        "procedure_code": f"fhir_coding(s.line.productOrService.coding, {BILLED_SYSTEMS}).code",
        "units": "coalesce(s.line.quantity.value, '1')",
        "service_on": local_day(
            "coalesce(s.line.servicedDate, s.line.servicedPeriod.start, s.billablePeriod.start)"
        ),
        "encounter_id": reference("s.visit", "Encounter"),
        "billing_practitioner_id": "coalesce(s.biller, CASE WHEN s.named IS NOT NULL THEN "
        f"{reference('s.named', 'Practitioner')} END, {reference('s.renderer', 'Practitioner')})",
    }


PAYER = Coded(
    Codings(
        primitive("s.payer_words", "payer"),
        primitive("s.payer", "payer"),
        primitive("s.insurer.identifier.value", "payer"),
    ),
    is_reported=False,
    otherwise="CASE WHEN starts_with(s.insurer.reference, '#') AND contains(s.payer, '#') "
    "THEN coalesce(s.payer_words, s.payer) ELSE coalesce(s.payer, s.payer_words) END",
)

CLAIM = Resource(
    elements={**SHARED, "identifier": f"{IDENTIFIER}[]", "item": f"STRUCT({ITEM})[]"},
    derived={**PAYER_ID, **PROVIDERS, **VISIT},
    mappings=(
        Mapping(
            "claim_line",
            {**_line("s.id"), "submitted_on": local_day("s.created")},
            {
                "payer_id": PAYER,
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/fm-status")),
            },
            where=IS_CLAIM,
            each="s.item",
        ),
    ),
    identifier_rows=own_identifiers("Claim"),
    foreign=FOREIGN,
    misshapen=MISSHAPEN,
)


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


def _sum_of(column: str) -> str:
    """SQL of the sum of the amounts that a column of claim lines knows; null where there is none."""
    return (
        f"list_sum([CASE WHEN {is_known('part.category', column)} "
        "AND coalesce(part.amount.currency, 'USD') = 'USD' "
        "THEN try_cast(part.amount.value AS DECIMAL(18, 6)) END for part in s.line.adjudication])"
    )


PAID = f"coalesce({_sum_of('paid_amount_usd')}, {_sum_of('paid_part')})"
"""What the payer paid: as a whole, else what went to whom. Many explanations send both, of the same money."""

OTHER_AMOUNTS = pairs_of("claim_line", "other_amount")
UNKNOWN_AMOUNT = (
    "CASE WHEN s.state IN ('complete', 'partial') AND s.paid IS NULL "
    "THEN [coding for coding in fhir_concepts([part.category for part in s.line.adjudication "
    "if part.amount.value IS NOT NULL]) if fhir_says(coding) "
    f"AND NOT list_contains({OTHER_AMOUNTS}, fhir_pair(coding))][1] END"
)
"""An amount that may be what was paid, on a line of which nothing else says so."""

IS_REDUCTION = f"list_contains({pairs_of('claim_line', 'no_denial')}, fhir_pair(part.reason.coding[1]))"
"""A deductible, or the difference to an agreed price, is given as a reason as well, and denies nothing."""

IS_DENIED = (
    f"[CASE WHEN {is_known('part.category', 'denial_reason')} THEN NOT coalesce({IS_REDUCTION}, false) "
    "ELSE false END for part in s.line.adjudication]"
)
DENIED = f"s.line.adjudication[list_position({IS_DENIED}, true)]"
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
    "paid": PAID,
    "denied": DENIED,
    "denial": DENIAL.format(DENIED_BY.format("[]")),
    "state": OUTCOME,
}
"""What became of an item, worked out once."""

IS_REPLACED = (
    "s.related IS NOT NULL AND coalesce(list_has_any([fhir_pair(coding) for coding in "
    "fhir_concepts([part.relationship for part in s.related])], "
    f"{pairs_of('claim_line', 'replaced')}), false)"
)
"""Whether a later claim was paid in place of this one: the payer sends both, of the same service."""

STATE = Coded(primitive("s.state", "http://hl7.org/fhir/fm-status"))

EXTENSION = f"STRUCT(valueCoding {CODING})[]"
OF_EXTENSIONS = "[entry.valueCoding for entry in s.line.extension if entry.valueCoding IS NOT NULL]"

ADDED = "CASE WHEN len(s.addItem) > 0 THEN {'system': 'addItem', 'code': 'items of the payer'} END"
"""Items that a payer has put beside those of the claim; they have no number, and no row."""

EXPLANATION_OF_BENEFIT = Resource(
    elements={
        **SHARED,
        "outcome": "VARCHAR",
        "claim": REFERENCE,
        "related": f"STRUCT(relationship {CONCEPT})[]",
        "addItem": "JSON[]",
        "item": f"STRUCT({ITEM}, extension {EXTENSION}, adjudication {ADJUDICATION}[])[]",
    },
    derived={
        **PAYER_ID,
        **PROVIDERS,
        **VISIT,
        "claim_id": f"coalesce({reference('s.claim', 'Claim')}, s.id)",
        **ADJUDICATED,
        "denial": DENIAL.format(DENIED_BY.format(OF_EXTENSIONS)),
        "state": f"CASE WHEN {IS_REPLACED} THEN 'cancelled' ELSE {OUTCOME} END",
    },
    mappings=(
        Mapping(
            "claim_line",
            {
                **_line("s.claim_id"),
                "paid_amount_usd": "s.paid",
                "denial_reason": "s.denial",
            },
            {"payer_id": PAYER, "status": STATE},
            where=IS_CLAIM,
            each="s.item",
            listed={"paid_amount_usd": UNKNOWN_AMOUNT, "claim_line_id": ADDED},
        ),
    ),
    foreign=FOREIGN,
    misshapen=MISSHAPEN,
)

CLAIM_RESPONSE = Resource(
    elements={
        "status": "VARCHAR",
        "use": "VARCHAR",
        "outcome": "VARCHAR",
        "created": "VARCHAR",
        "request": REFERENCE,
        "item": f"STRUCT(itemSequence VARCHAR, adjudication {ADJUDICATION}[])[]",
    },
    derived=ADJUDICATED,
    mappings=(
        Mapping(
            "claim_line",
            {
                **report_of(
                    "claim_line_id", f"{reference('s.request', 'Claim')} || '#' || s.line.itemSequence"
                ),
                "procedure_code": "'-'",
                "units": "1",
                "service_on": "'1900-01-01'",
                "submitted_on": local_day("s.created"),
                "paid_amount_usd": "s.paid",
                "denial_reason": "s.denial",
            },
            {"status": STATE},
            where=IS_CLAIM,
            each="s.item",
        ),
    ),
)
