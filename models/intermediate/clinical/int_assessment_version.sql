-- Every version of an assessment: those that were delivered, and forms put together of items, which have one version each.
{{ config(materialized='view') }}

with sent as (
    select * from {{ ref('int_assessment_sent') }}
),

of_items as (
    select * from {{ ref('int_assessment_of_items') }}
    where
        score is not null
        or item9_score is not null
),

instrument as (
    select * from {{ ref('assessment_instrument') }}
),

final as (
    select
        assessment_id,
        patient_id,
        encounter_id,
        instrument,
        counts_as,
        is_validated,
        remission_below,
        response_fraction,
        score,
        item9_score,
        screen_result,
        not_done_reason,
        taken_at,
        taken_on,
        time_zone,
        status,
        reject_reason,
        site_columns,
        is_deleted,
        updated_at,
        _delivered_on,
        _source_file,
        _row_number
    from sent
    union all
    select
        of_items.assessment_id,
        of_items.patient_id,
        of_items.encounter_id,
        of_items.instrument,
        of_items.counts_as,
        coalesce(instrument.is_validated, false) as is_validated,
        instrument.remission_below,
        instrument.response_fraction,
        of_items.score,
        of_items.item9_score,
        cast(null as {{ dbt.type_string() }}) as screen_result,
        cast(null as {{ dbt.type_string() }}) as not_done_reason,
        of_items.taken_at,
        of_items.taken_on,
        of_items.time_zone,
        'final' as status,
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        cast(null as {{ dbt.type_string() }}) as site_columns,
        false as is_deleted,
        of_items.updated_at,
        of_items._delivered_on,
        of_items._source_file,
        of_items._row_number
    from of_items
    left join instrument
        on of_items.instrument = instrument.instrument
        and {{ in_period('of_items.taken_on', 'instrument.valid_from', 'instrument.valid_to') }}
)

select * from final
