{# Measures of events. #}

{# Whole days of 24 hours from an event to the scoring moment. #}
{% macro age_in_days(occurred_at, scored_at) -%}
    {{ whole_quotient(microseconds_between(occurred_at, scored_at), 86400000000) }}
{%- endmacro %}


{# Whether an event lies inside the window: its age is less than window_days; null is no window. #}
{% macro is_younger_than(occurred_at, scored_at, window_days) -%}
    (
        {{ window_days }} is null
        or {{ microseconds_between(occurred_at, scored_at) }} < {{ window_days }} * 86400000000
    )
{%- endmacro %}


{#
    The number by which a criterion's measure or decay tells its events apart; null where it does not.
    Args: criteria, the alias of a row of int_policy__criteria; the event's date, the measured value's
    key in any case, and the event's age in whole days.
#}
{% macro measure_step(criteria, occurred_on, folded_key, age_days) -%}
    case
        when {{ criteria }}.measure = 'distinct_days'
            then {{ days_between("cast('1970-01-01' as date)", occurred_on) }}
        when {{ criteria }}.measure = 'distinct_values' then {{ folded_key }}
        when {{ criteria }}.decay <> 'none' and {{ criteria }}.frequency = 'every' then {{ age_days }}
    end
{%- endmacro %}


{#
    The measure as a decimal with 6 places; null where the contract says "not met".
    Args: measure, its name; measured, the alias of a row with event_count, base_count, step_count,
    number_sum and least_age_days.
#}
{% macro measure_value(measure, measured) -%}
    cast(
        case {{ measure }}
            when 'count' then {{ measured }}.event_count
            when 'distinct_days' then {{ measured }}.step_count
            when 'distinct_values' then {{ measured }}.step_count
            when 'sum' then {{ measured }}.number_sum
            when 'days_since_last' then {{ measured }}.least_age_days
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
