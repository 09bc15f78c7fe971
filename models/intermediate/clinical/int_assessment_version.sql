-- Every version of an assessment: those that were delivered, forms put together of items, which have one version each, and
-- what takes a scale back that a later version of its form holds no more.
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

-- The scales of a FHIR form beside the one that it is known by: their ids are the form's, `#` and the scale.
beside as (
    select distinct
        assessment_id,
        patient_id,
        {{ dbt.split_part('assessment_id', "'#'", 1) }} as form_id
    from sent
    where
        assessment_id like '%#%'
        and _source_file like 'fhir/%'
        and not is_deleted
),

withdrawn as (
    select
        beside.assessment_id,
        beside.patient_id,
        form.time_zone,
        form.updated_at,
        form._delivered_on,
        form._source_file,
        form._row_number
    from beside
    inner join sent as form
        on beside.form_id = form.assessment_id
    left join sent as still
        on beside.assessment_id = still.assessment_id
        and form._source_file = still._source_file
        and form._row_number = still._row_number
    where still.assessment_id is null
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
    union all
    select
        withdrawn.assessment_id,
        withdrawn.patient_id,
        cast(null as {{ dbt.type_string() }}) as encounter_id,
        cast(null as {{ dbt.type_string() }}) as instrument,
        cast(null as {{ dbt.type_string() }}) as counts_as,
        false as is_validated,
        cast(null as {{ dbt.type_int() }}) as remission_below,
        cast(null as {{ dbt.type_numeric() }}) as response_fraction,
        cast(null as {{ dbt.type_int() }}) as score,
        cast(null as {{ dbt.type_int() }}) as item9_score,
        cast(null as {{ dbt.type_string() }}) as screen_result,
        cast(null as {{ dbt.type_string() }}) as not_done_reason,
        cast(null as {{ dbt.type_timestamp() }}) as taken_at,
        cast(null as date) as taken_on,
        withdrawn.time_zone,
        cast(null as {{ dbt.type_string() }}) as status,
        cast(null as {{ dbt.type_string() }}) as reject_reason,
        cast(null as {{ dbt.type_string() }}) as site_columns,
        true as is_deleted,
        withdrawn.updated_at,
        withdrawn._delivered_on,
        withdrawn._source_file,
        withdrawn._row_number
    from withdrawn
)

select * from final
