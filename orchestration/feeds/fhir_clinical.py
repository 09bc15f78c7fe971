"""FHIR resources about what happens to a patient.

Belongs here: Encounter, Condition. Does not belong here: findings and scores (``fhir_observations.py``),
people and insurance (``fhir_people.py``).
"""

from orchestration.feeds.codes import pairs_of, standard, values_of, with_words
from orchestration.feeds.fhir_dates import end_by_length, local_day, part_of_a_date
from orchestration.feeds.fhir_doubts import no_code, only_named
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
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
    kind_of,
    own_identifiers,
    primitive,
    stated_reason,
)

SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
BILLING_SYSTEMS = (
    "['http://www.ama-assn.org/go/cpt', 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets']"
)
NO_PRACTITIONER = "('Patient', 'RelatedPerson', 'Group', 'Device')"
IS_PRACTITIONER = (
    "CASE WHEN fhir_is_plain({0}.reference, 'Practitioner') THEN true ELSE {0} IS NOT NULL AND "
    + f"{kind_of('{0}')} NOT IN {NO_PRACTITIONER} END"
)
PRACTITIONERS = f"[entry for entry in s.participant if {IS_PRACTITIONER.format('entry.individual')}]"
BY_ROLE = ", ".join(
    f"[entry for entry in s.people if fhir_has(fhir_concepts(entry.type), '{role}')][1]"
    for role in ("PPRF", "ATND")
)
HAS_ID = "coalesce(entry.individual.reference, entry.individual.identifier.value) IS NOT NULL"


def takes_part(participant: str) -> str:
    """SQL of whether a participant is none of those who have no part in a visit, as the code map lists them.

    Args:
        participant: SQL of one with a ``type``.
    """
    types = with_words(f"{participant}.type")
    never = pairs_of("encounter", "practitioner_id")
    return f"NOT coalesce(list_has_any([fhir_pair(coding) for coding in {types}], {never}), false)"


FIRST_TAKES_PART = (
    "CASE WHEN s.first.type IS NULL OR s.first.type[1].coding[1].code IN ('PPRF', 'ATND') THEN true "
    f"ELSE {takes_part('s.first')} END"
)
CODING_READ = '{"system": "VARCHAR", "code": "VARCHAR"}'
CLASS_READ = f"""from_json(s."class", '{CODING_READ[:-1]}, "coding": [{CODING_READ}]}}')"""
CLASS_CODINGS = (
    "CASE WHEN s.class_read.code IS NULL THEN s.class_read.coding "
    "ELSE [{'system': s.class_read.system, 'code': s.class_read.code}] END"
)
"""What kind of visit it was: a coding, which some senders write as a concept."""

DISPOSITION = standard(
    "s.hospitalization.dischargeDisposition.coding",
    f"['{SNOMED}', 'http://terminology.hl7.org/CodeSystem/discharge-disposition', "
    "'http://www.nubc.org/patient-discharge']",
)
VISIT_CODINGS = with_words("[s.serviceType]", "s.type")

PLACE = first_reference("s.location", ".location", "Organization")

BILLED = (
    "nullif(array_to_string([coding.code for coding in fhir_concepts(s.type) "
    f"if list_contains({BILLING_SYSTEMS}, fhir_system(coding.system))], ';'), '')"
)
SECONDS = (
    f"{values_of('encounter', 'length_unit')}['text|' || fhir_folded(coalesce(s.lasted.code, s.lasted.unit))]"
)
LASTED = f"to_seconds(CAST(round(try_cast(s.lasted.value AS DOUBLE) * CAST({SECONDS} AS DOUBLE)) AS BIGINT))"
VISIT_END = (
    "CASE WHEN s.left IS NULL THEN CASE WHEN s.lasted IS NOT NULL "
    f"THEN {end_by_length('s.period.start', LASTED)} END "
    f"WHEN strlen(s.left) <= 10 THEN {local_day('s.left', is_end=True)} || 'T23:59:59' ELSE s.left END"
)
"""When a visit was over: of a day alone its last second, since a period holds the whole of what ends it."""

NO_TIME_OF_END = (
    "CASE WHEN strlen(s.left) <= 10 THEN {'system': 'period.end', 'code': 'a date without a time'} "
    "WHEN s.left IS NULL AND s.status = 'finished' AND s.billed IS NOT NULL "
    "AND s.ends IS NULL THEN {'system': 'period.end', 'code': 'billed without an end'} END"
)
"""A visit whose own time nobody can tell: it takes none of the minutes beside it, or a whole day."""

ENCOUNTER = Resource(
    elements={
        **EVERY,
        "identifier": f"{IDENTIFIER}[]",
        "status": "VARCHAR",
        "class": "JSON",
        "type": f"{CONCEPT}[]",
        "serviceType": CONCEPT,
        "subject": REFERENCE,
        "period": PERIOD,
        "participant": f"STRUCT(type {CONCEPT}[], individual {REFERENCE})[]",
        "serviceProvider": REFERENCE,
        "location": f"STRUCT(location {REFERENCE})[]",
        "basedOn": f"{REFERENCE}[]",
        "hospitalization": f"STRUCT(dischargeDisposition {CONCEPT})",
        "length": "STRUCT(value VARCHAR, unit VARCHAR, code VARCHAR)",
    },
    mappings=(
        Mapping(
            "encounter",
            {
                "encounter_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "practitioner_id": reference("s.performer", "Practitioner"),
                "team_id": f"coalesce({reference('s.serviceProvider', 'Organization')}, {PLACE})",
                "started_at": "fhir_moment(s.period.start)",
                "ended_at": "s.ends",
                "billing_codes": "s.billed",
                "type_codes": "fhir_pairs(fhir_concepts(s.type))",
                "discharge_disposition": f"fhir_pair({DISPOSITION})",
                "referral_id": first_reference("s.basedOn", "", "ServiceRequest"),
            },
            {
                "encounter_class": Coded("s.class_codings"),
                "service_line": Coded(VISIT_CODINGS, otherwise="'other'"),
                "visit_type": Coded(VISIT_CODINGS, is_reported=False, otherwise="NULL"),
                "modality": Coded(f"list_concat({VISIT_CODINGS}, s.class_codings)", is_reported=False),
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/encounter-status")),
            },
            listed={
                "practitioner_id": only_named("s.performer", "participant"),
                "team_id": only_named("s.serviceProvider", "serviceProvider", f"{PLACE} IS NULL"),
                "started_at": part_of_a_date("period.start"),
                "ended_at": NO_TIME_OF_END,
                "type_codes": no_code(VISIT_CODINGS, "type"),
            },
        ),
    ),
    derived={
        "left": 's.period."end"',
        "lasted": 's."length"',
        "ends": VISIT_END,
        "billed": BILLED,
        "class_read": CLASS_READ,
        "class_codings": CLASS_CODINGS,
        "people": f"CASE WHEN len(s.participant) > 1 THEN {PRACTITIONERS} END",
        "first": "CASE WHEN len(s.participant) = 1 THEN s.participant[1] END",
        "performer": f"CASE WHEN s.people IS NOT NULL THEN coalesce({BY_ROLE}, "
        f"[entry for entry in s.people if {HAS_ID} AND {takes_part('entry')}][1], "
        f"[entry for entry in s.people if {takes_part('entry')}][1]).individual "
        f"WHEN {IS_PRACTITIONER.format('s.first.individual')} AND {FIRST_TAKES_PART} "
        "THEN s.first.individual END",
    },
    identifier_rows=own_identifiers("Encounter"),
    foreign={
        "actualPeriod": "R5",
        "admission": "R5",
        "subjectStatus": "R5",
        "reason": "STU3",
        "patient": "DSTU2",
    },
    misshapen={
        "coalesce(json_type(s.\"class\") = 'ARRAY', false)": "R5",
        "coalesce(json_type(s.\"class\") = 'VARCHAR', false)": "DSTU2",
    },
)

CODED_STATUS = f'{{"coding": [{CODING_READ}], "text": "VARCHAR"}}'
ICD10_CODE = r"regexp_replace(s.icd10, '^([A-Z][0-9][0-9A-Z])([0-9A-Z]{1,4})$', '\1.\2')"
"""A diagnosis as lists of codes have it: claims systems leave the dot out, and some write small letters."""

ABATEMENT_END = local_day('s.abatementPeriod."end"', is_end=True)
SEVERAL_CODES = (
    "len(list_distinct([coding.code for coding in s.code.coding "
    f"if coding.code != '' AND fhir_system(coding.system) = '{ICD10}'])) > 1"
)
OTHER_CODES = (
    f"CASE WHEN {SEVERAL_CODES} THEN {{'system': 'code', 'code': 'several codes'}} "
    f"ELSE fhir_unlisted(s.code.coding, ['{ICD10}', '{SNOMED}']) END"
)
"""A diagnosis is the first of its codes: the others are a finding, and so are codes in no system of rules."""

ONSET = "coalesce(s.onsetDateTime, s.onsetPeriod.start)"
OPEN_ONSET = (
    f"CASE WHEN strlen({ONSET}) < 10 AND coalesce(left(s.recorded, strlen({ONSET})) = {ONSET}, true) "
    "THEN {'system': 'onset', 'code': 'part of a date'} END"
)
"""Only the month or year of a diagnosis is known, and it may have been recorded on any day of it."""

IS_OVER = (
    "coalesce(s.abatementString, s.abatementAge.value, s.abatementRange.low.value, "
    "s.abatementRange.high.value) IS NOT NULL"
)
STANDS_NOT = "CASE WHEN s.clinicalStatus IS NULL AND s.is_over THEN 'inactive' END"
"""Whether a diagnosis stands; one that is over on a day that nobody tells does not."""

CONDITION = Resource(
    elements={
        **EVERY,
        "extension": REASON_EXTENSION,
        "clinicalStatus": "JSON",
        "verificationStatus": "JSON",
        "category": f"{CONCEPT}[]",
        "code": CONCEPT,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "onsetDateTime": "VARCHAR",
        "onsetPeriod": PERIOD,
        "abatementDateTime": "VARCHAR",
        "abatementPeriod": PERIOD,
        "abatementString": "VARCHAR",
        "abatementAge": "STRUCT(value VARCHAR)",
        "abatementRange": "STRUCT(low STRUCT(value VARCHAR), high STRUCT(value VARCHAR))",
        "recordedDate": "VARCHAR",
    },
    mappings=(
        Mapping(
            "condition",
            {
                "condition_id": "s.id",
                "patient_id": reference("s.subject", "Patient"),
                "icd10_code": ICD10_CODE,
                "snomed_code": f"fhir_of_system(s.code.coding, '{SNOMED}')",
                "recorded_on": local_day("s.recorded"),
                "encounter_id": reference("s.encounter", "Encounter"),
                "onset_on": local_day(ONSET),
                "abated_on": f"coalesce({local_day('s.abatementDateTime')}, {ABATEMENT_END})",
            },
            {
                "category": Coded(with_words("s.category")),
                "verification_status": Coded(with_words("[s.verification]")),
                "clinical_status": Coded(with_words("[s.clinical]"), otherwise=STANDS_NOT),
            },
            listed={"icd10_code": OTHER_CODES, "onset_on": OPEN_ONSET},
        ),
    ),
    derived={
        "icd10": f"upper(trim(fhir_of_system(s.code.coding, '{ICD10}')))",
        "verification": f"from_json(s.verificationStatus, '{CODED_STATUS}')",
        "is_over": IS_OVER,
        "clinical": f"from_json(s.clinicalStatus, '{CODED_STATUS}')",
        "recorded": f"coalesce(s.recordedDate, {stated_reason('condition-assertedDate')}.valueDateTime)",
    },
    foreign={"participant": "R5", "assertedDate": "STU3", "context": "STU3"},
    misshapen={
        f"coalesce(json_type(s.{element}) = 'VARCHAR', false)": "STU3"
        for element in ("clinicalStatus", "verificationStatus")
    },
)
