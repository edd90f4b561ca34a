{# Status, bands and their order of precedence. #}

{#
    The status of a score.
    Args: is_disqualified; attributes_known, how many used attributes are known (null: none is used);
    first_event_at, the lead's first event of whatever name at the moment (null: none).
#}
{% macro score_status(is_disqualified, attributes_known, first_event_at) -%}
    case
        when {{ is_disqualified }} then 'disqualified'
        when coalesce({{ attributes_known }}, 0) = 0 and {{ first_event_at }} is null then 'insufficient_data'
        else 'scored'
    end
{%- endmacro %}


{#
    Whether points lie in a band of int_scoring__band_ranges: from its lowest points up to the next
    band's, which is excluded. The lowest band may be open below, the highest is open above.
#}
{% macro lies_in_band(points, range) -%}
    (
        ({{ range }}.min_points is null or {{ points }} >= {{ range }}.min_points)
        and ({{ range }}.below_points is null or {{ points }} < {{ range }}.below_points)
    )
{%- endmacro %}


{#
    The share of the other ranked leads with a lower score, times 100, with 2 decimals; 100 for a
    single lead, null for one that is not ranked.
#}
{% macro score_percentile(leads_below, other_leads) -%}
    cast(
        case
            when {{ other_leads }} = 0 then 100
            when {{ other_leads }} > 0 then {{ rounded_quotient('100 * ' ~ leads_below, other_leads, 2) }}
        end as decimal(38, 2)
    )
{%- endmacro %}
