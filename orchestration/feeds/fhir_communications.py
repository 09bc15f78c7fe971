"""FHIR resources that tell of a referral to those who sent it: what was asked to be told, and what was.

Belongs here: CommunicationRequest and Communication, where they are about a ServiceRequest. Does not belong
here: the referral and the Task that follows it up (``fhir_orders.py``).
"""

from orchestration.feeds.fhir_orders import about_request, request_of
from orchestration.feeds.fhir_resources import (
    CONCEPT,
    REFERENCE,
    Coded,
    Mapping,
    Resource,
    kind_of,
    primitive,
)

TOLD_PEOPLE = "('Patient', 'RelatedPerson', 'Group')"
TO_A_PROFESSIONAL = (
    "(coalesce(len(s.recipient), 0) = 0 OR "
    f"len([part for part in s.recipient if {kind_of('part')} NOT IN {TOLD_PEOPLE}]) > 0)"
)
"""Whether somebody besides the patient is told: a reminder to a patient closes no referral."""

REASONS = "CASE WHEN s.status IN ('not-done', 'stopped', 'revoked') THEN s.statusReason.coding END"
"""Why nobody was told, looked up before the state: a patient who objects has declined."""


def _told(kind: str, codings: str, moment: str, where: str = "true") -> Mapping:
    """What became of a referral by a resource about telling somebody.

    Args:
        kind: the system of its states in the code map.
        codings: SQL of what is looked up between the reasons and the bare state.
        moment: SQL of when it was told.
        where: SQL of the lines that tell anything at all.
    """
    return Mapping(
        "referral",
        about_request(moment),
        {"status": Coded(f"list_concat({REASONS}, {codings}, {primitive('s.status', kind)})")},
        where="s.request IS NOT NULL AND {status} IS NOT NULL "
        f"AND {where} AND ({{status}} = 'declined' OR {TO_A_PROFESSIONAL})",
    )


COMMUNICATION_REQUEST = Resource(
    elements={
        "status": "VARCHAR",
        "statusReason": CONCEPT,
        "doNotPerform": "BOOLEAN",
        "basedOn": f"{REFERENCE}[]",
        "about": f"{REFERENCE}[]",
        "recipient": f"{REFERENCE}[]",
    },
    derived={"request": request_of("s.basedOn", "s.about")},
    mappings=(_told("CommunicationRequest", "[]", "NULL::VARCHAR", "NOT coalesce(s.doNotPerform, false)"),),
    foreign={"informationProvider": "R5", "intent": "R5", "topic": "STU3", "context": "STU3"},
)

REPORTS = (
    "CASE WHEN s.status = 'completed' THEN list_concat(fhir_concepts(s.category), s.topic.coding, "
    "fhir_concepts(s.reasonCode)) END"
)
"""What a message that was sent is about: only a report on the patient closes the referral."""

COMMUNICATION = Resource(
    elements={
        "status": "VARCHAR",
        "statusReason": CONCEPT,
        "category": f"{CONCEPT}[]",
        "topic": CONCEPT,
        "reasonCode": f"{CONCEPT}[]",
        "basedOn": f"{REFERENCE}[]",
        "about": f"{REFERENCE}[]",
        "recipient": f"{REFERENCE}[]",
        "sent": "VARCHAR",
        "received": "VARCHAR",
    },
    derived={"request": request_of("s.basedOn", "s.about")},
    mappings=(_told("Communication", REPORTS, "coalesce(s.received, s.sent)"),),
    foreign={"reason": "R5", "definition": "STU3", "notDone": "STU3", "context": "STU3"},
)
