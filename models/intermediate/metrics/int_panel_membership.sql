-- Whose panels a patient was in, and when: team, PCP and site, to the day of death. A patient counts once in each.
with panel as (
    {{ latest_version('stg_feed__panel', ['patient_id', 'effective_from']) }}
),

patient as (
    select * from {{ ref('int_patient_latest') }}
),

team as (
    select * from {{ ref('int_team_zoned') }}
),

dated as (
    select
        panel.patient_id,
        panel.team_id,
        panel.pcp_id,
        team.site_id,
        panel.effective_from as valid_from,
        least({{ day_after('panel.effective_to') }}, {{ day_after('patient.deceased_on') }}) as valid_until
    from panel
    left join patient
        on panel.patient_id = patient.patient_id
    left join team
        on panel.team_id = team.team_id
),

lone_patient as (
    select patient_id
    from dated
    group by patient_id
    having count(*) = 1
),

parted as (
    select
        dated.*,
        lone_patient.patient_id is not null as is_lone
    from dated
    left join lone_patient
        on dated.patient_id = lone_patient.patient_id
    where dated.valid_from < dated.valid_until
),

membership as (
    {{ by_entity('parted', ['patient_id', 'valid_from', 'valid_until', 'is_lone'],
        [('team', 'team_id'), ('practitioner', 'pcp_id'), ('site', 'site_id')]) }}
),

followed as (
    select
        entity_type,
        entity_id,
        patient_id,
        valid_from,
        valid_until,
        max(valid_until) over (
            partition by entity_type, entity_id, patient_id
            order by valid_from asc, valid_until asc
            rows between unbounded preceding and 1 preceding
        ) as reached_before
    from membership
    where not is_lone
),

numbered as (
    select
        entity_type,
        entity_id,
        patient_id,
        valid_from,
        valid_until,
        sum(case when reached_before >= valid_from then 0 else 1 end) over (
            partition by entity_type, entity_id, patient_id
            order by valid_from asc, valid_until asc
            rows between unbounded preceding and current row
        ) as stretch_number
    from followed
),

final as (
    select
        entity_type,
        entity_id,
        patient_id,
        valid_from,
        valid_until
    from membership
    where is_lone
    union all
    select
        entity_type,
        entity_id,
        patient_id,
        min(valid_from) as valid_from,
        max(valid_until) as valid_until
    from numbered
    group by entity_type, entity_id, patient_id, stretch_number
)

select * from final
