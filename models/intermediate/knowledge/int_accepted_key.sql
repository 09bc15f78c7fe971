-- When a version of a record was accepted, for records of feeds of which something was refused before.
with rejected as (
    select feed, min(delivered_on) as first_refused_on
    from {{ ref('int_rejected_record') }}
    group by feed
),

hash_key as (
    select * from {{ ref('stg_reference__hash_key') }}
),

accepted as (
    {%- for feed, key in feed_keys().items() %}
    select
        '{{ feed }}' as feed,
        {% for column in key -%}
        coalesce(cast(version.{{ column }} as {{ dbt.type_string() }}), '')
        {%- if not loop.last %} || '|' || {% endif %}
        {%- endfor %} as record_key,
        version._delivered_on
    from {{ ref({'care_activity': 'int_care_activity_version', 'assessment': 'int_assessment_version'}.get(feed, 'stg_feed__' ~ feed)) }} as version
    where
        version._delivered_on >= (select rejected.first_refused_on from rejected where rejected.feed = '{{ feed }}')
        {%- if feed in ['care_activity', 'assessment'] %}
        and version.reject_reason is null
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select distinct
        accepted.feed,
        {{ record_key_hash('hash_key.hash_key', 'accepted.feed', 'accepted.record_key') }} as record_key_hash,
        accepted._delivered_on as accepted_on
    from accepted
    cross join hash_key
)

select * from final
