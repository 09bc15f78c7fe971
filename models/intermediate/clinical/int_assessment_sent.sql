-- Every delivered version of an assessment, in UTC, and why a version is refused.
with version as (
    select * from {{ ref('stg_feed__assessment') }}
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

zoned as (
    select
        version.*,
        {{ row_time_zone(team=false, encounter=true, practitioner=false) }} as time_zone
    from version
    {{ join_row_time_zone('version', 'version.taken_at', encounter='version.encounter_id', patient='version.patient_id') }}
),

instant as (
    select
        zoned.*,
        {{ utc_instant('zoned.taken_at', 'taken_offset') }} as taken_at_utc
    from zoned
    {{ join_offset_of_local('taken_offset', 'zoned.time_zone', 'zoned.taken_at', 'zoned.taken_at_is_local') }}
),

dated as (
    select
        instant.*,
        {{ local_date('instant.taken_at_utc', 'day_offset') }} as taken_on
    from instant
    {{ join_offset_at('day_offset', 'instant.time_zone', 'instant.taken_at_utc') }}
),

final as (
    select
        dated.assessment_id,
        dated.patient_id,
        dated.encounter_id,
        dated.instrument,
        coalesce(instrument.counts_as, dated.instrument) as counts_as,
        coalesce(instrument.is_validated, false) as is_validated,
        instrument.remission_below,
        instrument.response_fraction,
        dated.score,
        dated.item9_score,
        dated.screen_result,
        dated.not_done_reason,
        dated.taken_at_utc as taken_at,
        dated.taken_on,
        dated.time_zone,
        dated.status,
        case
            when not dated.is_deleted and (dated.score < instrument.min_score or dated.score > instrument.max_score)
                then 'out_of_range:score'
        end as reject_reason,
        dated.site_columns,
        dated.is_deleted,
        dated.updated_at,
        dated._delivered_on,
        dated._source_file,
        dated._row_number
    from dated
    left join instrument
        on dated.instrument = instrument.instrument
        and {{ in_period('dated.taken_on', 'instrument.valid_from', 'instrument.valid_to') }}
)

select * from final
