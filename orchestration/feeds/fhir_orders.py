"""FHIR resources about what is done for a patient and what is ordered.

Belongs here: Procedure, MedicationRequest and the Medication that it names, ServiceRequest and the Task that
follows it up. Does not belong here: visits and diagnoses (``fhir_clinical.py``), findings
(``fhir_observations.py``).
"""

from orchestration.feeds.codes import pairs_of
from orchestration.feeds.fhir_dates import part_of_a_date
from orchestration.feeds.fhir_doubts import no_code, only_named
from orchestration.feeds.fhir_elements import structure
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
    CODING,
    CONCEPT,
    EVERY,
    IDENTIFIER,
    PERIOD,
    REASON_EXTENSION,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    first_reference,
    own_identifiers,
    primitive,
    report_of,
    stated_reason,
)
from orchestration.feeds.follow_ups import NO_TIME

PROCEDURE_SYSTEMS = "['http://snomed.info/sct', 'http://www.ama-assn.org/go/cpt', " + (
    "'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', 'http://www.cms.gov/Medicare/Coding/ICD10', "
    "'http://loinc.org']"
)
MEDICATION_SYSTEMS = "['http://www.nlm.nih.gov/research/umls/rxnorm', 'http://hl7.org/fhir/sid/ndc']"
DIAGNOSIS_SYSTEMS = "['http://hl7.org/fhir/sid/icd-10-cm', 'http://snomed.info/sct']"

PROCEDURE_CODE = f"fhir_coding(s.code.coding, {PROCEDURE_SYSTEMS})"

PERFORMED = (
    "coalesce(s.performedDateTime, s.performedPeriod.start, "
    f"""s.performedPeriod."end", {stated_reason("recorded")}.valueDateTime)"""
)

PROCEDURE = Resource(
    elements={
        **EVERY,
        "status": "VARCHAR",
        "statusReason": CONCEPT,
        "extension": REASON_EXTENSION,
        "code": CONCEPT,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "performedDateTime": "VARCHAR",
        "performedPeriod": PERIOD,
        "performer": f"STRUCT(actor {REFERENCE})[]",
    },
    mappings=(
        Mapping(
            "procedure",
            {
                "procedure_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "encounter_id": reference("s.encounter", "Encounter"),
                "practitioner_id": first_reference("s.performer", ".actor", "Practitioner"),
                "code_system": f"fhir_system({PROCEDURE_CODE}.system)",
                "code": f"{PROCEDURE_CODE}.code",
                "performed_at": f"fhir_moment({PERFORMED})",
                "ended_at": 'fhir_moment(s.performedPeriod."end")',
            },
            {
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/event-status")),
                "not_done_reason": Coded(
                    "CASE WHEN s.status = 'not-done' THEN coalesce(s.statusReason.coding, "
                    f"{stated_reason('notDoneReason')}.valueCodeableConcept.coding) END"
                ),
            },
            listed={
                "code": f"fhir_unlisted(s.code.coding, {PROCEDURE_SYSTEMS})",
                "performed_at": part_of_a_date("performed", PERFORMED),
            },
        ),
    ),
    foreign={
        "occurrenceDateTime": "R5",
        "occurrencePeriod": "R5",
        "notDone": "STU3",
        "context": "STU3",
    },
)

CONTAINED_CODE = "fhir_inside(s.contained, s.medicationReference.reference).code"
CONTAINED_CODINGS = f"from_json({CONTAINED_CODE}, '{structure(CONCEPT)}').coding"
MEDICATION_LINK = (
    "CASE WHEN s.medicationReference.reference NOT LIKE '#%' "
    f"THEN {reference('s.medicationReference', 'Medication')} END"
)
PRESCRIBED = {
    "has_codings": "s.medicationCodeableConcept.coding IS NOT NULL",
    "named": f"fhir_coding(s.medicationCodeableConcept.coding, {MEDICATION_SYSTEMS})",
    "named_system": "fhir_system(s.named.system)",
    "contained_one": f"CASE WHEN starts_with(s.medicationReference.reference, '#') "
    f"THEN fhir_coding({CONTAINED_CODINGS}, {MEDICATION_SYSTEMS}) END",
    "link": MEDICATION_LINK,
}
"""What is prescribed: a concept, or what is contained, or another resource."""

OWN_CODE = f"fhir_coding(s.code.coding, {MEDICATION_SYSTEMS})"
MEDICATION = Resource(
    elements={"code": CONCEPT},
    mappings=(),
    identifier_rows="[{'type': 'Medication', 'system': '?system', 'value': s.id, "
    f"'id': fhir_system({OWN_CODE}.system)}}, "
    f"{{'type': 'Medication', 'system': '?code', 'value': s.id, 'id': {OWN_CODE}.code}}]",
)

MEDICATION_REQUEST = Resource(
    elements={
        **EVERY,
        "status": "VARCHAR",
        "statusReason": CONCEPT,
        "extension": REASON_EXTENSION,
        "intent": "VARCHAR",
        "doNotPerform": "BOOLEAN",
        "medicationCodeableConcept": CONCEPT,
        "medicationReference": REFERENCE,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "authoredOn": "VARCHAR",
        "reasonCode": f"{CONCEPT}[]",
    },
    derived=PRESCRIBED,
    mappings=(
        Mapping(
            "medication_order",
            {
                "order_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "encounter_id": reference("s.encounter", "Encounter"),
                "code_system": "coalesce(CASE WHEN s.has_codings THEN s.named_system "
                "ELSE fhir_system(s.contained_one.system) END, 'Medication?system=' || s.link)",
                "code": "coalesce(CASE WHEN s.has_codings THEN s.named.code ELSE s.contained_one.code END, "
                "'Medication?code=' || s.link)",
                "authored_at": "fhir_moment(s.authoredOn)",
                "do_not_perform": "s.doNotPerform",
            },
            {
                "intent": Coded(primitive("s.intent", "http://hl7.org/fhir/request-intent")),
                "status": Coded(
                    primitive("s.status", "http://hl7.org/fhir/CodeSystem/medicationrequest-status")
                ),
                "not_done_reason": Coded(
                    "CASE WHEN s.doNotPerform THEN coalesce(fhir_concepts(s.reasonCode), "
                    f"{stated_reason('notDoneReason', 'doNotPerformReason')}.valueCodeableConcept.coding) END"
                ),
            },
            listed={
                "code": f"fhir_unlisted(s.medicationCodeableConcept.coding, {MEDICATION_SYSTEMS})",
                "authored_at": part_of_a_date("authoredOn"),
            },
        ),
    ),
    foreign={"medication": "R5", "reason": "R5", "context": "STU3"},
)

ASKED_FOR = "fhir_coding(coalesce(s.code.coding, fhir_concepts(s.category)), [])"
REASON = f"fhir_coding(fhir_concepts(s.reasonCode), {DIAGNOSIS_SYSTEMS})"
ASKED_CODINGS = (
    "list_concat(s.code.coding, s.performerType.coding, fhir_concepts(s.category), "
    "[{'system': 'text', 'code': s.code.text}])"
)
FROM_THE_PATIENT = "regexp_matches(coalesce(s.requester.reference, ''), '(^|/)(Patient|RelatedPerson)/')"
TEAM = (
    f"coalesce({first_reference('s.performer', '', 'Organization')}, "
    f"{reference('s.requester', 'Organization')})"
)

AUTHORED = "coalesce(s.authoredOn, s.occurrenceDateTime, s.occurrencePeriod.start)"

SERVICE_REQUEST = Resource(
    elements={
        **EVERY,
        "identifier": f"{IDENTIFIER}[]",
        "status": "VARCHAR",
        "intent": "VARCHAR",
        "doNotPerform": "BOOLEAN",
        "category": f"{CONCEPT}[]",
        "code": f"STRUCT(coding {CODING}[], text VARCHAR, concept JSON)",
        "subject": REFERENCE,
        "requester": REFERENCE,
        "performer": f"{REFERENCE}[]",
        "performerType": CONCEPT,
        "authoredOn": "VARCHAR",
        "occurrenceDateTime": "VARCHAR",
        "occurrencePeriod": PERIOD,
        "reasonCode": f"{CONCEPT}[]",
    },
    mappings=(
        Mapping(
            "referral",
            {
                "referral_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "referrer_id": reference("s.requester", "Practitioner"),
                "team_id": TEAM,
                "reason_code": f"{REASON}.code",
                "service_code": f"fhir_pair({ASKED_FOR})",
                "do_not_perform": "s.doNotPerform",
                "authored_at": f"fhir_moment({AUTHORED})",
            },
            {
                "service_line": Coded(ASKED_CODINGS, otherwise="'other'"),
                "method": Coded(
                    ASKED_CODINGS,
                    is_reported=False,
                    otherwise=f"CASE WHEN {FROM_THE_PATIENT} THEN 'self' ELSE 'order' END",
                ),
                "intent": Coded(primitive("s.intent", "http://hl7.org/fhir/request-intent")),
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/request-status")),
            },
            listed={
                "authored_at": part_of_a_date("authoredOn", AUTHORED),
                "referrer_id": only_named("s.requester", "requester"),
                "service_code": no_code(ASKED_CODINGS, "code"),
            },
        ),
    ),
    identifier_rows=own_identifiers("ServiceRequest"),
    foreign={"reason": "R5", "bodyStructure": "R5", "context": "STU3"},
    misshapen={"s.code.concept IS NOT NULL": "R5"},
)


def request_of(*elements: str) -> str:
    """SQL of the first reference to a ServiceRequest among lists of references."""
    parts = f"list_concat({', '.join(elements)})"
    return f"[part for part in {parts} if {reference('part', 'ServiceRequest')} IS NOT NULL][1]"


def about_request(moment: str) -> dict[str, str]:
    """The columns of what became of the referral ``s.request``; all others are the referral's own.

    Args:
        moment: SQL of when it was told, for a resource that does not say when it was last updated.
    """
    return {
        **report_of("referral_id", reference("s.request", "ServiceRequest")),
        "service_line": "'other'",
        "authored_at": f"coalesce(fhir_moment({moment}), '{NO_TIME}')",
    }


IS_ABOUT_THE_ORDER = (
    "coalesce(list_has_any([fhir_pair(coding) for coding in s.code.coding], "
    f"{pairs_of('referral', 'task')}), false)"
)
"""Whether a task asks for something to be done with the order (approve, abort) and not for what it orders."""

TASK = Resource(
    elements={
        "status": "VARCHAR",
        "code": CONCEPT,
        "focus": REFERENCE,
        "basedOn": f"{REFERENCE}[]",
        "lastModified": "VARCHAR",
    },
    derived={"request": request_of("[s.focus]", "s.basedOn")},
    mappings=(
        Mapping(
            "referral",
            about_request("s.lastModified"),
            {"status": Coded(primitive("s.status", "http://hl7.org/fhir/task-status"))},
            where="s.request IS NOT NULL AND s.status IS DISTINCT FROM 'entered-in-error' "
            f"AND NOT {IS_ABOUT_THE_ORDER}",
        ),
    ),
)
