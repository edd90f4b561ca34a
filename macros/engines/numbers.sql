{# Numbers: decimals that are exact on every engine. #}

{% macro number_pattern() -%}
    '^[+-]?([0-9]{1,12}([.][0-9]*)?|[.][0-9]+)$'
{%- endmacro %}

{# Trimmed text as a decimal with 6 places, rounded half away from zero; null when it is no number. #}
{% macro parsed_number(text) -%}
    {{ adapter.dispatch('parsed_number', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__parsed_number(text) -%}
    {#- the cast stands outside, since PostgreSQL forgets the places of what a `case` gives #}
    cast(case when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then {{ text }} end as decimal(38, 6))
{%- endmacro %}

{% macro duckdb__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then try_cast({{ text }} as decimal(38, 6))
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


{#
    0.5 to the power exponent / divisor, rounded to 12 decimals: the one power that the rules need.
    In whole numbers with 18 decimals, since no two engines' floating point agrees to the last digit. The quotient is
    q + a / 32 + b / 1024 + f, with whole q, a and b: tables give the powers of a / 32 and b / 1024, the series of
    exp(-f ln 2) that of f, and their product is divided by 2^q.
    Args: exponent, a whole number that is not negative; divisor, a whole number above 0, at most 12 digits.
#}
{% macro half_power(exponent, divisor) -%}
    {%- set one = 10 ** 18 -%}
    {%- set natural_log_of_2 = 693147180559945309 -%}
    {%- set powers_of_32nds = [
        1000000000000000000, 978572062087700135, 957603280698573647, 937083817055149951,
        917004043204671232, 897354537501553593, 878126080186649742, 859309649061238958,
        840896415253714543, 822877739076982422, 805245165974627154, 787990422553943243,
        771105412703970412, 754582213796711370, 738413072969749656, 722590403488523310,
        707106781186547524, 691954940981915977, 677127773468446364, 662618321579870647,
        648419777325504833, 634525478595866611, 620928906036742024, 607623679990234439,
        594603557501360533, 581862429388788757, 569394317378345827, 557193371297946268,
        545253866332628830, 533570200338411809, 522136891213706920, 510948574327058339,
    ] -%}
    {%- set powers_of_1024ths = [
        1000000000000000000, 999323327502650752, 998647112890970174, 997971355855119625,
        997296056085470126, 996621213272602216, 995946827107305807, 995272897280580047,
        994599423483633176, 993926405407882384, 993253842744953671, 992581735186681706,
        991910082425109685, 991238884152489188, 990568140061280041, 989897849844150176,
        989228013193975484, 988558629803839682, 987889699367034168, 987221221577057879,
        986553196127617156, 985885622712625600, 985218501026203929, 984551830762679845,
        983885611616587889, 983219843282669301, 982554525455871881, 981889657831349851,
        981225240104463713, 980561271970780111, 979897753126071688, 979234683266316953,
    ] -%}
    {%- set power = 'cast(' ~ one ~ ' as ' ~ type_whole() ~ ')' -%}
    {%- if divisor | string != '1' -%}
        {%- set parts = 'cast((' ~ exponent ~ ') % ' ~ divisor ~ ' as ' ~ type_whole() ~ ') * 1024' -%}
        {%- set part = whole_quotient(parts, divisor) -%}
        {#- of a fraction below 0.0007 the first term left out, the fifth, is hardly above 10^-18 -#}
        {%- set fraction = whole_quotient(
            '((' ~ parts ~ ') % ' ~ divisor ~ ') * ' ~ natural_log_of_2, divisor ~ ' * 1024'
        ) -%}
        {%- set square = whole_quotient(fraction ~ ' * ' ~ fraction, one) -%}
        {%- set series = '(' ~ one ~ ' - ' ~ fraction
            ~ ' + ' ~ whole_quotient(square, 2)
            ~ ' - ' ~ whole_quotient(square ~ ' * ' ~ fraction, 6 * one)
            ~ ' + ' ~ whole_quotient(square ~ ' * ' ~ square, 24 * one) ~ ')' -%}
        {%- set table_power = whole_quotient(
            leadscore._looked_up(whole_quotient(part, 32), powers_of_32nds)
            ~ ' * ' ~ leadscore._looked_up(part ~ ' % 32', powers_of_1024ths),
            one
        ) -%}
        {%- set power = whole_quotient(table_power ~ ' * ' ~ series, one) -%}
    {%- endif -%}
    {#- a power of two is exact in floating point; beyond the 60th nothing is left at 12 decimals -#}
    {%- set halvings = 'cast(power(cast(2 as float), cast(least(' ~ whole_quotient(exponent, divisor) ~ ', 60) as float)) as bigint)' -%}
    {%- set half_unit = 'cast(' ~ halvings ~ ' as ' ~ type_whole() ~ ') * 500000' -%}
    {{ scaled_down(whole_quotient(power ~ ' + ' ~ half_unit, '2 * ' ~ half_unit), 12) }}
{%- endmacro %}

{# The whole number at a place, counted from 0, of a list known at compile time. #}
{% macro _looked_up(place, values) -%}
    cast(case {{ place }}
        {%- for value in values %} when {{ loop.index0 }} then {{ value }}{% endfor %} end as {{ type_whole() }})
{%- endmacro %}


{# The product of two exact decimals, rounded half away from zero. #}
{% macro rounded_product(left_factor, right_factor, places) -%}
    cast({{ left_factor }} * {{ right_factor }} as decimal(38, {{ places }}))
{%- endmacro %}


{# The quotient of two whole numbers, not negative and above 0, as a decimal with `places`, halves rounded up. #}
{% macro rounded_ratio(numerator, denominator, places) -%}
    {{ scaled_down(
        whole_quotient(
            'cast(' ~ numerator ~ ' as ' ~ type_whole() ~ ') * ' ~ (2 * 10 ** places) ~ ' + (' ~ denominator ~ ')',
            'cast(' ~ denominator ~ ' as ' ~ type_whole() ~ ') * 2'
        ),
        places
    ) }}
{%- endmacro %}


{# As whole_quotient, where the result may be beyond 2^63; the denominator is below 10^20. #}
{% macro large_quotient(numerator, denominator) -%}
    {{ adapter.dispatch('large_quotient', 'leadscore')(numerator, denominator) }}
{%- endmacro %}

{% macro default__large_quotient(numerator, denominator) -%}
    {{ leadscore.whole_quotient(numerator, denominator) }}
{%- endmacro %}


{#
    The square root of a whole number that is not negative, cut to a whole number. The floating point root of numbers
    up to 10^30 is at most 1 off, which whole numbers put right: the result is the same on every engine.
#}
{% macro whole_root(whole) -%}
    {%- set number = 'cast(' ~ whole ~ ' as ' ~ type_whole() ~ ')' -%}
    {%- set guess = 'cast(cast(sqrt(cast(' ~ whole ~ ' as ' ~ type_floating() ~ ')) as bigint) as ' ~ type_whole() ~ ')' -%}
    (
        {{ guess }} + case
            when ({{ guess }} + 1) * ({{ guess }} + 1) <= {{ number }} then 1
            when {{ guess }} * {{ guess }} <= {{ number }} then 0
            else -1
        end
    )
{%- endmacro %}


{#
    The natural logarithm of the quotient of two whole numbers above 0, with `places` decimals. The one figure that is
    worked out in floating point: engines may differ in its 15th digit, which rounding hides.
#}
{% macro log_of_ratio(numerator, denominator, places) -%}
    cast(
        ln(cast({{ numerator }} as {{ type_floating() }}) / cast({{ denominator }} as {{ type_floating() }}))
        as decimal(38, {{ places }})
    )
{%- endmacro %}


{# The type of floating point numbers with 64 bits. #}
{% macro type_floating() -%}
    {{ adapter.dispatch('type_floating', 'leadscore')() }}
{%- endmacro %}

{% macro default__type_floating() -%}
    double
{%- endmacro %}

{% macro postgres__type_floating() -%}
    double precision
{%- endmacro %}


{# As rounded_ratio, of a numerator that may be negative; halves are rounded away from zero. #}
{% macro signed_ratio(numerator, denominator, places) -%}
    (
        case when {{ numerator }} < 0 then -1 else 1 end
        * {{ rounded_ratio('abs(' ~ numerator ~ ')', denominator, places) }}
    )
{%- endmacro %}
