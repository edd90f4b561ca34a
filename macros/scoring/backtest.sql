{# The back-test: each lead scored at its own moment, and what became of it afterwards. #}

{#
    Whether leads are scored at moments of their own. Without outcomes there is nothing to compare such scores with.
    Args: backtest, has_outcomes: the vars' values.
#}
{% macro is_backtested(backtest, has_outcomes) %}
    {{ return(backtest and has_outcomes) }}
{% endmacro %}


{#
    The column of leads that holds each one's own moment, in lower case; none where none is asked for.
    Args: backtest, backtest_moment_column: the vars' values.
#}
{% macro declared_moment_column(backtest, backtest_moment_column) %}
    {{ return((backtest_moment_column or '') | string | trim | lower if backtest else none) }}
{% endmacro %}


{# The value of a var that is a number of days. Args: value; name, of the var; least, the lowest number allowed. #}
{% macro whole_days(value, name, least) -%}
    {%- set given = value | string | trim -%}
    {%- if not modules.re.match('^[0-9]{1,5}$', given) or given | int < least -%}
        {{ exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ given ~ "'. Write a whole number of days from " ~ least ~ " to 99999."
        ) }}
    {%- endif -%}
    {{ given | int }}
{%- endmacro %}


{# Whether an outcome is a conversion, in any case. Args: outcome, an SQL expression; conversion_outcomes, the var's list. #}
{% macro is_conversion(outcome, conversion_outcomes) -%}
    {%- set names = [] -%}
    {%- for name in conversion_outcomes -%}
        {%- do names.append(leadscore.lower_case(text_literal(name | string | trim))) -%}
    {%- endfor -%}
    {{ leadscore.lower_case(outcome) ~ ' in (' ~ names | join(', ') ~ ')' if names else 'false' }}
{%- endmacro %}


{#
    Why a score of the back-test is left out, the first that applies; null where it counts.
    Args: has_converted_before, an SQL condition; window_ends_at, as_of: SQL expressions.
#}
{% macro exclusion_reason(has_converted_before, window_ends_at, as_of) -%}
    case
        when {{ has_converted_before }} then 'converted_before'
        when {{ window_ends_at }} > {{ as_of }} then 'window_open'
    end
{%- endmacro %}
