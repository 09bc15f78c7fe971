"""FHIR resources about what happens to a patient.

Belongs here: Encounter, Condition, Observation (scores go to ``assessment``, all else to ``observation``).
Does not belong here: people and insurance (``fhir_people.py``).
"""

from orchestration.feeds.fhir_resources import (
    CODING,
    CONCEPT,
    EVERY,
    IDENTIFIER,
    PERIOD,
    QUANTITY,
    REASON_EXTENSION,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    own_identifiers,
    primitive,
    reference,
    stated_reason,
)

SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
BILLING_SYSTEMS = (
    "['http://www.ama-assn.org/go/cpt', 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets']"
)
ITEM_9 = "44260-8"
"""LOINC code of the ninth item of the PHQ-9, thoughts of self-harm, as a component of the score."""

PRACTITIONERS = (
    "[entry for entry in s.participant if entry.individual IS NOT NULL "
    "AND NOT regexp_matches(coalesce(entry.individual.reference, ''), '(^|/)(Patient|RelatedPerson)/')]"
)
PERFORMER = " , ".join(
    f"[entry for entry in {PRACTITIONERS} if fhir_has(fhir_concepts(entry.type), '{role}')][1]"
    for role in ("PPRF", "ATND")
)
VISIT_CODINGS = "list_concat(s.serviceType.coding, fhir_concepts(s.type))"

ENCOUNTER = Resource(
    elements={
        **EVERY,
        "identifier": f"{IDENTIFIER}[]",
        "status": "VARCHAR",
        "class": CODING,
        "type": f"{CONCEPT}[]",
        "serviceType": CONCEPT,
        "subject": REFERENCE,
        "period": PERIOD,
        "participant": f"STRUCT(type {CONCEPT}[], individual {REFERENCE})[]",
        "serviceProvider": REFERENCE,
        "basedOn": f"{REFERENCE}[]",
        "hospitalization": f"STRUCT(dischargeDisposition {CONCEPT})",
    },
    mappings=(
        Mapping(
            "encounter",
            {
                "encounter_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "practitioner_id": reference(
                    f"coalesce({PERFORMER}, {PRACTITIONERS}[1]).individual", "Practitioner"
                ),
                "team_id": reference("s.serviceProvider", "Organization"),
                "started_at": "fhir_moment(s.period.start)",
                "ended_at": 'fhir_moment(s.period."end")',
                "billing_codes": "nullif(array_to_string([coding.code for coding in fhir_concepts(s.type) "
                f"if list_contains({BILLING_SYSTEMS}, fhir_system(coding.system))], ';'), '')",
                "type_codes": "fhir_pairs(fhir_concepts(s.type))",
                "discharge_disposition": "fhir_pair(s.hospitalization.dischargeDisposition.coding[1])",
                "referral_id": reference("s.basedOn[1]", "ServiceRequest"),
            },
            {
                "encounter_class": Coded('[s."class"]'),
                "service_line": Coded(VISIT_CODINGS, otherwise="'other'"),
                "visit_type": Coded(VISIT_CODINGS, is_reported=False, otherwise="NULL"),
                "modality": Coded(f'list_concat({VISIT_CODINGS}, [s."class"])', is_reported=False),
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/encounter-status")),
            },
        ),
    ),
    identifier_rows=own_identifiers("Encounter"),
)

CONDITION = Resource(
    elements={
        **EVERY,
        "clinicalStatus": CONCEPT,
        "verificationStatus": CONCEPT,
        "category": f"{CONCEPT}[]",
        "code": CONCEPT,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "onsetDateTime": "VARCHAR",
        "onsetPeriod": PERIOD,
        "abatementDateTime": "VARCHAR",
        "abatementPeriod": PERIOD,
        "recordedDate": "VARCHAR",
    },
    mappings=(
        Mapping(
            "condition",
            {
                "condition_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "icd10_code": f"fhir_of_system(s.code.coding, '{ICD10}')",
                "snomed_code": f"fhir_of_system(s.code.coding, '{SNOMED}')",
                "recorded_on": "fhir_day(s.recordedDate)",
                "encounter_id": reference("s.encounter", "Encounter"),
                "onset_on": "fhir_day(coalesce(s.onsetDateTime, s.onsetPeriod.start))",
                "abated_on": 'fhir_day(coalesce(s.abatementDateTime, s.abatementPeriod."end"))',
            },
            {
                "category": Coded("fhir_concepts(s.category)"),
                "verification_status": Coded("s.verificationStatus.coding"),
                "clinical_status": Coded("s.clinicalStatus.coding"),
            },
        ),
    ),
)

OBSERVED_AT = (
    "fhir_moment(coalesce(s.effectiveDateTime, s.effectiveInstant, s.effectivePeriod.start, s.issued))"
)
OBSERVATION_STATUS = Coded(primitive("s.status", "http://hl7.org/fhir/observation-status"))
ITEM_9_PART = f"[part for part in s.component if fhir_has(part.code.coding, '{ITEM_9}')][1]"
ITEM_ANSWERS = "MAP {'LA6568-5': '0', 'LA6569-3': '1', 'LA6570-1': '2', 'LA6571-9': '3'}"
"""LOINC answers of the list that the items of the PHQ and GAD share: not at all, several days, more than
half, nearly every."""

NOT_DONE = (
    f"coalesce({stated_reason('notDoneReason')}.valueCodeableConcept.coding, s.dataAbsentReason.coding)"
)
NO_RESULT = (
    "coalesce(s.valueInteger, s.valueQuantity.value, s.valueString) IS NULL "
    "AND {screen_result} IS NULL AND coalesce({not_done_reason}, fhir_pair(" + NOT_DONE + "[1])) IS NULL "
    "AND (s.valueBoolean IS NOT NULL OR s.valueCodeableConcept.coding[1].code IS NOT NULL)"
)
"""An answer that is neither a score nor a result of a screen: it was done, and that is all it says."""
FOUND = f"fhir_coding(s.code.coding, ['http://loinc.org', '{SNOMED}'])"
VALUE = {
    "valueQuantity": QUANTITY,
    "valueInteger": "VARCHAR",
    "valueString": "VARCHAR",
    "valueCodeableConcept": CONCEPT,
}

OBSERVATION = Resource(
    elements={
        **EVERY,
        **VALUE,
        "valueBoolean": "BOOLEAN",
        "status": "VARCHAR",
        "code": CONCEPT,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "effectiveDateTime": "VARCHAR",
        "effectiveInstant": "VARCHAR",
        "effectivePeriod": PERIOD,
        "issued": "VARCHAR",
        "dataAbsentReason": CONCEPT,
        "extension": REASON_EXTENSION,
        "component": "STRUCT(code "
        + CONCEPT
        + "".join(f", {name} {kind}" for name, kind in VALUE.items())
        + ")[]",
    },
    mappings=(
        Mapping(
            "assessment",
            {
                "assessment_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "score": "coalesce(s.valueInteger, s.valueQuantity.value, s.valueString)",
                "item9_score": f"coalesce({ITEM_9_PART}.valueInteger, {ITEM_9_PART}.valueQuantity.value, "
                f"{ITEM_ANSWERS}[{ITEM_9_PART}.valueCodeableConcept.coding[1].code])",
                "taken_at": OBSERVED_AT,
                "encounter_id": reference("s.encounter", "Encounter"),
            },
            {
                "instrument": Coded("s.code.coding", is_reported=False),
                "screen_result": Coded("s.valueCodeableConcept.coding"),
                "not_done_reason": Coded(NOT_DONE),
                "status": OBSERVATION_STATUS,
            },
            where=f"{{instrument}} IS NOT NULL AND NOT ({NO_RESULT})",
        ),
        Mapping(
            "observation",
            {
                "observation_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "encounter_id": reference("s.encounter", "Encounter"),
                "code_system": f"fhir_system({FOUND}.system)",
                "code": f"{FOUND}.code",
                "value_code": "coalesce(fhir_pair(s.valueCodeableConcept.coding[1]), '|' || s.valueBoolean)",
                "value_number": "coalesce(s.valueQuantity.value, s.valueInteger)",
                "observed_at": OBSERVED_AT,
            },
            {"status": OBSERVATION_STATUS},
        ),
    ),
)
