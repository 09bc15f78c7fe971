-- Whose an order is that names a patient whom nobody delivered: the one patient whose id its own id begins with, as far as
-- the rule `stray_order_prefix_characters` goes and a dot follows. All other orders are their subject's.
with bound as (
    select cast({{ threshold('stray_order_prefix_characters') }} as integer) as characters
),

patient as (
    select
        patient.patient_id,
        substring(patient.patient_id, 1, bound.characters) as prefix
    from {{ ref('int_patient_latest') }} as patient
    cross join bound
),

stray as (
    select
        referral.referral_id,
        substring(referral.referral_id, 1, bound.characters) as prefix
    from {{ ref('int_referral_latest') }} as referral
    cross join bound
    left join {{ ref('int_patient_latest') }} as known
        on referral.patient_id = known.patient_id
    where
        known.patient_id is null
        and substring(referral.referral_id, bound.characters + 1, 1) = '.'
),

final as (
    select
        stray.referral_id,
        min(patient.patient_id) as patient_id
    from stray
    inner join patient
        on stray.prefix = patient.prefix
    group by stray.referral_id
    having count(*) = 1
)

select * from final
