"""The resource types that are known, and what becomes of a line of each.

Belongs here: which type is read by which mapping, and which lines tell another release of FHIR.
Does not belong here: the mappings (``fhir_people.py`` and its neighbours).
"""

from orchestration.feeds import (
    fhir_claims,
    fhir_clinical,
    fhir_communications,
    fhir_forms,
    fhir_observations,
    fhir_orders,
    fhir_people,
    fhir_programs,
    fhir_scheduling,
)
from orchestration.feeds.fhir_resources import Resource

RESOURCES: dict[str, Resource] = {
    "Patient": fhir_people.PATIENT,
    "Practitioner": fhir_people.PRACTITIONER,
    "PractitionerRole": fhir_people.PRACTITIONER_ROLE,
    "Organization": fhir_people.ORGANIZATION,
    "Coverage": fhir_people.COVERAGE,
    "Encounter": fhir_clinical.ENCOUNTER,
    "Condition": fhir_clinical.CONDITION,
    "Observation": fhir_observations.OBSERVATION,
    "Procedure": fhir_orders.PROCEDURE,
    "MedicationRequest": fhir_orders.MEDICATION_REQUEST,
    "Medication": fhir_orders.MEDICATION,
    "ServiceRequest": fhir_orders.SERVICE_REQUEST,
    "Location": fhir_scheduling.LOCATION,
    "HealthcareService": fhir_scheduling.HEALTHCARE_SERVICE,
    "Schedule": fhir_scheduling.SCHEDULE,
    "Slot": fhir_scheduling.SLOT,
    "Appointment": fhir_scheduling.APPOINTMENT,
    "Consent": fhir_programs.CONSENT,
    "EpisodeOfCare": fhir_programs.EPISODE_OF_CARE,
    "CareTeam": fhir_programs.CARE_TEAM,
    "QuestionnaireResponse": fhir_forms.QUESTIONNAIRE_RESPONSE,
    "Claim": fhir_claims.CLAIM,
    "ClaimResponse": fhir_claims.CLAIM_RESPONSE,
    "Task": fhir_orders.TASK,
    "CommunicationRequest": fhir_communications.COMMUNICATION_REQUEST,
    "Communication": fhir_communications.COMMUNICATION,
    "ExplanationOfBenefit": fhir_claims.EXPLANATION_OF_BENEFIT,
}
"""The types that fill feeds or that others refer to; lines of another type are counted and refused as one."""

RELEASE_OF_TYPE: dict[str, str] = {
    "MedicationOrder": "DSTU2",
    "DiagnosticOrder": "DSTU2",
    "ImagingObjectSelection": "DSTU2",
    "OrderResponse": "DSTU2",
    "BodySite": "STU3",
    "DataElement": "STU3",
    "DeviceComponent": "STU3",
    "EligibilityResponse": "STU3",
    "ImagingManifest": "STU3",
    "ProcedureRequest": "STU3",
    "ReferralRequest": "STU3",
    "EligibilityRequest": "STU3",
    "Sequence": "STU3",
    "DeviceUsage": "R5",
    "EncounterHistory": "R5",
    "GenomicStudy": "R5",
    "ImagingSelection": "R5",
    "NutritionIntake": "R5",
    "RequestOrchestration": "R5",
    "Transport": "R5",
}
"""Types that R4 does not have, and a release that does."""
