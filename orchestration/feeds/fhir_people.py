"""FHIR resources about people, places of work and insurance.

Belongs here: Patient, Practitioner, PractitionerRole, Organization, Coverage.
Does not belong here: what happens to a patient (``fhir_clinical.py``).
"""

from orchestration.feeds.codes import pairs_of
from orchestration.feeds.fhir_dates import local_day
from orchestration.feeds.fhir_resources import (
    CONCEPT,
    EVERY,
    IDENTIFIER,
    NAME,
    PERIOD,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    kind_of,
    own_identifiers,
    primitive,
    reference,
    stands_for,
)
from orchestration.feeds.merges import LINK

NPI, NPI_BY_NUMBER = "http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6"
IS_NPI = f"(entry.system IN ('{NPI}', '{NPI_BY_NUMBER}') OR fhir_has(entry.type.coding, 'NPI'))"
OTHER_NPI = (
    "flatten([[{'type': 'Practitioner', 'system': one, 'value': entry.value, 'id': s.id} "
    f"for one in ['{NPI}', '{NPI_BY_NUMBER}'] if one IS DISTINCT FROM entry.system] "
    f"for entry in s.identifier if {IS_NPI} AND entry.value IS NOT NULL])"
)
"""The national number under the names of its system that it is not written with."""

EMPLOYER_NUMBERS = "('urn:oid:2.16.840.1.113883.4.4', 'http://terminology.hl7.org/NamingSystem/USEIN')"
IS_RECORD_NUMBER = (
    "CASE WHEN fhir_has(entry.type.coding, 'MR') THEN true WHEN entry.type.text IS NOT NULL "
    f"THEN list_contains({pairs_of('patient', 'mrn')}, 'text|' || fhir_folded(entry.type.text)) END"
)
IS_EMPLOYER_NUMBER = f"(entry.system IN {EMPLOYER_NUMBERS} OR fhir_has(entry.type.coding, 'TAX'))"
OWN_IDENTIFIER = f"STRUCT(use VARCHAR, type {CONCEPT}, system VARCHAR, value VARCHAR)"
INSURER_TYPES = "('ins', 'pay')"

FAMILY_IS_A_LIST = """coalesce(starts_with(s.name[1].family, '["'), false)"""
OTHER_RECORD = reference("part.other", "Patient")
LINKS = (
    f"[{{'type': 'Patient', 'system': '{LINK}' || part.type, "
    f"'value': coalesce(s.meta.lastUpdated, '') || '|' || {OTHER_RECORD}, 'id': s.id}} "
    "for part in s.link if part.type IN ('replaced-by', 'replaces', 'refer', 'seealso') "
    f"AND {OTHER_RECORD} IS NOT NULL AND {OTHER_RECORD} != s.id]"
)

PATIENT = Resource(
    elements={
        **EVERY,
        "identifier": f"{OWN_IDENTIFIER}[]",
        "name": f"{NAME}[]",
        "gender": "VARCHAR",
        "birthDate": "VARCHAR",
        "deceasedDateTime": "VARCHAR",
        "deceasedBoolean": "VARCHAR",
        "link": f"STRUCT(other {REFERENCE}, type VARCHAR)[]",
    },
    mappings=(
        Mapping(
            "patient",
            {
                "patient_id": "s.id",
                "mrn": f"coalesce([entry.value for entry in s.identifier if {IS_RECORD_NUMBER} "
                "AND coalesce(entry.use, '') != 'old'][1], "
                f"[entry.value for entry in s.identifier if {IS_RECORD_NUMBER}][1])",
                "family_name": "coalesce(fhir_name(s.name).family, fhir_name(s.name).text)",
                "given_name": "array_to_string(fhir_name(s.name).given, ' ')",
                "birth_date": "fhir_day(s.birthDate)",
                "deceased_on": local_day("s.died"),
            },
            {"sex": Coded(primitive("s.gender", "http://hl7.org/fhir/administrative-gender"))},
            listed={
                "deceased_on": "CASE WHEN s.deceasedDateTime IS NULL AND s.deceasedBoolean = 'true' "
                "THEN {'system': 'deceasedBoolean', 'code': 'true'} END"
            },
        ),
    ),
    # A death without a date was before the record said so; each of them is a finding.
    derived={
        "died": "CASE WHEN s.deceasedDateTime IS NULL AND s.deceasedBoolean = 'true' THEN s.meta.lastUpdated "
        "ELSE s.deceasedDateTime END"
    },
    identifier_rows=f"CASE WHEN len(s.link) > 0 THEN list_concat({own_identifiers('Patient')}, {LINKS}) "
    f"ELSE {own_identifiers('Patient')} END",
    misshapen={FAMILY_IS_A_LIST: "DSTU2"},
)

PRACTITIONER = Resource(
    elements={
        **EVERY,
        "identifier": f"{OWN_IDENTIFIER}[]",
        "name": f"{NAME}[]",
        "qualification": f"STRUCT(code {CONCEPT})[]",
    },
    mappings=(
        Mapping(
            "practitioner",
            {
                "practitioner_id": "s.id",
                "npi": f"coalesce([entry.value for entry in s.identifier if {IS_NPI} "
                f"AND coalesce(entry.use, '') != 'old'][1], "
                f"[entry.value for entry in s.identifier if {IS_NPI}][1])",
                "family_name": "coalesce(fhir_name(s.name).family, fhir_name(s.name).text)",
                "given_name": "array_to_string(fhir_name(s.name).given, ' ')",
                "credential": "coalesce(array_to_string(fhir_name(s.name).suffix, ' '), "
                "s.qualification[1].code.coding[1].code, s.qualification[1].code.text)",
            },
        ),
    ),
    identifier_rows=f"list_concat({own_identifiers('Practitioner')}, {OTHER_NPI})",
    foreign={"practitionerRole": "DSTU2"},
)

ROLE_CODINGS = (
    "list_concat(fhir_concepts(s.code), fhir_concepts(s.specialty), "
    "[{'system': 'text', 'code': concept.text} for concept in list_concat(s.code, s.specialty)])"
)
PRACTITIONER_ROLE = Resource(
    elements={
        **EVERY,
        "active": "BOOLEAN",
        "period": PERIOD,
        "practitioner": REFERENCE,
        "organization": REFERENCE,
        "code": f"{CONCEPT}[]",
        "specialty": f"{CONCEPT}[]",
        "identifier": f"{IDENTIFIER}[]",
        "location": f"{REFERENCE}[]",
    },
    mappings=(
        Mapping(
            "staffing",
            {
                "practitioner_id": reference("s.practitioner", "Practitioner"),
                "team_id": f"coalesce({reference('s.organization', 'Organization')}, "
                f"{reference('s.location[1]', 'Organization')})",
                "effective_from": local_day("s.period.start"),
                "effective_to": local_day('s.period."end"', is_end=True),
            },
            {"role": Coded(ROLE_CODINGS, otherwise="'other'")},
            is_deleted='NOT coalesce(s.active, true) AND s.period."end" IS NULL',
        ),
    ),
    identifier_rows=stands_for("role", Practitioner="s.practitioner", Organization="s.organization"),
)

ORGANIZATION = Resource(
    elements={
        **EVERY,
        "identifier": f"{IDENTIFIER}[]",
        "name": "VARCHAR",
        "type": f"{CONCEPT}[]",
        "partOf": REFERENCE,
    },
    mappings=(
        Mapping(
            "team",
            {
                "team_id": "s.id",
                "team_name": "s.name",
                "site_id": reference("s.partOf", "Organization"),
                "site_name": "s.partOf.display",
                "billing_tin": "replace([entry.value for entry in s.identifier "
                f"if {IS_EMPLOYER_NUMBER}][1], '-', '')",
            },
            {"facility_type": Coded("fhir_concepts(s.type)", is_reported=False)},
            where="NOT list_has_any([coding.code for coding in coalesce(fhir_concepts(s.type), [])], "
            f"{INSURER_TYPES.replace('(', '[').replace(')', ']')})",
        ),
    ),
    identifier_rows=own_identifiers("Organization"),
)

PAYOR = "s.payor[1]"
PAYER_WORDS = (
    f"nullif(trim(coalesce({PAYOR}.display, "
    f"[entry.name for entry in s.contained if '#' || entry.id = {PAYOR}.reference][1])), '')"
)
"""The name of who pays, where it is an organization: a patient who pays is no payer."""

IS_NO_PATIENT = (
    f"coalesce({PAYOR}.display != s.beneficiary.display, true) "
    "AND NOT coalesce(fhir_has(s.type.coding, 'pay'), false)"
)
"""Whether nothing says that patients pay for themselves: their names are no payer's."""

COVERAGE = Resource(
    elements={
        **EVERY,
        "status": "VARCHAR",
        "beneficiary": REFERENCE,
        "payor": f"{REFERENCE}[]",
        "type": CONCEPT,
        "order": "VARCHAR",
        "period": PERIOD,
    },
    derived={
        "payer": reference(PAYOR, "Organization"),
        "payer_words": f"CASE WHEN {kind_of(PAYOR)} IN ('', 'Organization') AND {IS_NO_PATIENT} "
        f"THEN {PAYER_WORDS} END",
    },
    mappings=(
        Mapping(
            "coverage",
            {
                "coverage_id": "s.id",
                "patient_id": reference("s.beneficiary", "Patient"),
                "rank": 's."order"',
                "effective_from": local_day("s.period.start"),
                "effective_to": local_day('s.period."end"', is_end=True),
            },
            {
                "payer_id": Coded(
                    f"list_concat(s.type.coding, {primitive('s.payer_words', 'payer')}, "
                    f"{primitive('s.payer', 'payer')}, {primitive(f'{PAYOR}.identifier.value', 'payer')})",
                    is_reported=False,
                    otherwise="CASE WHEN starts_with(s.payor[1].reference, '#') AND contains(s.payer, '#') "
                    "THEN coalesce(s.payer_words, s.payer) ELSE coalesce(s.payer, s.payer_words) END",
                )
            },
            is_deleted="s.status IN ('entered-in-error', 'draft') "
            "OR (s.status = 'cancelled' AND s.period.\"end\" IS NULL)",
        ),
    ),
    foreign={"kind": "R5", "insurer": "R5", "paymentBy": "R5", "grouping": "STU3"},
)
