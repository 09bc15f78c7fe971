-- What may follow a positive screen: a medication, a referral or a procedure.
with step_code as (
    {{ codes_of(['Adult Depression Medications', 'Adolescent Depression Medications',
        'Referral for Adult Depression', 'Referral for Adolescent Depression',
        'Follow Up for Adult Depression', 'Follow Up for Adolescent Depression']) }}
),

found as (
    select
        step_code.value_set,
        medication.patient_id,
        medication.authored_on as followed_on,
        cast(null as timestamp) as performed_at
    from {{ ref('int_medication_order_latest') }} as medication
    inner join step_code
        on medication.code_system = step_code.code_system
        and medication.code = step_code.code
    where
        step_code.value_set like '%Depression Medications'
        and medication.status in ('active', 'completed')
        and coalesce(medication.intent, 'order') = 'order'
        and not coalesce(medication.do_not_perform, false)
    union all
    select
        step_code.value_set,
        referral.patient_id,
        referral.authored_on as followed_on,
        cast(null as timestamp) as performed_at
    from {{ ref('int_referral_latest') }} as referral
    inner join step_code
        on referral.service_code = step_code.code_system || '|' || step_code.code
    where
        step_code.value_set like 'Referral for %'
        and referral.status in ('active', 'completed')
        and not coalesce(referral.do_not_perform, false)
    union all
    select
        step_code.value_set,
        procedure_row.patient_id,
        procedure_row.performed_on as followed_on,
        procedure_row.performed_at
    from {{ ref('int_procedure_latest') }} as procedure_row
    inner join step_code
        on procedure_row.code_system = step_code.code_system
        and procedure_row.code = step_code.code
    where
        step_code.value_set like 'Follow Up for %'
        and procedure_row.status = 'completed'
),

final as (
    select distinct
        case when value_set like '%Adult%' then 'adult' else 'adolescent' end as screen_kind,
        patient_id,
        followed_on,
        performed_at
    from found
)

select * from final
