-- Referrals that led to a first contact of the episode that names them, and the days between.
with referral as (
    select * from {{ ref('int_referral_latest') }}
    where status <> 'draft'
),

episode as (
    select * from {{ ref('int_episode_latest') }}
    where
        program = 'cocm'
        and has_force
        and team_id is not null
),

contact as (
    select * from {{ ref('int_cocm_contact') }}
),

contacted as (
    select
        referral.referral_id,
        episode.patient_id,
        episode.team_id,
        contact.contact_on,
        {{ days_between('referral.authored_on', 'contact.contact_on') }} as days_to_contact,
        row_number() over (
            partition by referral.referral_id
            order by contact.contact_on asc, episode.episode_id asc, contact.contact_number asc
        ) as contact_rank
    from referral
    inner join episode
        on referral.referral_id = episode.referral_id
    inner join contact
        on episode.episode_id = contact.episode_id
        and referral.authored_on <= contact.contact_on
),

final as (
    select
        referral_id,
        patient_id,
        team_id,
        contact_on,
        cast(days_to_contact as integer) as days_to_contact
    from contacted
    where contact_rank = 1
)

select * from final
