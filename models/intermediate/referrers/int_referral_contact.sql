-- Each referral with its first BHC visit or cocm contact: on the local day it was written, or later.
with referral as (
    select * from {{ ref('int_referral_sent') }}
),

referred as (
    select distinct patient_id from referral
),

activity_type as (
    select * from {{ ref('activity_type') }}
    where is_contact
),

met as (
    select
        patient_id,
        visit_on as met_on,
        'bhc_visit' as kind
    from {{ ref('int_bhc_visit') }}
    union
    select
        segment.patient_id,
        segment.service_on as met_on,
        'cocm_contact' as kind
    from {{ ref('fct_minute_segment') }} as segment
    inner join activity_type
        on segment.activity_code = activity_type.activity_code
        and {{ in_period('segment.service_on', 'activity_type.valid_from', 'activity_type.valid_to') }}
    where
        segment.disposition = 'credited'
        and segment.program = 'cocm'
),

met_referred as (
    select met.*
    from met
    inner join referred
        on met.patient_id = referred.patient_id
),

first_met as (
    select
        referral.referral_id,
        min(met_referred.met_on) as first_contact_on,
        min(case when met_referred.kind = 'bhc_visit' then met_referred.met_on end) as first_bhc_visit_on,
        min(case when met_referred.kind = 'cocm_contact' then met_referred.met_on end) as first_cocm_contact_on
    from referral
    inner join met_referred
        on referral.patient_id = met_referred.patient_id
        and referral.authored_on <= met_referred.met_on
    group by referral.referral_id
),

final as (
    select
        referral.*,
        first_met.first_contact_on,
        first_met.first_bhc_visit_on,
        first_met.first_cocm_contact_on,
        cast({{ days_between('referral.authored_on', 'first_met.first_contact_on') }} as integer) as days_to_contact,
        coalesce(
            {{ days_between('referral.authored_on', 'first_met.first_contact_on') }}
            <= {{ threshold_days('conversion_within_days') }},
            false
        ) as is_converted
    from referral
    left join first_met
        on referral.referral_id = first_met.referral_id
)

select * from final
