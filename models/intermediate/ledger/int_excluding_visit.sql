-- Visits whose time is not a care manager's minutes: billed on their own (for the practitioner who held them), and stays
-- in a facility (for everyone).
with encounter_version as (
    {{ latest_known('stg_feed__encounter', ['encounter_id'], patient='patient_id') }}
),

ledger_patient as (
    select * from {{ ref('int_ledger_patient') }}
),

procedure_code as (
    select * from {{ ref('procedure_code') }}
    where is_separately_billed
),

of_ledger as (
    select
        encounter_version.*,
        {{ row_time_zone() }} as time_zone
    from encounter_version
    inner join ledger_patient
        on encounter_version.knowledge_id = ledger_patient.knowledge_id
        and encounter_version.patient_id = ledger_patient.patient_id
    {{ join_row_time_zone('encounter_version', 'encounter_version.started_at', team='encounter_version.team_id',
        practitioner='encounter_version.practitioner_id', patient='encounter_version.patient_id') }}
    where
        encounter_version.billing_codes is not null
        or encounter_version.encounter_class in ('inpatient', 'observation')
),

instant as (
    select
        of_ledger.*,
        {{ utc_instant('of_ledger.started_at', 'start_offset') }} as started_at_utc,
        {{ utc_instant('of_ledger.ended_at', 'end_offset') }} as ended_at_utc
    from of_ledger
    {{ join_offset_of_local('start_offset', 'of_ledger.time_zone', 'of_ledger.started_at',
        'of_ledger.started_at_is_local') }}
    {{ join_offset_of_local('end_offset', 'of_ledger.time_zone', 'of_ledger.ended_at', 'of_ledger.ended_at_is_local') }}
),

final as (
    select distinct
        instant.knowledge_id,
        instant.encounter_id,
        instant.patient_id,
        instant.practitioner_id,
        'billed_separately' as exclusion,
        instant.started_at_utc as started_at,
        instant.ended_at_utc as ended_at
    from instant
    inner join procedure_code
        on {{ list_has("replace(instant.billing_codes, ' ', '')", 'procedure_code.procedure_code') }}
        and {{ in_period('cast(instant.started_at_utc as date)', 'procedure_code.valid_from', 'procedure_code.valid_to') }}
    where
        instant.status = 'finished'
        and instant.ended_at_utc is not null
    union all
    select
        knowledge_id,
        encounter_id,
        patient_id,
        cast(null as {{ dbt.type_string() }}) as practitioner_id,
        'facility_stay' as exclusion,
        started_at_utc as started_at,
        coalesce(ended_at_utc, cast({{ last_day_of_time() }} as timestamp)) as ended_at
    from instant
    where
        encounter_class in ('inpatient', 'observation')
        and status not in ('cancelled', 'planned', 'noshow', 'entered-in-error')
)

select * from final
