{#
    The sets of moments with the number by which each is known in a moment's key, in order from 0. A lead has at most one
    moment of each: `live` now, `trend` some days earlier, `backtest` its own.
#}
{% macro moment_sets() %}
    {{ return({'live': 0, 'trend': 1, 'backtest': 2}) }}
{% endmacro %}


{# The key of a lead's moment. Args: lead_key, an SQL expression; moment_set, a name. #}
{% macro moment_key_of(lead_key, moment_set) -%}
    ({{ lead_key }} * {{ moment_sets() | length }} + {{ moment_sets()[moment_set] }})
{%- endmacro %}


{# The number of a moment's set. #}
{% macro set_of_moment(moment_key) -%}
    ({{ moment_key }} % {{ moment_sets() | length }})
{%- endmacro %}


{# The lead of a moment's key. #}
{% macro lead_of_moment(moment_key) -%}
    {{ adapter.dispatch('lead_of_moment', 'leadscore')(moment_key) }}
{%- endmacro %}

{% macro default__lead_of_moment(moment_key) -%}
    ({{ moment_key }} - {{ set_of_moment(moment_key) }}) / {{ moment_sets() | length }}
{%- endmacro %}

{% macro spark__lead_of_moment(moment_key) -%}
    cast({{ moment_key }} div {{ moment_sets() | length }} as int)
{%- endmacro %}

{% macro duckdb__lead_of_moment(moment_key) -%}
    ({{ moment_key }} // {{ moment_sets() | length }})
{%- endmacro %}


{#
    The time that a moment's set has come to in this run; null for a set whose moments stay where they are, which time
    alone never changes. Args: moment_key; this_run, the relation with as_of and trend_at.
#}
{% macro moved_moment(moment_key, this_run) -%}
    case {{ set_of_moment(moment_key) }}
        when {{ moment_sets()['live'] }} then {{ this_run }}.as_of
        when {{ moment_sets()['trend'] }} then {{ this_run }}.trend_at
    end
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
