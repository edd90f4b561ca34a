{# Limits: every one cuts, and the ledger says by how much. #}

{# A number cut in size, whatever its sign; a null size is no limit. #}
{% macro cut_to_size(number, size) -%}
    case
        when {{ size }} is null then {{ number }}
        else greatest(-{{ size }}, least({{ size }}, {{ number }}))
    end
{%- endmacro %}


{# A number clipped to a lowest and a highest value; null is no limit. #}
{% macro clipped(number, lowest, highest) -%}
    case
        when {{ number }} < {{ lowest }} then {{ lowest }}
        when {{ number }} > {{ highest }} then {{ highest }}
        else {{ number }}
    end
{%- endmacro %}
