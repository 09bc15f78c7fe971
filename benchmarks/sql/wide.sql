-- Wide tables: one row an entity and period, one column a metric that is said of its kind.
create table rpt_metric_organization as
pivot (from fct_metric_value where entity_type = 'organization')
on metric_id in (
    'cms2_screening_followup', 'cms159_depression_remission_12_months', 'depression_followup_120_240_days',
    'depression_remission_120_240_days', 'depression_response_120_240_days'
)
using max(value)
group by entity_id, period_type, period_start_on;

create table rpt_metric_site as
pivot (from fct_metric_value where entity_type = 'site')
on metric_id in (
    'pcbh_penetration', 'pcbh_cross_site_warm_handoff_share'
)
using max(value)
group by entity_id, period_type, period_start_on;

create table rpt_metric_team as
pivot (from fct_metric_value where entity_type = 'team')
on metric_id in (
    'pcbh_penetration', 'pcbh_warm_handoff_share', 'pcbh_followup_1_2_weeks', 'pcbh_followup_3_4_weeks',
    'pcbh_followup_5_plus_weeks', 'pcbh_followup_mean_days', 'pcbh_followup_evenness',
    'pcbh_visits_per_patient', 'pcbh_same_day_access', 'cocm_active_patients', 'cocm_active_patients_per_fte',
    'cocm_billable_patients', 'cocm_billable_rate', 'cocm_claim_ready_rate', 'cocm_consultant_hours_per_fte',
    'cocm_case_reviews_per_active', 'cocm_three_contacts', 'cocm_early_followup', 'cocm_improved_70_days',
    'cocm_not_improved_reviewed', 'cocm_not_improved_changed', 'cocm_response', 'cocm_remission',
    'cocm_days_referral_to_contact', 'cms2_screening_followup', 'cms159_depression_remission_12_months',
    'depression_followup_120_240_days', 'depression_remission_120_240_days', 'depression_response_120_240_days'
)
using max(value)
group by entity_id, period_type, period_start_on;

create table rpt_metric_practitioner as
pivot (from fct_metric_value where entity_type = 'practitioner')
on metric_id in (
    'pcbh_penetration', 'pcbh_unique_patients_per_day', 'pcbh_warm_handoff_share', 'pcbh_followup_1_2_weeks',
    'pcbh_followup_3_4_weeks', 'pcbh_followup_5_plus_weeks', 'pcbh_followup_mean_days',
    'pcbh_followup_evenness', 'pcbh_visits_per_patient', 'cocm_active_patients',
    'cocm_active_patients_per_fte', 'cocm_billable_patients', 'cocm_billable_rate',
    'cocm_minutes_per_active_patient'
)
using max(value)
group by entity_id, period_type, period_start_on;

create table rpt_metric_payer as
pivot (from fct_metric_value where entity_type = 'payer')
on metric_id in (
    'cocm_response', 'cocm_remission'
)
using max(value)
group by entity_id, period_type, period_start_on;
