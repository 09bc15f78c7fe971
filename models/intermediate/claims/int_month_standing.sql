-- Which of two programs of one patient's month is billed, where their codes exclude each other: the one submitted, then
-- ready, review, in_progress, held, then the higher sum, then cocm.
with claim_month as (
    select * from {{ ref('int_claim_month') }}
),

month_status as (
    select * from {{ ref('int_month_status') }}
),

code_exclusivity as (
    select * from {{ ref('code_exclusivity') }}
),

exclusive_pair as (
    select code_a as own_code, code_b as other_code, valid_from, valid_to from code_exclusivity
    union
    select code_b as own_code, code_a as other_code, valid_from, valid_to from code_exclusivity
),

with_code as (
    select
        claim_month.*,
        month_status.own_status,
        case month_status.own_status
            when 'submitted' then 1
            when 'ready' then 2
            when 'review' then 3
            when 'in_progress' then 4
            else 5
        end as status_precedence,
        case claim_month.program when 'cocm' then 1 else 2 end as program_precedence
    from claim_month
    inner join month_status
        on claim_month.patient_id = month_status.patient_id
        and claim_month.program = month_status.program
        and claim_month.service_month = month_status.service_month
    where claim_month.base_code is not null
),

rival as (
    select
        own.patient_id,
        own.program,
        own.service_month,
        min({{ candidate_id('other', 'base') }}) as suppressed_by
    from with_code as own
    inner join with_code as other
        on own.patient_id = other.patient_id
        and own.service_month = other.service_month
        and own.program <> other.program
    inner join exclusive_pair
        on (own.base_code = exclusive_pair.own_code or own.addon_code = exclusive_pair.own_code)
        and (other.base_code = exclusive_pair.other_code or other.addon_code = exclusive_pair.other_code)
        and {{ in_period('own.date_of_service', 'exclusive_pair.valid_from', 'exclusive_pair.valid_to') }}
    where
        other.status_precedence < own.status_precedence
        or (
            other.status_precedence = own.status_precedence
            and coalesce(other.month_amount_usd, -1) > coalesce(own.month_amount_usd, -1)
        )
        or (
            other.status_precedence = own.status_precedence
            and coalesce(other.month_amount_usd, -1) = coalesce(own.month_amount_usd, -1)
            and other.program_precedence < own.program_precedence
        )
    group by own.patient_id, own.program, own.service_month
),

final as (
    select
        month_status.patient_id,
        month_status.program,
        month_status.service_month,
        case when rival.suppressed_by is null then month_status.own_status else 'not_billable' end as status,
        month_status.blocking_check_ids,
        month_status.review_check_ids,
        rival.suppressed_by
    from month_status
    left join rival
        on month_status.patient_id = rival.patient_id
        and month_status.program = rival.program
        and month_status.service_month = rival.service_month
)

select * from final
