-- Every delivered version of a staffing row, under one key: its start may be blank.
with version as (
    select * from {{ ref('stg_feed__staffing') }}
),

final as (
    select
        practitioner_id || '|' || team_id || '|' || role || '|'
        || coalesce(cast(effective_from as {{ dbt.type_string() }}), '') as staffing_key,
        practitioner_id,
        team_id,
        role,
        fte,
        hourly_cost_usd,
        coalesce(effective_from, {{ first_day() }}) as valid_from,
        {{ day_after('effective_to') }} as valid_until,
        effective_to,
        is_deleted,
        updated_at,
        _delivered_on,
        _source_file,
        _row_number
    from version
)

select * from final
