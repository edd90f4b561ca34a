{# JSON: reading one leaf of a JSON text, and writing a row as JSON for people. #}

{#
    The leaf at a path of keys in a JSON text, as text (booleans `true` and `false`); null for
    unreadable JSON, a missing path, a null, an object or an array.
    Args: text, an SQL expression; keys, the path as a list of keys known at compile time.
#}
{% macro json_leaf(text, keys) -%}
    {{ adapter.dispatch('json_leaf', 'leadscore')(text, keys) }}
{%- endmacro %}

{% macro duckdb__json_leaf(text, keys) -%}
    {%- set quoted = [] -%}
    {%- for key in keys -%}{%- do quoted.append('"' ~ key | replace('"', '\\"') ~ '"') -%}{%- endfor -%}
    {%- set path = text_literal('$.' ~ quoted | join('.')) -%}
    case
        when json_valid({{ text }}) and json_type({{ text }}, {{ path }}) not in ('OBJECT', 'ARRAY', 'NULL')
            then json_extract_string({{ text }}, {{ path }})
    end
{%- endmacro %}


{# The named columns of a row as one JSON text. #}
{% macro row_as_json(columns) -%}
    {{ adapter.dispatch('row_as_json', 'leadscore')(columns) }}
{%- endmacro %}

{% macro duckdb__row_as_json(columns) -%}
    cast(
        json_object(
            {%- for column in columns %}
            {{ text_literal(column) }}, {{ adapter.quote(column) }}{{ ',' if not loop.last }}
            {%- endfor %}
        ) as varchar
    )
{%- endmacro %}
