{# What leadscore learn reads. #}

{#
    A query for the windows that events are measured in: a row for each of the given days, and one with null for all.
    Args: learn_windows, the var's list.
#}
{% macro learning_windows(learn_windows) -%}
    select cast(null as integer) as window_days
    {%- for days in learn_windows %}
    union all
    select cast({{ whole_days(days, 'learn_windows', 1) }} as integer) as window_days
    {%- endfor %}
{%- endmacro %}


{# Whether an event counts at the lead's own moment. Args: events, leads, windows: the aliases of those rows. #}
{% macro counts_for_learning(events, leads, windows) -%}
    (
        {{ events }}.known_at <= {{ leads }}.backtest_at
        and {{ is_younger_than(events ~ '.occurred_at', leads ~ '.backtest_at', windows ~ '.window_days') }}
    )
{%- endmacro %}
