-- Consents that were given, with the moments between which they hold, in UTC.
with consent as (
    {{ latest_known('stg_feed__consent', ['consent_id'], patient='patient_id') }}
),

zoned as (
    select
        consent.*,
        {{ row_time_zone(team=false) }} as time_zone
    from consent
    {{ join_row_time_zone('consent', 'consent.granted_at', practitioner='consent.recorded_by',
        patient='consent.patient_id') }}
    where consent.status in ('active', 'inactive')
),

final as (
    select
        zoned.knowledge_id,
        zoned.consent_id,
        zoned.patient_id,
        zoned.program,
        {{ utc_instant('zoned.granted_at', 'grant_offset') }} as granted_at,
        {{ utc_instant('zoned.revoked_at', 'revoke_offset') }} as revoked_at
    from zoned
    {{ join_offset_of_local('grant_offset', 'zoned.time_zone', 'zoned.granted_at', 'zoned.granted_at_is_local') }}
    {{ join_offset_of_local('revoke_offset', 'zoned.time_zone', 'zoned.revoked_at', 'zoned.revoked_at_is_local') }}
)

select * from final
