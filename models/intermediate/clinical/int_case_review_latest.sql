-- Psychiatric case reviews as they are known now, in UTC.
with case_review as (
    {{ latest_version('stg_feed__case_review', ['review_id']) }}
),

zoned as (
    select
        case_review.*,
        {{ row_time_zone(team=false) }} as time_zone
    from case_review
    {{ join_row_time_zone('case_review', 'case_review.reviewed_at',
        practitioner='case_review.psychiatric_consultant_id', patient='case_review.patient_id') }}
    where case_review.status <> 'entered-in-error'
),

final as (
    select
        zoned.review_id,
        zoned.patient_id,
        zoned.psychiatric_consultant_id,
        zoned.care_manager_id,
        zoned.recommendation,
        zoned.outcome,
        zoned.time_zone,
        {{ utc_instant('zoned.reviewed_at', 'review_offset') }} as reviewed_at,
        {{ utc_instant('zoned.communicated_at', 'told_offset') }} as communicated_at,
        {{ utc_instant('zoned.acted_at', 'act_offset') }} as acted_at
    from zoned
    {{ join_offset_of_local('review_offset', 'zoned.time_zone', 'zoned.reviewed_at', 'zoned.reviewed_at_is_local') }}
    {{ join_offset_of_local('told_offset', 'zoned.time_zone', 'zoned.communicated_at', 'zoned.communicated_at_is_local') }}
    {{ join_offset_of_local('act_offset', 'zoned.time_zone', 'zoned.acted_at', 'zoned.acted_at_is_local') }}
)

select * from final
