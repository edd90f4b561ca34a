{# The lead of a moment's key. #}
{% macro lead_of_moment(moment_key) -%}
    {{ adapter.dispatch('lead_of_moment', 'leadscore')(moment_key) }}
{%- endmacro %}

{% macro default__lead_of_moment(moment_key) -%}
    ({{ moment_key }} - {{ moment_key }} % 2) / 2
{%- endmacro %}

{% macro duckdb__lead_of_moment(moment_key) -%}
    ({{ moment_key }} // 2)
{%- endmacro %}


{# Whether what a date passes by days_from_now is another on the later of two days than on the earlier one. #}
{% macro range_is_crossed(matched, earlier, later) -%}
    (
        {{ earlier }} <> {{ later }}
        and {{ lies_within(days_between(earlier, matched ~ '.value_date'), matched ~ '.low_days', matched ~ '.high_days') }}
        <> {{ lies_within(days_between(later, matched ~ '.value_date'), matched ~ '.low_days', matched ~ '.high_days') }}
    )
{%- endmacro %}


{# The moment at which an event is one day older than so many days. Args: occurred_at; days, a whole number. #}
{% macro day_later(occurred_at, days) -%}
    {{ microseconds_later(occurred_at, '(' ~ days ~ ' + 1) * 86400000000') }}
{%- endmacro %}


{# The earlier of two moments, of which either may be null. #}
{% macro earlier_of(first, second) -%}
    coalesce(least({{ first }}, {{ second }}), {{ first }}, {{ second }})
{%- endmacro %}
