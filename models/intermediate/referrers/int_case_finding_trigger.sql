-- Every rule that a patient triggers on a clinic date, in words: what, its value, its date.
with found as (
    {%- for part in ['score', 'condition', 'emergency', 'no_screen'] %}
    select * from {{ ref('int_trigger_' ~ part) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

rule_row as (
    select * from {{ ref('case_finding_rule') }}
),

final as (
    select
        found.clinic_date,
        found.patient_id,
        found.rule_id,
        rule_row.priority,
        found.evidence_on,
        found.evidence_value,
        rule_row.sentence || ': ' || found.evidence_value
        || coalesce(' on ' || cast(found.evidence_on as {{ dbt.type_string() }}), '') as trigger_text
    from found
    inner join rule_row
        on found.rule_id = rule_row.rule_id
        and {{ in_period('found.clinic_date', 'rule_row.valid_from', 'rule_row.valid_to') }}
)

select * from final
