{# Numbers: decimals that are exact on every engine. #}

{% macro number_pattern() -%}
    '^[+-]?([0-9]{1,12}([.][0-9]*)?|[.][0-9]+)$'
{%- endmacro %}

{# Trimmed text as a decimal with 6 places, rounded half away from zero; null when it is no number. #}
{% macro parsed_number(text) -%}
    {{ adapter.dispatch('parsed_number', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__parsed_number(text) -%}
    case
        when {{ regex_found(text, number_pattern()) }} then cast({{ text }} as decimal(38, 6))
    end
{%- endmacro %}

{% macro duckdb__parsed_number(text) -%}
    case
        when {{ regex_found(text, number_pattern()) }} then try_cast({{ text }} as decimal(38, 6))
    end
{%- endmacro %}


{# The type of whole numbers that no product of the rules can outgrow. #}
{% macro type_whole() -%}
    {{ adapter.dispatch('type_whole', 'leadscore')() }}
{%- endmacro %}

{% macro default__type_whole() -%}
    decimal(38, 0)
{%- endmacro %}

{% macro duckdb__type_whole() -%}
    hugeint
{%- endmacro %}


{# Quotient of two whole numbers that are not negative, cut to a whole number. #}
{% macro whole_quotient(numerator, denominator) -%}
    {{ adapter.dispatch('whole_quotient', 'leadscore')(numerator, denominator) }}
{%- endmacro %}

{% macro default__whole_quotient(numerator, denominator) -%}
    div({{ numerator }}, {{ denominator }})
{%- endmacro %}

{% macro duckdb__whole_quotient(numerator, denominator) -%}
    (({{ numerator }}) // ({{ denominator }}))
{%- endmacro %}


{# An exact decimal with `places` decimals as a whole number of its smallest unit. #}
{% macro scaled_up(number, places) -%}
    cast(({{ number }}) * {{ 10 ** places }} as {{ type_whole() }})
{%- endmacro %}


{# A whole number of units of 10^-places as an exact decimal; no engine's `/` is trusted with it. #}
{% macro scaled_down(whole, places) -%}
    {%- set unit = '0.' ~ ('%0' ~ places ~ 'd') | format(1) if places else '1' -%}
    cast(
        cast({{ whole }} as decimal(38, 0)) * cast({{ unit }} as decimal({{ places + 1 }}, {{ places }}))
        as decimal(38, {{ places }})
    )
{%- endmacro %}


{#
    numerator / denominator, both exact with at most 6 decimals, denominator above 0,
    as a decimal with `places` decimals, rounded half away from zero without floating point.
#}
{% macro rounded_quotient(numerator, denominator, places) -%}
    {%- set top = scaled_up('cast(' ~ numerator ~ ' as decimal(38, 6))', 6) -%}
    {%- set bottom = scaled_up('cast(' ~ denominator ~ ' as decimal(38, 6))', 6) -%}
    (
        case when {{ numerator }} < 0 then -1 else 1 end
        * {{ scaled_down(
            whole_quotient('abs(' ~ top ~ ') * ' ~ (2 * 10 ** places) ~ ' + ' ~ bottom, '2 * ' ~ bottom),
            places
        ) }}
    )
{%- endmacro %}


{# 0.5 to the power exponent / divisor, rounded to 12 decimals: the one power that the rules need. #}
{% macro half_power(exponent, divisor) -%}
    {{ scaled_down(
        'round(power(cast(0.5 as double precision), cast(' ~ exponent ~ ' as double precision) / '
        ~ divisor ~ ') * 1e12)',
        12
    ) }}
{%- endmacro %}


{# The product of two exact decimals, rounded half away from zero. #}
{% macro rounded_product(left_factor, right_factor, places) -%}
    cast({{ left_factor }} * {{ right_factor }} as decimal(38, {{ places }}))
{%- endmacro %}
