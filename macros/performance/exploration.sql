{# The bias guard: a share of low leads that sales works all the same, so that their outcomes are seen. #}

{#
    What the var exploration_share says, as whole numbers.
    Args: share, the var.
    Returns `is_on`; `marked`, how many of 10,000 leads are marked; `worked_weight` and `explored_weight`, in the
    proportion 1 to 1 / share.
    Stops with a message where the share is no number from 0 to 1 with at most 4 decimals.
#}
{% macro exploration(share) %}
    {% set given = share | string | trim %}
    {% if not modules.re.match('^(0?[.][0-9]{1,4}|0([.]0*)?|1([.]0*)?)$', given) %}
        {% do exceptions.raise_compiler_error(
            "The var exploration_share is '" ~ given ~ "'. Write a share from 0 (none) to 1 (all) with at most 4 decimals, "
            ~ 'such as 0.05, in dbt_project.yml or --vars.'
        ) %}
    {% endif %}
    {% set marked = (given | float * 10000) | round | int %}
    {% set divisor = namespace(greatest=marked or 1, other=10000) %}
    {% for _ in range(20) %}
        {% if divisor.other %}
            {% set rest = divisor.greatest % divisor.other %}
            {% set divisor.greatest = divisor.other %}
            {% set divisor.other = rest %}
        {% endif %}
    {% endfor %}
    {{ return({
        'is_on': marked > 0,
        'marked': marked,
        'worked_weight': marked // divisor.greatest,
        'explored_weight': 10000 // divisor.greatest,
    }) }}
{% endmacro %}


{#
    Whether a lead is among those that are marked, if its band is explored: by a hash, so that it stays the same.
    Args: scorecard_id, lead_id; marked, of 10,000.
#}
{% macro is_marked(scorecard_id, lead_id, marked) -%}
    ({{ hash_number(fingerprint(["'exploration'", scorecard_id, lead_id])) }} % 10000 < {{ marked }})
{%- endmacro %}


{#
    Whether a band is explored: one of the var exploration_bands, or the lowest where that is empty.
    Args: band; lowest_band, of the scorecard; bands, the var.
#}
{% macro is_explored_band(band, lowest_band, bands) -%}
    {%- if bands -%}
    coalesce({{ band }} in (
        {%- for name in ([bands] if bands is string else bands) -%}
        {{ text_literal(name | string | trim) }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ), false)
    {%- else -%}
    coalesce({{ band }} = {{ lowest_band }}, false)
    {%- endif -%}
{%- endmacro %}
