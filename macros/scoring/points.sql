{# When a criterion is met, and the points that it gives. #}

{# Whether a criterion is active and valid on a date (both ends included; null is open). #}
{% macro counts_on_date(criteria, date) -%}
    (
        {{ criteria }}.is_active
        and {{ lies_within(date, criteria ~ '.valid_from', criteria ~ '.valid_to') }}
    )
{%- endmacro %}


{# Whether all required and none of the excluding criteria hold; a null count is 0. #}
{% macro links_allow(required_count, required_held, excluding_held) -%}
    (
        coalesce({{ required_held }}, 0) = coalesce({{ required_count }}, 0)
        and coalesce({{ excluding_held }}, 0) = 0
    )
{%- endmacro %}


{#
    The points of a met criterion with 2 decimals: frequency, decay, then its own limit.
    Args:
        criteria: alias of a row of int_policy__criteria.
        measure: the measure (6 decimals; null for attributes).
        decayed: what decay leaves of the points (6 decimals; null without decay).
#}
{% macro criterion_points(criteria, measure, decayed) -%}
    {%- set unlimited -%}
    case
        when {{ decayed }} is not null and {{ criteria }}.decay <> 'none' then {{ decayed }}
        when {{ criteria }}.frequency = 'every'
            then {{ criteria }}.points * {{ full_steps(measure, criteria ~ '.every_n') }}
        else {{ criteria }}.points
    end
    {%- endset -%}
    case
        when {{ criteria }}.effect = 'disqualify' then cast(0 as decimal(38, 2))
        else cast({{ cut_to_size(unlimited, criteria ~ '.max_points') }} as decimal(38, 2))
    end
{%- endmacro %}


{# How many full steps of every_n a measure holds; none below 0. #}
{% macro full_steps(measure, every_n) -%}
    case
        when {{ measure }} > 0
            then {{ whole_quotient(scaled_up(measure, 6), scaled_up(every_n, 6)) }}
        else 0
    end
{%- endmacro %}
