-- To whose referral an episode is owed: the one that it names, else the patient's last one in the days before its start.
with episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        has_force
        and program in ('cocm', 'bhi', 'pcbh')
        and started_on <= {{ as_of_date() }}
),

referral as (
    select * from {{ ref('int_referral_sent') }}
    where referrer_id is not null
),

candidate as (
    select
        episode.episode_id,
        referral.referral_id,
        referral.referrer_id,
        referral.authored_at,
        1 as precedence
    from episode
    inner join referral
        on episode.referral_id = referral.referral_id
    union all
    select
        episode.episode_id,
        referral.referral_id,
        referral.referrer_id,
        referral.authored_at,
        2 as precedence
    from episode
    inner join referral
        on episode.patient_id = referral.patient_id
        and episode.started_on >= referral.authored_on
        and {{ days_between('referral.authored_on', 'episode.started_on') }} <= {{ threshold_days('referral_enrolment_days') }}
),

ranked as (
    select
        candidate.*,
        row_number() over (
            partition by candidate.episode_id
            order by candidate.precedence asc, candidate.authored_at desc, candidate.referral_id asc
        ) as referral_rank
    from candidate
),

final as (
    select
        episode.episode_id,
        episode.patient_id,
        episode.program,
        episode.started_on,
        ranked.referral_id,
        ranked.referrer_id
    from episode
    inner join ranked
        on episode.episode_id = ranked.episode_id
        and ranked.referral_rank = 1
)

select * from final
