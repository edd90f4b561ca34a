{# Decay: points lose weight as the event grows older. #}

{#
    Points after decay, as a decimal with 6 places; the points themselves without decay.
    Args: points (2 decimals), decay, decay_days, and the event's age in whole days.
#}
{% macro decayed_points(points, decay, decay_days, age_days) -%}
    case {{ decay }}
        when 'linear'
            then {{ rounded_quotient(points ~ ' * greatest(0, ' ~ decay_days ~ ' - ' ~ age_days ~ ')', decay_days, 6) }}
        when 'exponential'
            then {{ rounded_product(points, half_power(age_days, decay_days), 6) }}
        when 'step'
            then {{ rounded_product(points, half_power(whole_quotient(age_days, decay_days), 1), 6) }}
        else cast({{ points }} as decimal(38, 6))
    end
{%- endmacro %}
