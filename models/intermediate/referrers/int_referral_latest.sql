-- Referrals as they are known now, in UTC and by the local date they were written on; errors are none, drafts are kept.
with referral as (
    {{ latest_version('stg_feed__referral', ['referral_id']) }}
),

zoned as (
    select
        referral.*,
        {{ row_time_zone() }} as time_zone
    from referral
    {{ join_row_time_zone('referral', 'referral.authored_at', team='referral.team_id',
        practitioner='referral.referrer_id', patient='referral.patient_id') }}
    where referral.status <> 'entered-in-error'
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.authored_at', 'write_offset') }} as authored_at_utc
    from zoned
    {{ join_offset_of_local('write_offset', 'zoned.time_zone', 'zoned.authored_at', 'zoned.authored_at_is_local') }}
),

final as (
    select
        instant.referral_id,
        instant.patient_id,
        instant.referrer_id,
        instant.team_id,
        instant.service_line,
        instant.method,
        instant.reason_code,
        instant.service_code,
        instant.intent,
        instant.do_not_perform,
        instant.status,
        instant.time_zone,
        instant.authored_at_utc as authored_at,
        {{ local_date('instant.authored_at_utc', 'day_offset') }} as authored_on
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.authored_at_utc') }}
)

select * from final
