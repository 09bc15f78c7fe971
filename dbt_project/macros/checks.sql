{#- The checks of seeds/claim_check.csv in the order of their names; each is decided by the model int_check_<check_id>. -#}
{% macro claim_checks() -%}
{{ return([
    'age_limit', 'apcm_base', 'billing_practitioner', 'code_covered', 'consent_on_file', 'coverage_in_force',
    'eligible_diagnosis', 'initiating_visit', 'no_exclusive_code', 'not_already_billed', 'prior_authorization',
    'psychiatric_review', 'single_payer_month', 'timely_documentation', 'timely_filing', 'unit_limit',
    'validated_scale',
]) }}
{%- endmacro %}

{#- What every check says of a month. -#}
{% macro check_row(check_id, outcome, kind, id, on) -%}
claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        '{{ check_id }}' as check_id,
        {{ outcome }} as outcome,
        cast({{ kind }} as {{ dbt.type_string() }}) as evidence_kind,
        cast({{ id }} as {{ dbt.type_string() }}) as evidence_id,
        cast({{ on }} as date) as evidence_on
{%- endmacro %}

{#- The join of what was found for a month. -#}
{% macro join_found(found) -%}
left join {{ found }}
        on claim_month.patient_id = {{ found }}.patient_id
        and claim_month.program = {{ found }}.program
        and claim_month.service_month = {{ found }}.service_month
        and {{ found }}.found_rank = 1
{%- endmacro %}

{#- The key of what is looked for, ranked: one piece of evidence a month. -#}
{% macro found_columns(order) -%}
claim_month.patient_id,
        claim_month.program,
        claim_month.service_month,
        row_number() over (
            partition by claim_month.patient_id, claim_month.program, claim_month.service_month
            order by {{ order }}
        ) as found_rank
{%- endmacro %}

{#- Whether a string is a National Provider Identifier: ten digits whose last is the check digit over 80840 and the rest. -#}
{% macro is_npi(npi) -%}
coalesce(
            length({{ npi }}) = 10
            {%- for position in range(1, 11) %}
            and substring({{ npi }}, {{ position }}, 1) between '0' and '9'
            {%- endfor %}
            and (
                24
                {%- for position in range(1, 11) %}
                + {{ luhn_digit(npi, position) }}
                {%- endfor %}
            ) % 10 = 0,
            false
        )
{%- endmacro %}

{#- A digit's part in the check sum: every second one from the left is doubled, its digits added. 24 stands for 80840. -#}
{% macro luhn_digit(npi, position) -%}
{%- if position % 2 == 1 -%}
position(substring({{ npi }}, {{ position }}, 1) in '0516273849') - 1
{%- else -%}
position(substring({{ npi }}, {{ position }}, 1) in '0123456789') - 1
{%- endif -%}
{%- endmacro %}

{#- pass, fail or not_applicable. -#}
{% macro outcome_of(passes, is_not_applicable=none) -%}
case
            {%- if is_not_applicable %}
            when {{ is_not_applicable }} then 'not_applicable'
            {%- endif %}
            when {{ passes }} then 'pass'
            else 'fail'
        end
{%- endmacro %}

{#- Completed years of life on a day. -#}
{% macro age_in_years(birth_date, day) -%}
cast(extract(year from {{ day }}) as integer) - cast(extract(year from {{ birth_date }}) as integer)
        - case
            when
                cast(extract(month from {{ day }}) as integer) * 100 + cast(extract(day from {{ day }}) as integer)
                < cast(extract(month from {{ birth_date }}) as integer) * 100
                + cast(extract(day from {{ birth_date }}) as integer)
                then 1
            else 0
        end
{%- endmacro %}

{#- The names of a month's failed checks of one severity, in alphabetical order, each after a semicolon. -#}
{% macro failed_checks(severity) -%}
{% for check_id in claim_checks() -%}
max(case when severity = '{{ severity }}' and check_id = '{{ check_id }}' then ';{{ check_id }}' else '' end)
        {%- if not loop.last %} || {% endif %}
{%- endfor %}
{%- endmacro %}

{#- The name of a month's candidate: its base line or its add-on line, whatever codes they reach. -#}
{% macro candidate_id(row, line) -%}
{{ dbt.hash(row ~ ".patient_id || '|' || " ~ row ~ ".program || '|' || cast(" ~ row ~ ".service_month as " ~ dbt.type_string() ~ ") || '|" ~ line ~ "'") }}
{%- endmacro %}

{#- A code as the lists write it: xN behind it where there are several units. -#}
{% macro code_with_units(code, units) -%}
{{ code }} || case when {{ units }} > 1 then 'x' || cast({{ units }} as {{ dbt.type_string() }}) else '' end
{%- endmacro %}
