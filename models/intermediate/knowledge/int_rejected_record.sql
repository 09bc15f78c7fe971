-- Everything that was refused: at the door, and by the rules that need zones or seeds.
with door as (
    select * from {{ ref('stg_quarantine__record') }}
),

hash_key as (
    select * from {{ ref('stg_reference__hash_key') }}
),

ruled as (
    select
        'care_activity' as feed,
        entry_id as record_key,
        reject_reason,
        _delivered_on,
        _source_file,
        _row_number
    from {{ ref('int_care_activity_version') }}
    where reject_reason is not null
    union all
    select
        'assessment' as feed,
        assessment_id as record_key,
        reject_reason,
        _delivered_on,
        _source_file,
        _row_number
    from {{ ref('int_assessment_version') }}
    where reject_reason is not null
),

final as (
    select
        feed,
        delivered_on,
        source_file,
        row_number as source_row_number,
        record_key_hash,
        reason,
        true as is_refused_at_door
    from door
    union all
    select
        ruled.feed,
        ruled._delivered_on as delivered_on,
        ruled._source_file as source_file,
        ruled._row_number as source_row_number,
        {{ record_key_hash('hash_key.hash_key', 'ruled.feed', 'ruled.record_key') }} as record_key_hash,
        ruled.reject_reason as reason,
        false as is_refused_at_door
    from ruled
    cross join hash_key
)

select * from final
