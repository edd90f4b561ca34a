{# The test of one item: an attribute's value or an event's property. #}

{# Whether one alternative of a text test is found in a value; both in lower case, without wildcards. #}
{% macro alternative_is_found(operator, value, alternative) -%}
    case
        when {{ operator }} in ('equals', 'not_equals')
            then {{ value }} = {{ alternative }}
        when {{ operator }} in ('contains', 'not_contains')
            then position({{ alternative }} in {{ value }}) > 0
        when {{ operator }} = 'starts_with'
            then substr({{ value }}, 1, length({{ alternative }})) = {{ alternative }}
        when {{ operator }} = 'ends_with'
            then
                length({{ value }}) >= length({{ alternative }})
                and substr({{ value }}, length({{ value }}) - length({{ alternative }}) + 1) = {{ alternative }}
        else false
    end
{%- endmacro %}


{#
    Whether a value passes a test. Of `days_from_now` only that the value is a time: the rest
    hangs on the scoring moment (days_from_now_holds).
    Args:
        tested: alias of a row with operator, value_folded (null: not known), value_number, value_date,
            low_number, high_number and pattern.
        any_alternative_found: boolean expression.
#}
{% macro value_passes_test(tested, any_alternative_found) -%}
    case
        when {{ tested }}.value_folded is null
            then {{ tested }}.operator = 'is_not_set'
        when {{ tested }}.operator in ('equals', 'contains', 'starts_with', 'ends_with')
            then {{ any_alternative_found }}
        when {{ tested }}.operator in ('not_equals', 'not_contains')
            then not {{ any_alternative_found }}
        when {{ tested }}.operator = 'matches'
            then {{ regex_found(
                "replace(replace(" ~ tested ~ ".value_folded, chr(13), ' '), chr(10), ' ')", tested ~ '.pattern'
            ) }}
        when {{ tested }}.operator = 'between'
            then
                {{ tested }}.value_number is not null
                and {{ lies_within(tested ~ '.value_number', tested ~ '.low_number', tested ~ '.high_number') }}
        when {{ tested }}.operator = 'days_from_now'
            then {{ tested }}.value_date is not null
        when {{ tested }}.operator = 'is_true'
            then {{ tested }}.value_folded in ('true', 'yes', 'y', '1', 't')
        when {{ tested }}.operator = 'is_false'
            then {{ tested }}.value_folded in ('false', 'no', 'n', '0', 'f')
        else {{ tested }}.operator = 'is_set'
    end
{%- endmacro %}


{# Whether a matched value also passes at a moment: always, but for days_from_now. #}
{% macro days_from_now_holds(matched, scored_at) -%}
    (
        {{ matched }}.value_date is null
        or {{ lies_within(
            days_between('cast(' ~ scored_at ~ ' as date)', matched ~ '.value_date'),
            matched ~ '.low_days',
            matched ~ '.high_days'
        ) }}
    )
{%- endmacro %}


{# Whether a number lies within inclusive bounds; a null bound is open. #}
{% macro lies_within(number, low, high) -%}
    (({{ low }} is null or {{ number }} >= {{ low }}) and ({{ high }} is null or {{ number }} <= {{ high }}))
{%- endmacro %}
