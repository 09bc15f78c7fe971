-- An episode in force with what its flags are raised on.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where is_in_force
),

panel_period as (
    select * from {{ ref('int_panel_period') }}
    where
        valid_from <= {{ as_of_date() }}
        and valid_until > {{ as_of_date() }}
),

score as (
    select * from {{ ref('int_registry_score') }}
),

baseline as (
    select * from {{ ref('int_episode_baseline') }}
),

first_score as (
    select
        episode_id,
        max(case when counts_as = 'PHQ-9' then baseline_score end) as first_phq9,
        max(case when counts_as = 'PHQ-9' then baseline_on end) as first_phq9_on,
        max(case when counts_as = 'GAD-7' then baseline_score end) as first_gad7,
        max(case when counts_as = 'GAD-7' then baseline_on end) as first_gad7_on
    from baseline
    group by episode_id
),

contact as (
    select * from {{ ref('int_episode_contact') }}
),

review as (
    select * from {{ ref('int_episode_review') }}
),

month_of_now as (
    select * from {{ ref('fct_patient_month') }}
    where service_month = {{ month_of(as_of_date()) }}
),

summary as (
    select
        episode_id,
        max(taken_on) as last_score_on,
        max(case when counts_as = 'PHQ-9' and latest_rank = 1 then score end) as latest_phq9,
        max(case when counts_as = 'PHQ-9' and latest_rank = 1 then taken_on end) as latest_phq9_on,
        max(case when counts_as = 'PHQ-9' and latest_rank = 1 then item9_score end) as latest_item9_score,
        max(case when counts_as = 'GAD-7' and latest_rank = 1 then score end) as latest_gad7,
        max(case when counts_as = 'GAD-7' and latest_rank = 1 then taken_on end) as latest_gad7_on,
        sum(case
            when counts_as = 'PHQ-9' and is_response and latest_rank <= {{ threshold('responses_in_a_row') }} then 1 else 0
        end) as phq9_responses,
        sum(case
            when counts_as = 'GAD-7' and is_response and latest_rank <= {{ threshold('responses_in_a_row') }} then 1 else 0
        end) as gad7_responses
    from score
    group by episode_id
),

treated as (
    select
        episode.*,
        panel_period.pcp_id,
        case when patient.deceased_on <= {{ as_of_date() }} then patient.deceased_on end as deceased_on,
        summary.last_score_on,
        first_score.first_phq9,
        first_score.first_phq9_on,
        summary.latest_phq9,
        summary.latest_phq9_on,
        summary.latest_item9_score as scored_item9,
        first_score.first_gad7,
        first_score.first_gad7_on,
        summary.latest_gad7,
        summary.latest_gad7_on,
        summary.phq9_responses,
        summary.gad7_responses,
        case when first_score.first_phq9 is not null then 'PHQ-9' else 'GAD-7' end as measured_by,
        contact.last_contact_on,
        coalesce(contact.recent_contacts, 0) as recent_contacts,
        review.last_case_review_on,
        review.oldest_open_recommendation_on,
        cast({{ days_between('episode.started_on', as_of_date()) }} as integer) as days_in_treatment,
        coalesce(month_of_now.credited_minutes, 0) as credited_minutes_this_month,
        month_of_now.minutes_to_next_tier,
        month_of_now.next_tier_amount_usd
    from episode
    left join {{ ref('int_patient_latest') }} as patient
        on episode.patient_id = patient.patient_id
    left join panel_period
        on episode.patient_id = panel_period.patient_id
    left join summary
        on episode.episode_id = summary.episode_id
    left join first_score
        on episode.episode_id = first_score.episode_id
    left join contact
        on episode.episode_id = contact.episode_id
    left join review
        on episode.episode_id = review.episode_id
    left join month_of_now
        on episode.patient_id = month_of_now.patient_id
        and episode.program = month_of_now.program
),

final as (
    select
        treated.*,
        -- Of two answers of one day the higher one: a thought of self-harm is not lost.
        case
            when item9.answered_on > coalesce(treated.latest_phq9_on, {{ first_day() }}) then item9.item9_score
            when item9.answered_on = treated.latest_phq9_on then greatest(item9.item9_score, treated.scored_item9)
            else treated.scored_item9
        end as latest_item9_score,
        latest.is_response,
        latest.is_remission,
        latest.score as latest_score,
        latest.baseline_score,
        case treated.measured_by when 'PHQ-9' then treated.phq9_responses else treated.gad7_responses end
        >= {{ threshold('responses_in_a_row') }} as is_response_in_a_row,
        instrument.improved_below,
        case when treated.deceased_on is null then {{ add_days(
            'treated.last_contact_on',
            "case when treated.phase = 'relapse_prevention' then " ~ threshold_days('followup_due_days_relapse_prevention')
            ~ " else " ~ threshold_days('followup_due_days_active_treatment') ~ " end"
        ) }} end as followup_due_on
    from treated
    left join {{ ref('int_episode_safety_answer') }} as item9
        on treated.episode_id = item9.episode_id
    left join score as latest
        on treated.episode_id = latest.episode_id
        and treated.measured_by = latest.counts_as
        and latest.latest_rank = 1
    left join {{ ref('assessment_instrument') }} as instrument
        on treated.measured_by = instrument.instrument
        and {{ in_period(as_of_date(), 'instrument.valid_from', 'instrument.valid_to') }}
)

select * from final
