-- Signs of hospice and palliative care: what shows it, from when to when.
with sign_code as (
    {{ codes_of(['Hospice Assessment', 'Hospice Care Ambulatory', 'Palliative Care Assessment',
        'Palliative Care Intervention']) }}
),

yes_code as (
    {{ codes_of(['Hospice Assessment Yes']) }}
),

discharge_code as (
    {{ codes_of(['Hospice Discharge']) }}
),

visit as (
    select * from {{ ref('int_measure_visit') }}
),

procedure_row as (
    select * from {{ ref('int_procedure_latest') }}
),

found as (
    select
        visit.patient_id,
        'hospice' as care,
        visit.ended_on as shown_from,
        visit.ended_on as shown_until
    from visit
    inner join discharge_code
        on visit.discharge_disposition = discharge_code.code_system || '|' || discharge_code.code
    where
        visit.value_set = 'Encounter Inpatient'
        and visit.status = 'finished'
    union all
    select
        patient_id,
        'hospice' as care,
        started_on as shown_from,
        ended_on as shown_until
    from visit
    where
        value_set = 'Hospice Encounter'
        and status not in ('cancelled', 'noshow', 'entered-in-error')
    union all
    select
        patient_id,
        'palliative_care' as care,
        started_on as shown_from,
        ended_on as shown_until
    from visit
    where
        value_set = 'Palliative Care Encounter'
        and status = 'finished'
    union all
    select
        observation.patient_id,
        case sign_code.value_set when 'Hospice Assessment' then 'hospice' else 'palliative_care' end as care,
        observation.observed_on as shown_from,
        observation.observed_on as shown_until
    from {{ ref('int_observation_latest') }} as observation
    inner join sign_code
        on observation.code_system = sign_code.code_system
        and observation.code = sign_code.code
    left join yes_code
        on observation.value_code = yes_code.code_system || '|' || yes_code.code
    where
        observation.status in ('final', 'amended', 'corrected')
        and (
            sign_code.value_set = 'Palliative Care Assessment'
            or (sign_code.value_set = 'Hospice Assessment' and yes_code.code is not null)
        )
    union all
    select
        procedure_row.patient_id,
        case sign_code.value_set when 'Hospice Care Ambulatory' then 'hospice' else 'palliative_care' end as care,
        procedure_row.performed_on as shown_from,
        procedure_row.ended_on as shown_until
    from procedure_row
    inner join sign_code
        on procedure_row.code_system = sign_code.code_system
        and procedure_row.code = sign_code.code
    where
        sign_code.value_set in ('Hospice Care Ambulatory', 'Palliative Care Intervention')
        and procedure_row.status not in ('not-done', 'entered-in-error')
        and (procedure_row.status <> 'ordered' or sign_code.value_set = 'Hospice Care Ambulatory')
    union all
    select
        coalesce(order_owner.patient_id, referral.patient_id) as patient_id,
        'hospice' as care,
        referral.authored_on as shown_from,
        referral.authored_on as shown_until
    from {{ ref('int_referral_latest') }} as referral
    inner join sign_code
        on referral.service_code = sign_code.code_system || '|' || sign_code.code
    left join {{ ref('int_order_owner') }} as order_owner
        on referral.referral_id = order_owner.referral_id
    where
        sign_code.value_set = 'Hospice Care Ambulatory'
        and referral.status in ('active', 'completed')
        and coalesce(referral.intent, 'order') = 'order'
        and not coalesce(referral.do_not_perform, false)
    union all
    select
        patient_id,
        case value_set when 'Hospice Diagnosis' then 'hospice' else 'palliative_care' end as care,
        prevails_from as shown_from,
        prevails_until as shown_until
    from {{ ref('int_measure_condition') }}
    where
        value_set in ('Hospice Diagnosis', 'Palliative Care Diagnosis')
        and is_confirmed_active
),

final as (
    select distinct
        patient_id,
        care,
        shown_from,
        shown_until
    from found
    where patient_id is not null
)

select * from final
