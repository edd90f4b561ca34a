{# Measures of events. #}

{# Whole days of 24 hours from an event to the scoring moment. #}
{% macro age_in_days(occurred_at, scored_at) -%}
    {{ whole_quotient(microseconds_between(occurred_at, scored_at), 86400000000) }}
{%- endmacro %}


{# Whether an event is younger than so many days of 24 hours. #}
{% macro is_younger_than(occurred_at, scored_at, days) -%}
    ({{ microseconds_between(occurred_at, scored_at) }} < {{ window_microseconds(days) }})
{%- endmacro %}


{# The window as whole microseconds; no window is longer than the calendar. #}
{% macro window_microseconds(window_days) -%}
    cast(coalesce({{ window_days }}, 4000000) as bigint) * 86400000000
{%- endmacro %}


{# By what a criterion's measure or decay tells its events apart, as the codes that step_kind gives. #}
{% macro step_kinds() %}
    {{ return({'none': 0, 'day': 1, 'value': 2, 'age': 3}) }}
{% endmacro %}

{# The code of a criterion; its row of int_policy__criteria goes by the alias `criteria`. #}
{% macro step_kind(criteria) -%}
    case
        when {{ criteria }}.measure = 'distinct_days' then {{ step_kinds().day }}
        when {{ criteria }}.measure_property is not null then {{ step_kinds().value }}
        when {{ criteria }}.decay <> 'none' and {{ criteria }}.frequency = 'every' then {{ step_kinds().age }}
        else {{ step_kinds().none }}
    end
{%- endmacro %}

{# The number by which an event is told apart: its UTC date in days, its value's key, or its age in whole days. #}
{% macro measure_step(step_kind, occurred_at, value_key, scored_at) -%}
    case {{ step_kind }}
        when {{ step_kinds().day }}
            then {{ days_between("cast('1970-01-01' as date)", 'cast(' ~ occurred_at ~ ' as date)') }}
        when {{ step_kinds().value }} then {{ value_key }}
        else {{ age_in_days(occurred_at, scored_at) }}
    end
{%- endmacro %}


{#
    The measure as a decimal with 6 places; null where there is nothing to compare, so that the criterion is not met.
    Args: measure, its name; measured, the alias of a row with event_count, base_count, step_count,
    value_count and number_sum; youngest_age, the whole days of the youngest event's age.
#}
{% macro measure_value(measure, measured, youngest_age) -%}
    cast(
        case {{ measure }}
            when 'count' then {{ measured }}.event_count
            when 'distinct_days' then {{ measured }}.step_count
            when 'distinct_values' then {{ measured }}.value_count
            when 'sum' then {{ measured }}.number_sum
            when 'days_since_last' then {{ youngest_age }}
            when 'rate'
                then
                    case
                        when {{ measured }}.base_count > 0
                            then {{ rounded_quotient(measured ~ '.event_count', measured ~ '.base_count', 6) }}
                    end
        end as decimal(38, 6)
    )
{%- endmacro %}


{# Whether a criterion's condition holds for a lead without a single matching event: an absence. #}
{% macro holds_without_events(criteria) -%}
    (
        {{ criteria }}.measure in ('count', 'distinct_days', 'distinct_values')
        and {{ lies_within('0', criteria ~ '.at_least', criteria ~ '.at_most') }}
    )
{%- endmacro %}


{#
    The value key of the property that a rule measures, null when it measures none.
    Args: measured_item, which of the properties, counted from 1; properties, as declared_properties gives them.
    Reads the columns of the relation `events`.
#}
{% macro measured_property_key(measured_item, properties) -%}
    case
        when {{ measured_item }} is null then cast(null as integer)
        {%- for property in properties %}
        when {{ measured_item }} = {{ loop.index }} then events.{{ property.alias }}_key
        {%- endfor %}
    end
{%- endmacro %}
