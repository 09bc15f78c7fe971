{#- The keyed hash of a record's business key, the same that ingestion makes. -#}
{% macro record_key_hash(hash_key, feed, record_key) -%}
{{ adapter.dispatch('sha256_hex')(hash_key ~ " || '|' || " ~ feed ~ " || '|' || coalesce(" ~ record_key ~ ", '')") }}
{%- endmacro %}

{% macro default__sha256_hex(text) -%}
sha2({{ text }}, 256)
{%- endmacro %}

{% macro duckdb__sha256_hex(text) -%}
sha256({{ text }})
{%- endmacro %}

{% macro postgres__sha256_hex(text) -%}
encode(sha256(convert_to({{ text }}, 'UTF8')), 'hex')
{%- endmacro %}
