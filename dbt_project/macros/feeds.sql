{#- The business key of each feed. -#}
{% macro feed_keys() -%}
{{ return({
    'team': ['team_id'],
    'practitioner': ['practitioner_id'],
    'staffing': ['practitioner_id', 'team_id', 'role', 'effective_from'],
    'patient': ['patient_id'],
    'panel': ['patient_id', 'effective_from'],
    'coverage': ['coverage_id'],
    'condition': ['condition_id'],
    'encounter': ['encounter_id'],
    'appointment': ['appointment_id'],
    'slot': ['slot_id'],
    'assessment': ['assessment_id'],
    'referral': ['referral_id'],
    'procedure': ['procedure_id'],
    'observation': ['observation_id'],
    'medication_order': ['order_id'],
    'consent': ['consent_id'],
    'episode': ['episode_id'],
    'care_activity': ['entry_id'],
    'case_review': ['review_id'],
    'claim_line': ['claim_line_id'],
    'survey': ['survey_id'],
    'service_cost': ['cost_id'],
    'finance_target': ['target_id'],
}) }}
{%- endmacro %}
