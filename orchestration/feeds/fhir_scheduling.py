"""FHIR resources about places and times.

Belongs here: Appointment, Slot, and what stands between them and the people: Schedule, Location,
HealthcareService. Does not belong here: visits that took place (``fhir_clinical.py``).
"""

from orchestration.feeds.codes import lookup, with_words
from orchestration.feeds.fhir_clinical import takes_part
from orchestration.feeds.fhir_dates import end_by_length
from orchestration.feeds.fhir_doubts import is_only_named, only_named
from orchestration.feeds.fhir_links import reference
from orchestration.feeds.fhir_resources import (
    CODING,
    CONCEPT,
    IDENTIFIER,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    kind_of,
    own_identifiers,
    primitive,
    report_of,
    stands_for,
)
from orchestration.feeds.follow_ups import NO_TIME

OF_PRACTITIONER = ("Practitioner", "PractitionerRole")
OF_PLACE = ("HealthcareService", "Location", "PractitionerRole")
USUAL = ("Patient", "Practitioner", "Location")
"""What most participants are."""

AWAY = "away"
"""What a practitioner is called who declined, or has no part in the visit itself."""

LOCATION = Resource(
    elements={"identifier": f"{IDENTIFIER}[]", "managingOrganization": REFERENCE, "partOf": REFERENCE},
    mappings=(),
    identifier_rows=stands_for("location", Organization="s.place"),
    derived={"place": "coalesce(s.managingOrganization, s.partOf)"},
)

HEALTHCARE_SERVICE = Resource(
    elements={"identifier": f"{IDENTIFIER}[]", "providedBy": REFERENCE, "location": f"{REFERENCE}[]"},
    mappings=(),
    identifier_rows=stands_for("service", Organization="s.place"),
    derived={"place": "coalesce(s.providedBy, s.location[1])"},
)

SCHEDULE = Resource(
    elements={"identifier": f"{IDENTIFIER}[]", "actor": f"{REFERENCE}[]"},
    mappings=(),
    identifier_rows=stands_for(
        "schedule",
        Practitioner="s.practitioner",
        Organization="s.place",
    ),
    derived={
        "practitioner": f"[part for part in s.actor if {kind_of('part')} IN {OF_PRACTITIONER}][1]",
        "place": f"[part for part in s.actor if {kind_of('part')} IN {OF_PLACE}][1]",
    },
)

SLOT = Resource(
    elements={
        "identifier": f"{IDENTIFIER}[]",
        "schedule": REFERENCE,
        "status": "VARCHAR",
        "start": "VARCHAR",
        "end": "VARCHAR",
    },
    mappings=(
        Mapping(
            "slot",
            {
                "slot_id": "s.id",
                "practitioner_id": reference("s.schedule", "Practitioner"),
                "team_id": reference("s.schedule", "Organization"),
                "starts_at": "s.start",
                "ends_at": 's."end"',
            },
            {"status": Coded(primitive("s.status", "http://hl7.org/fhir/slotstatus"))},
        ),
    ),
    identifier_rows=own_identifiers("Slot"),
    foreign={"freeBusyType": "DSTU2"},
)


def _participant(*kinds: str) -> str:
    """SQL of the first participant of some types."""
    places = ", ".join(f"list_position(s.kinds, '{kind}')" for kind in kinds)
    return f"s.participant[least({places})].actor"


def usual_kind(link: str) -> str:
    """SQL of the type that a reference names, as ``fhir_kind`` has it.

    A plain reference to what most participants are needs no regular expression.

    Args:
        link: SQL of the reference.
    """
    usual = " ".join(f"WHEN {link} LIKE '{name}/_%' THEN '{name}'" for name in USUAL)
    return (
        f"CASE WHEN contains({link}, '?') OR contains({link}, '#') OR {link} LIKE '%/%/%' "
        f"THEN fhir_kind({link}) {usual} ELSE fhir_kind({link}) END"
    )


CONTAINED_KIND = (
    "CASE WHEN starts_with(part.actor.reference, '#') "
    "THEN fhir_inside(s.contained, part.actor.reference).resourceType END"
)
KIND = f"coalesce({usual_kind('part.actor.reference')}, part.actor.type, {CONTAINED_KIND}, '')"
STAYS_AWAY = (
    "part.status = 'declined' OR CASE WHEN part.type IS NULL "
    "OR part.type[1].coding[1].code IN ('PPRF', 'ATND') "
    f"THEN false ELSE NOT {takes_part('part')} END"
)
KINDS = (
    f"[CASE WHEN ({STAYS_AWAY}) AND {KIND} IN {OF_PRACTITIONER} THEN '{AWAY}' ELSE {KIND} END "
    "for part in s.participant]"
)
"""The types of the participants, in their order; empty where nothing tells one."""

LEADS = ", ".join(
    f"[part for part, place in s.participant if s.kinds[place] IN {OF_PRACTITIONER} "
    f"AND fhir_has(fhir_concepts(part.type), '{role}')][1].actor"
    for role in ("PPRF", "ATND")
)
HOLDS = (
    f"CASE WHEN len([1 for kind in s.kinds if kind IN {OF_PRACTITIONER}]) > 1 "
    f"THEN coalesce({LEADS}, {_participant(*OF_PRACTITIONER)}) ELSE {_participant(*OF_PRACTITIONER)} END"
)
"""Who holds the appointment: of several, the primary performer, then the attending one, then the first."""

PATIENT = "s.participant[coalesce(list_position(s.kinds, 'Patient'), list_position(s.kinds, ''))].actor"
PLAIN_TYPES = "[{'coding': kind.coding, 'text': kind.text} for kind in s.serviceType]"
BOOKED_CODINGS = with_words(PLAIN_TYPES, "s.specialty", "[s.appointmentType]", "s.serviceCategory")
SERVICE_CODINGS = (
    f"[coding for coding in {BOOKED_CODINGS} "
    "if fhir_system(coding.system) IS DISTINCT FROM 'http://terminology.hl7.org/CodeSystem/v2-0276']"
)
"""Without kinds of booking (routine, follow-up): they say nothing of the service."""

NOBODY_KNOWN = (
    f"CASE WHEN s.practitioner IS NOT NULL THEN {only_named('s.practitioner', 'participant')} "
    f"ELSE [{only_named('part.actor', 'participant')} for part, place in s.participant "
    f"if s.kinds[place] = '' AND {is_only_named('part.actor')}][1] END"
)
"""Somebody who is named without an id and may be who holds the appointment."""

END_BY_LENGTH = end_by_length("s.start", "to_minutes(try_cast(s.minutesDuration AS BIGINT))")

CANCELLED_AT = (
    "[coalesce(entry.valueDateTime, entry.valueInstant) for entry in s.extension "
    "if regexp_matches(entry.url, 'cancell?ationDate$')][1]"
)

STATE = (
    "CASE WHEN s.status = 'cancelled' AND s.cancelationReason IS NOT NULL THEN coalesce("
    f"{lookup('appointment', 'cancellation_reason', with_words('[s.cancelationReason]'))}, s.status) "
    "ELSE s.status END"
)
"""What an appointment is: one that was cancelled because nobody came, or by mistake, is not cancelled."""

STATUS = Coded(primitive("s.state", "http://hl7.org/fhir/appointmentstatus"))

APPOINTMENT = Resource(
    elements={
        "identifier": f"{IDENTIFIER}[]",
        "extension": "STRUCT(url VARCHAR, valueDateTime VARCHAR, valueInstant VARCHAR)[]",
        "status": "VARCHAR",
        "serviceCategory": f"{CONCEPT}[]",
        "serviceType": f"STRUCT(coding {CODING}[], text VARCHAR, concept JSON)[]",
        "specialty": f"{CONCEPT}[]",
        "appointmentType": CONCEPT,
        "cancelationReason": CONCEPT,
        "start": "VARCHAR",
        "end": "VARCHAR",
        "minutesDuration": "VARCHAR",
        "created": "VARCHAR",
        "slot": f"{REFERENCE}[]",
        "participant": f"STRUCT(actor {REFERENCE}, status VARCHAR, type {CONCEPT}[])[]",
    },
    foreign={
        "virtualService": "R5",
        "subject": "R5",
        "reason": "R5",
        "cancellationDate": "R5",
        "incomingReferral": "STU3",
        "indication": "STU3",
    },
    misshapen={"s.serviceType[1].concept IS NOT NULL": "R5"},
    mappings=(
        Mapping(
            "appointment",
            {
                **report_of("appointment_id", "s.id"),
                "starts_at": f"'{NO_TIME}'",
                "cancelled_at": f"CASE WHEN s.state = 'cancelled' THEN fhir_moment({CANCELLED_AT}) END",
            },
            {"status": STATUS},
            where="s.status = 'cancelled' AND s.start IS NULL",
        ),
        Mapping(
            "appointment",
            {
                "appointment_id": "s.id",
                "patient_id": reference("s.patient", "Patient"),
                "practitioner_id": reference("s.practitioner", "Practitioner"),
                "team_id": reference("s.place", "Organization"),
                "booked_at": "fhir_moment(s.created)",
                "starts_at": "s.start",
                "ends_at": f'coalesce(s."end", {END_BY_LENGTH})',
                "cancelled_at": f"CASE WHEN s.state = 'cancelled' THEN fhir_moment({CANCELLED_AT}) END",
                "slot_id": reference("s.slot[1]", "Slot"),
            },
            {
                "service_line": Coded(SERVICE_CODINGS),
                "visit_type": Coded(BOOKED_CODINGS, is_reported=False, otherwise="NULL"),
                "modality": Coded(BOOKED_CODINGS, is_reported=False),
                "status": STATUS,
            },
            listed={
                "patient_id": "CASE WHEN len([1 for kind in s.kinds if kind = 'Patient']) > 1 "
                "THEN {'system': 'participant', 'code': 'several patients'} "
                f"ELSE {only_named('s.patient', 'participant')} END",
                "practitioner_id": NOBODY_KNOWN,
            },
        ),
    ),
    derived={
        "state": STATE,
        "kinds": KINDS,
        "patient": PATIENT,
        "practitioner": HOLDS,
        "place": _participant(*OF_PLACE),
    },
    identifier_rows=own_identifiers("Appointment"),
)
