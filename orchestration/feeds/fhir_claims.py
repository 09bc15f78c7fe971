"""FHIR resources about money: what was claimed and what was paid.

Belongs here: Claim, ExplanationOfBenefit; each of their items is a claim line, and each of a ClaimResponse is
a report of what became of one. Does not belong here: insurance (``fhir_people.py``).
"""

from orchestration.feeds.codes import Codings, pairs_of
from orchestration.feeds.fhir_dates import local_day
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_payments import (
    ADJUDICATED,
    ADJUDICATION,
    DENIAL,
    DENIED_BY,
    DETAILED,
    HEAD,
    LISTED,
    ONLY_ITEM,
    OUTCOME,
)
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
    report_of,
)

BILLED_SYSTEMS = (
    "['http://www.ama-assn.org/go/cpt', 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets']"
)
CARE_TEAM = f"STRUCT(sequence VARCHAR, provider {REFERENCE}, role {CONCEPT})[]"
ITEM = (
    f"sequence VARCHAR, productOrService {CONCEPT}, servicedDate VARCHAR, servicedPeriod {PERIOD}, "
    f"quantity STRUCT(value VARCHAR), encounter {REFERENCE}[], careTeamSequence VARCHAR[], detail JSON[]"
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
    "THEN fhir_inside(s.contained, s.insurer.reference).name END)",
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


def _whole(number: str) -> str:
    """SQL of a whole number as it is written without a fraction."""
    return f"CASE WHEN contains({number}, '.') THEN regexp_replace({number}, '[.]0+$', '') ELSE {number} END"


NUMBERS = f"[{_whole('part.sequence')} for part in s.item]"
TWICE = (
    f"CASE WHEN list_unique({NUMBERS}) < len(s.item) THEN [number for number, place in {NUMBERS} "
    f"if list_position({NUMBERS}, number) != place] END"
)
"""Numbers that several items have: nobody can tell which line of the claim each of those is."""

NAMED_BY_ITEM = (
    "CASE WHEN s.several IS NOT NULL THEN [part for part in s.several "
    f"if list_contains([{_whole('number')} for number in s.line.careTeamSequence], "
    f"{_whole('part.sequence')})][1].provider END"
)
"""Of several who gave services, the one whom an item names."""

VISIT = {
    "visit": "s.line.encounter[1]",
    "named": NAMED_BY_ITEM,
    "only_item": ONLY_ITEM,
    "twice": TWICE,
    "number": f"coalesce({_whole('s.line.sequence')}, s.only_item)",
}
"""What an item refers to, taken out of its list once, and its number; one that is alone needs none."""


def _line(claim: str) -> dict[str, str]:
    """The columns that a claim and its explanation share.

    Args:
        claim: SQL of the id of the claim.
    """
    return {
        "claim_line_id": f"CASE WHEN s.twice IS NULL OR NOT list_contains(s.twice, s.number) "
        f"THEN {claim} || '#' || s.number END",
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
            listed={"claim_line_id": DETAILED},
        ),
    ),
    identifier_rows=own_identifiers("Claim"),
    foreign=FOREIGN,
    misshapen=MISSHAPEN,
)


IS_REPLACED = (
    "s.related IS NOT NULL AND coalesce(list_has_any([fhir_pair(coding) for coding in "
    "fhir_concepts([part.relationship for part in s.related])], "
    f"{pairs_of('claim_line', 'replaced')}), false)"
)
"""Whether a later claim was paid in place of this one: the payer sends both, of the same service."""

IS_OF_ANOTHER_PAYER = "coalesce(try_cast(s.precedence AS DOUBLE) > 1, false)"
OTHER_PAYERS = (
    f"CASE WHEN {IS_OF_ANOTHER_PAYER} AND {IS_CLAIM} "
    "THEN [{'system': 'precedence', 'code': 'of a further payer'}] END"
)
"""What a second payer says of a claim is no later version of what the first one said."""

STATE = Coded(primitive("s.state", "http://hl7.org/fhir/fm-status"))

EXTENSION = f"STRUCT(valueCoding {CODING})[]"
OF_EXTENSIONS = "[entry.valueCoding for entry in s.line.extension if entry.valueCoding IS NOT NULL]"

EXPLANATION_OF_BENEFIT = Resource(
    elements={
        **SHARED,
        "outcome": "VARCHAR",
        "claim": REFERENCE,
        "related": f"STRUCT(relationship {CONCEPT})[]",
        "precedence": "VARCHAR",
        **HEAD,
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
            where=f"{IS_CLAIM} AND NOT {IS_OF_ANOTHER_PAYER}",
            each="s.item",
            listed=LISTED,
        ),
    ),
    foreign=FOREIGN,
    misshapen=MISSHAPEN,
    told_by=("claim_line", "payer_id", OTHER_PAYERS),
)

CLAIM_RESPONSE = Resource(
    elements={
        "status": "VARCHAR",
        "use": "VARCHAR",
        "outcome": "VARCHAR",
        "created": "VARCHAR",
        "request": REFERENCE,
        **HEAD,
        "item": f"STRUCT(itemSequence VARCHAR, adjudication {ADJUDICATION}[], detail JSON[])[]",
    },
    derived=ADJUDICATED,
    mappings=(
        Mapping(
            "claim_line",
            {
                **report_of(
                    "claim_line_id",
                    f"{reference('s.request', 'Claim')} || '#' || {_whole('s.line.itemSequence')}",
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
            listed=LISTED,
        ),
    ),
)
