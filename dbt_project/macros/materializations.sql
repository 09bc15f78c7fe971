{#-
    Tables and views of the warehouse in DuckDB, made in the place of the old ones by one statement and one commit.

    dbt-duckdb builds beside the old table, renames both and drops the old one: seven statements and two commits a
    model, in an engine that replaces a table within a transaction. Whoever reads meanwhile has the old one either way.
-#}
{% materialization table, adapter='duckdb' %}
    {%- call(target) put_in_place('table') -%}
        {%- if config.get('contract').enforced -%}
            {{ get_assert_columns_equivalent(sql) }}
            create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
            insert into {{ target }} {{ get_column_names() }} ({{ get_select_subquery(sql) }});
        {%- else -%}
            create or replace table {{ target }} as ({{ sql }});
        {%- endif -%}
    {%- endcall -%}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb' %}
    {%- call(target) put_in_place('view') -%}
        {%- if config.get('contract').enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif -%}
        create or replace view {{ target }} as ({{ sql }});
    {%- endcall -%}
    {{ return({'relations': [this.incorporate(type='view')]}) }}
{% endmaterialization %}

{#-
    Run the caller's statement between the hooks of a model and commit it.

    kind: what the statement makes; what has the name of a model and is of the other kind is dropped before.
-#}
{% macro put_in_place(kind) -%}
    {%- set target = this.incorporate(type=kind) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- do drop_other_kind(target) -%}
    {%- set made = caller(target) -%}
    {%- call statement('main') -%}{{ made }}{%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}

{#- Drop what has the name of a table and is a view, or the other way round: nothing replaces its opposite. -#}
{% macro drop_other_kind(target) -%}
    {%- set existing = load_cached_relation(target) -%}
    {%- if existing is not none and existing.type != target.type -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
{%- endmacro %}
