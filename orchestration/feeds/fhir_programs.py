"""FHIR resources about programs of care: who agreed to one, who is in one, who cares for whom.

Belongs here: Consent, EpisodeOfCare, CareTeam. Does not belong here: orders (``fhir_orders.py``).
"""

from orchestration.feeds.codes import pairs_of, values_of, with_words
from orchestration.feeds.fhir_dates import day_after, local_day, part_of_a_date
from orchestration.feeds.fhir_doubts import only_named
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
    CONCEPT,
    IDENTIFIER,
    PERIOD,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    first_reference,
    kind_of,
    own_identifiers,
    primitive,
)

OTHER_CONSENTS = "['adr', 'research', 'patient-privacy']"
CONSENT_CODINGS = with_words("s.category", "[s.policyRule]", "s.provision.code")
GIVEN = (
    "CASE WHEN strlen(s.dateTime) >= 10 AND left(s.provision.period.start, 10) > left(s.dateTime, 10) "
    "THEN s.provision.period.start ELSE coalesce(s.dateTime, s.provision.period.start) END"
)
"""When somebody agreed; of what holds only from a later day on, that day."""
CONSENTED_AT = (
    f"CASE WHEN strlen({GIVEN}) IN (4, 7) THEN least({local_day(GIVEN, is_end=True)}, "
    f"{local_day('s.meta.lastUpdated')}) ELSE {GIVEN} END"
)
"""When a consent was given: of a month or a year the last day that it can have been, not a minute before."""

REJECTED = primitive("'rejected'", "http://hl7.org/fhir/consent-state-codes")
STATED = primitive("s.status", "http://hl7.org/fhir/consent-state-codes")
CONSENT_STATE = (
    f"CASE WHEN s.status = 'active' AND s.provision.type = 'deny' THEN {REJECTED} "
    f"WHEN s.status = 'active' THEN list_concat(s.policyRule.coding, {STATED}) ELSE {STATED} END"
)
"""An active document may be a refusal: by what it provides, or by its rule (``OPTOUT``)."""

REVOKED = 's.provision.period."end"'
REVOKED_AT = (
    f"CASE WHEN {REVOKED} IS NOT NULL THEN {day_after(REVOKED)} "
    f"WHEN s.status = 'inactive' THEN coalesce(s.meta.lastUpdated, {CONSENTED_AT}) END"
)
"""A consent that is in force no more and does not say since when ended when its record last changed."""


def _several_programs(feed: str, codings: str) -> str:
    """SQL of the coding by which a resource that names several programs is a finding: a row has room for one.

    Args:
        feed: the feed that it fills.
        codings: SQL of all that may name a program.
    """
    known = f"[{values_of(feed, 'program')}[fhir_pair(coding)] for coding in {codings}]"
    programs = f"list_sort(list_distinct({known}))"
    found = f"{{'system': 'several programs', 'code': array_to_string({programs}, ' and ')}}"
    return f"CASE WHEN len({programs}) > 1 THEN {found} END"


EXCEPTIONS = (
    "CASE WHEN len([1 for part in s.provision.provision "
    "if part.type != coalesce(s.provision.type, 'permit')]) > 0 "
    "THEN {'system': 'provision', 'code': 'exceptions'} END"
)
"""A consent to some of it only: what is agreed to and what is not may be the very program."""

CONSENT = Resource(
    elements={
        "status": "VARCHAR",
        "scope": CONCEPT,
        "category": f"{CONCEPT}[]",
        "patient": REFERENCE,
        "dateTime": "VARCHAR",
        "performer": f"{REFERENCE}[]",
        "sourceAttachment": "STRUCT(contentType VARCHAR, url VARCHAR)",
        "sourceReference": REFERENCE,
        "policyRule": CONCEPT,
        "provision": f"STRUCT(type VARCHAR, period {PERIOD}, code {CONCEPT}[], "
        f"actor STRUCT(reference {REFERENCE})[], provision STRUCT(type VARCHAR)[])",
    },
    foreign={
        "subject": "R5",
        "date": "R5",
        "decision": "R5",
        "grantee": "R5",
        "consentingParty": "STU3",
        "except": "STU3",
    },
    mappings=(
        Mapping(
            "consent",
            {
                "consent_id": "s.id",
                "patient_id": reference("s.patient", "Patient"),
                "granted_at": CONSENTED_AT,
                "revoked_at": REVOKED_AT,
                "recorded_by": first_reference("s.performer", "", "Practitioner"),
                "billing_practitioner_id": first_reference("s.provision.actor", ".reference", "Practitioner"),
            },
            {
                "program": Coded(CONSENT_CODINGS),
                "method": Coded(
                    CONSENT_CODINGS,
                    is_reported=False,
                    otherwise="CASE WHEN s.sourceAttachment IS NOT NULL OR s.sourceReference IS NOT NULL "
                    "THEN 'written' END",
                ),
                "status": Coded(CONSENT_STATE),
            },
            listed={
                "granted_at": part_of_a_date("dateTime", GIVEN),
                "consent_id": f"coalesce({_several_programs('consent', CONSENT_CODINGS)}, {EXCEPTIONS})",
            },
            where="{program} IS NOT NULL "
            "OR NOT coalesce(list_has_any([coding.code for coding in s.scope.coding], "
            f"{OTHER_CONSENTS}), false)",
        ),
    ),
)

EARLIER_ENDS = "list_max([part.period.\"end\" for part in s.statusHistory if part.status != 'finished'])"
NO_END = "s.status = 'finished' AND s.period.\"end\" IS NULL"
UNKNOWN_END = "{'system': 'status', 'code': 'finished without an end'}"
ENDED_ON = (
    f"CASE WHEN {NO_END} THEN coalesce({local_day('s.left')}, {local_day('s.meta.lastUpdated')}) "
    f"""ELSE {local_day('s.period."end"', is_end=True)} END"""
)
"""The last day of an enrollment: of one that is finished and gives no end, when it left its last state."""

EPISODE_OF_CARE = Resource(
    elements={
        "identifier": f"{IDENTIFIER}[]",
        "status": "VARCHAR",
        "type": f"{CONCEPT}[]",
        "patient": REFERENCE,
        "managingOrganization": REFERENCE,
        "period": PERIOD,
        "statusHistory": f"STRUCT(status VARCHAR, period {PERIOD})[]",
        "referralRequest": f"{REFERENCE}[]",
        "careManager": REFERENCE,
    },
    derived={"left": EARLIER_ENDS},
    foreign={"reason": "R5"},
    mappings=(
        Mapping(
            "episode",
            {
                "episode_id": "s.id",
                "patient_id": reference("s.patient", "Patient"),
                "team_id": reference("s.managingOrganization", "Organization"),
                "referral_id": reference("s.referralRequest[1]", "ServiceRequest"),
                "care_manager_id": reference("s.careManager", "Practitioner"),
                "started_on": local_day("s.period.start"),
                "ended_on": ENDED_ON,
            },
            {
                "program": Coded(with_words("s.type")),
                "status": Coded(primitive("s.status", "http://hl7.org/fhir/episode-of-care-status")),
            },
            listed={
                "episode_id": f"coalesce(CASE WHEN {NO_END} THEN {UNKNOWN_END} END, "
                f"{_several_programs('episode', with_words('s.type'))})",
                "started_on": part_of_a_date("period.start"),
                "care_manager_id": only_named("s.careManager", "careManager"),
                "team_id": only_named("s.managingOrganization", "managingOrganization"),
            },
        ),
    ),
    identifier_rows=own_identifiers("EpisodeOfCare"),
)

ROLES = with_words("part.role")
PCPS = (
    f"[part for part in s.participant if list_has_any([fhir_pair(coding) for coding in {ROLES}], "
    f"{pairs_of('panel', 'pcp_id')})]"
)
"""The members who are primary care providers; a team may name those of earlier years with their periods."""

SINCE = "coalesce({0}.period.start, s.period.start, '')"
FIRST_OF_DAY = (
    f"[part for part, place in s.in_turn if list_position([{SINCE.format('other')} for other in s.in_turn], "
    f"{SINCE.format('part')}) = place]"
)
HOLDERS = (
    "CASE WHEN len(s.pcps) > 1 THEN [part for part in s.pcps if list_contains(s.first_of_day, part)] "
    "ELSE s.pcps END"
)
"""One member for each day from which one has the patient: a panel has one, rather one without an end."""

SEVERAL_PCPS = (
    "CASE WHEN len(s.pcps) > len(s.holders) "
    "THEN {'system': 'participant', 'code': 'several primary care providers'} END"
)

OTHER_ROLES = (
    f"[coding for coding in {with_words('flatten([part.role for part in s.participant])')} "
    f"if NOT list_contains({pairs_of('panel', 'pcp_id')}, fhir_pair(coding))]"
)
PCP_TEAM = (
    f"coalesce({reference('s.managingOrganization[1]', 'Organization')}, "
    f"{reference('s.line.onBehalfOf', 'Organization')}, "
    f"CASE WHEN {kind_of('s.line.member')} = 'PractitionerRole' "
    f"THEN {reference('s.line.member', 'Organization')} END)"
)

CARE_TEAM = Resource(
    elements={
        "status": "VARCHAR",
        "subject": REFERENCE,
        "period": PERIOD,
        "managingOrganization": f"{REFERENCE}[]",
        "participant": f"STRUCT(role {CONCEPT}[], member {REFERENCE}, onBehalfOf {REFERENCE}, "
        f"period {PERIOD})[]",
    },
    derived={
        "pcps": PCPS,
        "in_turn": "CASE WHEN len(s.pcps) > 1 THEN list_concat("
        '[part for part in s.pcps if part.period."end" IS NULL], '
        '[part for part in s.pcps if part.period."end" IS NOT NULL]) END',
        "first_of_day": f"CASE WHEN len(s.pcps) > 1 THEN {FIRST_OF_DAY} END",
        "holders": HOLDERS,
    },
    told_by=("panel", "pcp_id", OTHER_ROLES),
    mappings=(
        Mapping(
            "panel",
            {
                "patient_id": reference("s.subject", "Patient"),
                "team_id": PCP_TEAM,
                "pcp_id": reference("s.line.member", "Practitioner"),
                "effective_from": local_day("coalesce(s.line.period.start, s.period.start)"),
                "effective_to": local_day('coalesce(s.line.period."end", s.period."end")', is_end=True),
            },
            where="len(s.pcps) > 0 AND s.status IS DISTINCT FROM 'proposed'",
            is_deleted="s.status = 'entered-in-error' "
            "OR (s.status IN ('inactive', 'suspended') "
            'AND coalesce(s.line.period."end", s.period."end") IS NULL)',
            each="s.holders",
            listed={
                "pcp_id": only_named("s.line.member", "participant"),
                "effective_from": SEVERAL_PCPS,
            },
        ),
    ),
)
