"""FHIR resources about people, places of work and insurance.

Belongs here: Patient, Practitioner, PractitionerRole, Organization, Coverage.
Does not belong here: what happens to a patient (``fhir_clinical.py``).
"""

from orchestration.feeds.codes import pairs_of, values_of, with_words
from orchestration.feeds.fhir_dates import local_day, part_of_a_date
from orchestration.feeds.fhir_doubts import INACTIVE, LABELED, NOT_IN_USE, no_code
from orchestration.feeds.fhir_links import reference
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
OWN_IDENTIFIER = f"STRUCT(use VARCHAR, type {CONCEPT}, system VARCHAR, value VARCHAR, period {PERIOD})"
OWN_NAME = f"{NAME.removesuffix(')')}, period {PERIOD})"
ORGANIZATION_TYPES = (
    f"flatten([[fhir_pair(coding), '|' || coding.code] for coding in {with_words('s.type')}])"
)
"""What an organization is, under the names of the code systems and without them."""

IS_INSURER = f"coalesce(list_has_any({ORGANIZATION_TYPES}, {pairs_of('team', 'team_id')}), false)"

NO_NAME_NOW = "('old', 'maiden', 'nickname', 'temp', 'anonymous')"
KNOWN_AS = (
    "coalesce([one for one in s.name if one.use = 'official' AND one.period.\"end\" IS NULL][1], "
    f"[one for one in s.name if coalesce(one.use, '') NOT IN {NO_NAME_NOW} "
    'AND one.period."end" IS NULL][1], fhir_name(s.name))'
)
"""The name that somebody goes by; one that has ended stands back."""


def current_number(condition: str) -> str:
    """SQL of the number that counts: neither old nor ended, else not old, else any.

    Args:
        condition: SQL of which identifiers are such numbers, as ``entry``.
    """
    tiers = (
        " AND coalesce(entry.use, '') NOT IN ('old', 'secondary', 'temp') AND entry.period.\"end\" IS NULL",
        " AND coalesce(entry.use, '') != 'old'",
        "",
    )
    every = (f"[entry.value for entry in s.identifier if {condition}{tier}][1]" for tier in tiers)
    return f"coalesce({', '.join(every)})"


FAMILY_IS_A_LIST = """coalesce(starts_with(s.name[1].family, '["'), false)"""
OTHER_RECORD = reference("part.other", "Patient")
DECEASED_ON = (
    f"CASE WHEN strlen(s.died) IN (4, 7) THEN least({local_day('s.died', is_end=True)}, "
    f"{local_day('s.meta.lastUpdated')}) ELSE {local_day('s.died')} END"
)
"""The latest day that a death can have been on: no work before it is doubted."""

LINKS = (
    f"[{{'type': 'Patient', 'system': '{LINK}' || part.type, "
    f"'value': coalesce(s.meta.lastUpdated, '') || '|' || {OTHER_RECORD}, 'id': s.id}} "
    "for part in s.link if part.type IN ('replaced-by', 'replaces', 'refer', 'seealso') "
    f"AND {OTHER_RECORD} IS NOT NULL AND {OTHER_RECORD} != s.id]"
)

PATIENT = Resource(
    elements={
        **EVERY,
        "meta": LABELED,
        "active": "BOOLEAN",
        "identifier": f"{OWN_IDENTIFIER}[]",
        "name": f"{OWN_NAME}[]",
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
                "mrn": current_number(IS_RECORD_NUMBER),
                "family_name": "coalesce(s.known_as.family, s.known_as.text)",
                "given_name": "array_to_string(s.known_as.given, ' ')",
                "birth_date": "fhir_day(s.birthDate)",
                "deceased_on": DECEASED_ON,
            },
            {"sex": Coded(primitive("s.gender", "http://hl7.org/fhir/administrative-gender"))},
            listed={
                "patient_id": NOT_IN_USE,
                "birth_date": part_of_a_date("birthDate"),
                "deceased_on": "CASE WHEN s.deceasedDateTime IS NULL AND s.deceasedBoolean = 'true' "
                "THEN {'system': 'deceasedBoolean', 'code': 'true'} "
                f"ELSE {part_of_a_date('deceasedDateTime')} END",
            },
        ),
    ),
    # A death without a date was before the record said so; each of them is a finding.
    derived={
        "known_as": KNOWN_AS,
        "died": "CASE WHEN s.deceasedDateTime IS NULL AND s.deceasedBoolean = 'true' THEN s.meta.lastUpdated "
        "ELSE s.deceasedDateTime END",
    },
    identifier_rows=f"CASE WHEN len(s.link) > 0 THEN list_concat({own_identifiers('Patient')}, {LINKS}) "
    f"ELSE {own_identifiers('Patient')} END",
    foreign={"deceased": "Aidbox"},
    misshapen={FAMILY_IS_A_LIST: "DSTU2"},
)

PRACTITIONER = Resource(
    elements={
        **EVERY,
        "identifier": f"{OWN_IDENTIFIER}[]",
        "name": f"{OWN_NAME}[]",
        "qualification": f"STRUCT(code {CONCEPT})[]",
    },
    mappings=(
        Mapping(
            "practitioner",
            {
                "practitioner_id": "s.id",
                "npi": current_number(IS_NPI),
                "family_name": "coalesce(s.known_as.family, s.known_as.text)",
                "given_name": "array_to_string(s.known_as.given, ' ')",
                "credential": "coalesce(array_to_string(s.known_as.suffix, ' '), "
                "s.qualification[1].code.coding[1].code, s.qualification[1].code.text)",
            },
        ),
    ),
    derived={"known_as": KNOWN_AS},
    identifier_rows=f"list_concat({own_identifiers('Practitioner')}, {OTHER_NPI})",
    foreign={"practitionerRole": "DSTU2"},
)

ROLE_CODINGS = (
    "list_concat(fhir_concepts(s.code), fhir_concepts(s.specialty), "
    "[{'system': 'text', 'code': concept.text} for concept in list_concat(s.code, s.specialty)])"
)
ROLES = (
    f"list_sort(list_distinct([{values_of('staffing', 'role')}[fhir_pair(coding)] "
    f"for coding in {ROLE_CODINGS}]))"
)
"""What somebody is there; a row has room for one, and the others are a finding, as other places are."""

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
        "healthcareService": f"{REFERENCE}[]",
    },
    mappings=(
        Mapping(
            "staffing",
            {
                "practitioner_id": reference("s.practitioner", "Practitioner"),
                "team_id": f"coalesce({reference('s.organization', 'Organization')}, "
                f"{reference('s.location[1]', 'Organization')}, "
                f"{reference('s.healthcareService[1]', 'Organization')})",
                "effective_from": local_day("s.period.start"),
                "effective_to": local_day('s.period."end"', is_end=True),
            },
            {"role": Coded(ROLE_CODINGS, otherwise="'other'")},
            listed={
                "practitioner_id": f"CASE WHEN len({ROLES}) > 1 THEN {{'system': 'several roles', "
                f"'code': array_to_string({ROLES}, ' and ')}} ELSE {no_code(ROLE_CODINGS, 'code')} END",
                "team_id": "CASE WHEN s.organization IS NULL AND len(s.location) > 1 "
                "THEN {'system': 'location', 'code': 'several places'} END",
            },
            is_deleted='NOT coalesce(s.active, true) AND s.period."end" IS NULL',
        ),
    ),
    identifier_rows=stands_for("role", Practitioner="s.practitioner", Organization="s.organization"),
)

ORGANIZATION = Resource(
    elements={
        **EVERY,
        "active": "BOOLEAN",
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
            listed={"team_id": f"CASE WHEN NOT s.active THEN {INACTIVE} END"},
            where=f"NOT {IS_INSURER}",
        ),
    ),
    identifier_rows=own_identifiers("Organization"),
)

PAYOR = "s.pays"
IS_A_PAYER = f"{kind_of('part')} NOT IN ('Patient', 'RelatedPerson')"
PAYS = (
    f"CASE WHEN len(s.payor) > 1 THEN coalesce([part for part in s.payor if {IS_A_PAYER}][1], s.payor[1]) "
    "ELSE s.payor[1] END"
)
"""Who pays: of several the first who is no person, since persons pay what is left."""

PAYER_WORDS = f"nullif(trim(coalesce({PAYOR}.display, fhir_inside(s.contained, {PAYOR}.reference).name)), '')"
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
        "pays": PAYS,
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
                    otherwise=f"CASE WHEN starts_with({PAYOR}.reference, '#') AND contains(s.payer, '#') "
                    "THEN coalesce(s.payer_words, s.payer) ELSE coalesce(s.payer, s.payer_words) END",
                )
            },
            is_deleted="s.status IN ('entered-in-error', 'draft') "
            "OR (s.status = 'cancelled' AND s.period.\"end\" IS NULL)",
        ),
    ),
    foreign={"kind": "R5", "insurer": "R5", "paymentBy": "R5", "grouping": "STU3"},
)
