{# Dictionaries: short whole numbers for long texts, the same in every run. #}

{# Whether the dictionary that is being built keeps what it holds, and only takes in what is new. #}
{% macro keeps_keys() %}
    {{ return(has_stored_rows() and not run_state().is_full) }}
{% endmacro %}


{# The greatest key that the dictionary has given so far; 0 for a new one. Args: key, the column. #}
{% macro keys_given(key) -%}
    {%- if keeps_keys() -%}
    (select coalesce(max(stored.{{ key }}), 0) from {{ this }} as stored)
    {%- else -%}
    0
    {%- endif -%}
{%- endmacro %}


{# One text for an id of a lead or of a visitor, so that both are known by one column. #}
{% macro owner_name(kind, id) -%}
    '{{ kind }}:' || {{ id }}
{%- endmacro %}
