-- The patients of the screening measure: excluded, met, excepted or none of these.
with member as (
    select distinct
        period_start_on,
        patient_id,
        age_years
    from {{ ref('int_screening_visit') }}
),

screened as (
    select
        latest.period_start_on,
        latest.patient_id,
        latest.screen_kind,
        latest.screened_on,
        latest.score,
        latest.screen_result = 'negative' or followup.patient_id is not null as is_answered
    from {{ ref('int_screening_latest') }} as latest
    left join {{ ref('int_screening_followup') }} as followup
        on latest.period_start_on = followup.period_start_on
        and latest.patient_id = followup.patient_id
        and latest.screen_kind = followup.screen_kind
),

not_done as (
    select not_done.*
    from {{ ref('int_screening_not_done') }} as not_done
    left join screened
        on not_done.period_start_on = screened.period_start_on
        and not_done.patient_id = screened.patient_id
        and not_done.screen_kind = screened.screen_kind
    where screened.patient_id is null
),

excepted as (
    select
        period_start_on,
        patient_id,
        max(not_done_reason) as not_done_reason,
        max(not_done_on) as not_done_on
    from not_done
    group by period_start_on, patient_id
),

answer as (
    select
        member.period_start_on,
        member.patient_id,
        max(case when screened.is_answered then 1 else 0 end) = 1 as is_met,
        coalesce(
            max(case when screened.is_answered then screened.screened_on end), max(screened.screened_on)
        ) as screened_on,
        coalesce(max(case when screened.is_answered then screened.score end), max(screened.score)) as score
    from member
    inner join screened
        on member.period_start_on = screened.period_start_on
        and member.patient_id = screened.patient_id
    where
        (screened.screen_kind = 'adult' and member.age_years >= {{ threshold('measure_adult_screen_age_years') }})
        or (
            screened.screen_kind = 'adolescent'
            and member.age_years <= {{ threshold('measure_adolescent_screen_max_age_years') }}
        )
    group by member.period_start_on, member.patient_id
),

judged as (
    select
        member.period_start_on,
        member.patient_id,
        exclusion.patient_id is not null as is_excluded,
        exclusion.patient_id is null and coalesce(answer.is_met, false) as is_met,
        excepted.not_done_reason,
        coalesce(answer.screened_on, excepted.not_done_on) as evidence_on,
        answer.score as evidence_value
    from member
    left join {{ ref('int_screening_exclusion') }} as exclusion
        on member.period_start_on = exclusion.period_start_on
        and member.patient_id = exclusion.patient_id
    left join answer
        on member.period_start_on = answer.period_start_on
        and member.patient_id = answer.patient_id
    left join excepted
        on member.period_start_on = excepted.period_start_on
        and member.patient_id = excepted.patient_id
),

final as (
    select
        'cms2_screening_followup' as metric_id,
        period_start_on,
        patient_id,
        not is_excluded and (is_met or not_done_reason is null) as in_denominator,
        is_met as in_numerator,
        case
            when is_excluded then 'denominator_exclusion:bipolar_disorder'
            when is_met then null
            when not_done_reason = 'refused' then 'denominator_exception:patient_refused'
            when not_done_reason = 'medical' then 'denominator_exception:medical_reason'
        end as exclusion_reason,
        evidence_on,
        evidence_value
    from judged
)

select * from final
