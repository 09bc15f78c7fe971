{#- The rates of a referrer: name, what is counted, of what. -#}
{% macro referrer_rates() -%}
{{ return([
    ('referral_rate', 'likely_eligible_referred', 'likely_eligible_seen'),
    ('warm_handoff_share', 'warm_handoffs', 'referrals'),
    ('conversion_rate', 'converted_referrals', 'referrals'),
    ('penetration', 'visited_patients', 'panel_patients'),
]) }}
{%- endmacro %}

{#-
    A bound of Wilson's score interval of a share. Null where there is nothing to count.
    successes, total: columns. deviations: half the interval's width in standard deviations. side: - or +.
    Source: Wilson 1927, Journal of the American Statistical Association 22:209.
-#}
{% macro wilson_bound(successes, total, deviations, side) -%}
{%- set share = '(cast(' ~ successes ~ ' as double) / nullif(' ~ total ~ ', 0))' -%}
{%- set deviation = 'cast(' ~ deviations ~ ' as double)' -%}
{%- set limit = 'greatest(0.0' if side == '-' else 'least(1.0' -%}
case
            when {{ total }} > 0
                then {{ limit }}, (
                    {{ share }} + {{ deviation }} * {{ deviation }} / (2.0 * {{ total }})
                    {{ side }} {{ deviation }} * sqrt(
                        {{ share }} * (1.0 - {{ share }}) / {{ total }}
                        + {{ deviation }} * {{ deviation }} / (4.0 * {{ total }} * {{ total }})
                    )
                ) / (1.0 + {{ deviation }} * {{ deviation }} / {{ total }}))
        end
{%- endmacro %}

{#-
    A limit of a funnel plot: so many standard deviations of chance from the expected share, for a count of this size.
    Null where there is nothing to count or nothing expected.
-#}
{% macro funnel_limit(expected, total, deviations, side) -%}
{%- set limit = 'greatest(0.0' if side == '-' else 'least(1.0' -%}
case
            when {{ total }} > 0 and {{ expected }} is not null
                then {{ limit }}, {{ expected }} {{ side }} cast({{ deviations }} as double)
                    * sqrt({{ expected }} * (1.0 - {{ expected }}) / {{ total }}))
        end
{%- endmacro %}

{#- Where a share stands between the limits of its funnel plot. A share on a limit has not passed it. -#}
{% macro funnel_signal(share, total, minimum, low_inner, low_outer, high_inner, high_outer) -%}
case
            when coalesce({{ total }}, 0) < {{ minimum }} or {{ share }} is null then 'too_few'
            when {{ share }} > {{ high_outer }} then 'above_3sd'
            when {{ share }} > {{ high_inner }} then 'above_2sd'
            when {{ share }} < {{ low_outer }} then 'below_3sd'
            when {{ share }} < {{ low_inner }} then 'below_2sd'
            else 'within'
        end
{%- endmacro %}
