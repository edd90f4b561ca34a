{# The event with the greatest id and the value that it carries, in one aggregate. #}

{# What max() orders by event id in bytes, and what carries a dictionary key. #}
{% macro evidence_order(event_id, value_key) -%}
    {{ adapter.dispatch('evidence_order', 'leadscore')(event_id, value_key) }}
{%- endmacro %}

{% macro duckdb__evidence_order(event_id, value_key) -%}
    struct_pack(event_id := {{ event_id }}, value_key := {{ value_key }})
{%- endmacro %}

{% macro postgres__evidence_order(event_id, value_key) -%}
    {#- this engine has no max() of rows -#}
    array[{{ leadscore.by_bytes(event_id) }}, cast({{ value_key }} as text)]
{%- endmacro %}


{# The dictionary key that the result of max(evidence_order(...)) carries. #}
{% macro value_of_evidence(evidence) -%}
    {{ adapter.dispatch('value_of_evidence', 'leadscore')(evidence) }}
{%- endmacro %}

{% macro duckdb__value_of_evidence(evidence) -%}
    struct_extract({{ evidence }}, 'value_key')
{%- endmacro %}

{% macro postgres__value_of_evidence(evidence) -%}
    cast(({{ evidence }})[2] as integer)
{%- endmacro %}
