{# 95 % intervals. Whole numbers throughout, so that every engine comes to the same bounds. #}

{#
    A bound of Wilson's 95 % interval of a rate, 6 decimals; null without leads. With z² = 3.841459:
    (2 k + z² ± z √(z² + 4 k (n - k) / n)) / (2 (n + z²)).
    Args: conversions, k; leads, n; side, `low` or `high`.
#}
{% macro wilson_bound(conversions, leads, side) -%}
    {%- set whole = type_whole() -%}
    {%- set hits = 'cast(' ~ conversions ~ ' as ' ~ whole ~ ')' -%}
    {%- set trials = 'cast(nullif(' ~ leads ~ ', 0) as ' ~ whole ~ ')' -%}
    {#- z times the root, in units of 10^-8: its square is z^4 + 4 z^2 k (n - k) / n in units of 10^-16 -#}
    {%- set root = whole_root(
        'cast(' ~ 3841459 * 3841459 * 10 ** 4 ~ ' as ' ~ whole ~ ') + '
        ~ large_quotient(
            hits ~ ' * (' ~ trials ~ ' - ' ~ hits ~ ') * cast(' ~ 4 * 3841459 * 10 ** 10 ~ ' as ' ~ whole ~ ')', trials
        )
    ) -%}
    {{ rounded_ratio(
        'greatest(' ~ hits ~ ' * 200000000 + 384145900 ' ~ ('-' if side == 'low' else '+') ~ ' ' ~ root ~ ', 0)',
        trials ~ ' * 200000000 + 768291800',
        6
    ) }}
{%- endmacro %}


{#
    Half of the width of a delete-a-group jackknife interval, in units of 10^-12:
    t √((G - 1) / G · Σ (value without a group - their mean)²), with t of G - 1 degrees of freedom.
    Args: groups, G, from 2 to 20; value_sum and square_sum, of the G values in units of 10^-9.
#}
{% macro jackknife_half_width(groups, value_sum, square_sum) -%}
    {%- set whole = type_whole() -%}
    {#- thousandths of the 97.5 % quantile of Student's t, from 1 degree of freedom to 19 -#}
    {%- set quantiles = [
        12706, 4303, 3182, 2776, 2571, 2447, 2365, 2306, 2262, 2228,
        2201, 2179, 2160, 2145, 2131, 2120, 2110, 2101, 2093,
    ] -%}
    {%- set quantile = leadscore._looked_up(groups ~ ' - 2', quantiles) -%}
    {%- set number = 'cast(' ~ groups ~ ' as ' ~ whole ~ ')' -%}
    {{ whole_root(large_quotient(
        '(' ~ number ~ ' - 1) * (' ~ number ~ ' * ' ~ square_sum ~ ' - ' ~ value_sum ~ ' * ' ~ value_sum ~ ') * '
        ~ quantile ~ ' * ' ~ quantile,
        number ~ ' * ' ~ number
    )) }}
{%- endmacro %}


{# The group, 1 to 20, that a lead is left out with: by a hash of its id, so that it stays the same. #}
{% macro jackknife_group(lead_id) -%}
    cast(1 + {{ hash_number(fingerprint(["'jackknife'", lead_id])) }} % 20 as integer)
{%- endmacro %}
