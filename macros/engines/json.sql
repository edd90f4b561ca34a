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
    {#- this engine also reads commas before a closing bracket, NaN and infinity, which are no JSON -#}
    {%- set lax = "',[[:space:]]*[]}]|[nN][aA][nN]|[iI][nN][fF]'" -%}
    {%- set strings = "'\"([^\"\\\\]|\\\\.)*\"'" -%}
    case
        when
            json_valid({{ text }})
            and json_type({{ text }}, {{ path }}) not in ('OBJECT', 'ARRAY', 'NULL')
            and not (
                regexp_matches({{ text }}, {{ lax }})
                and regexp_matches(regexp_replace({{ text }}, {{ strings }}, '', 'g'), {{ lax }})
            )
            then json_extract_string({{ text }}, {{ path }})
    end
{%- endmacro %}


{#
    A whole row of a table as one value, cheap to pass on, of which `row_as_json` makes JSON text.
    Args: alias, the alias of the table in the query.
#}
{% macro whole_row(alias) -%}
    {{ adapter.dispatch('whole_row', 'leadscore')(alias) }}
{%- endmacro %}

{% macro default__whole_row(alias) -%}
    {{ alias }}
{%- endmacro %}


{# A row, as `whole_row` made it, as JSON text for people. #}
{% macro row_as_json(whole_row) -%}
    {{ adapter.dispatch('row_as_json', 'leadscore')(whole_row) }}
{%- endmacro %}

{% macro duckdb__row_as_json(whole_row) -%}
    cast(to_json({{ whole_row }}) as varchar)
{%- endmacro %}


{#
    Several texts as one JSON object, for `text_of_json`; equal texts give the same JSON.
    Args: texts, a dict of key to an SQL expression, in the order in which they are written.
#}
{% macro texts_as_json(texts) -%}
    {{ adapter.dispatch('texts_as_json', 'leadscore')(texts) }}
{%- endmacro %}

{% macro duckdb__texts_as_json(texts) -%}
    cast(json_object(
        {%- for key, text in texts.items() %}
        {{ text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}


{# The text under a key of what `texts_as_json` made; null where it was null or where there is no such key. #}
{% macro text_of_json(json, key) -%}
    {{ adapter.dispatch('text_of_json', 'leadscore')(json, key) }}
{%- endmacro %}

{% macro duckdb__text_of_json(json, key) -%}
    {#- a path such as $."*" would be a pattern -#}
    json_extract_string({{ json }}, {{ text_literal('/' ~ key | replace('~', '~0') | replace('/', '~1')) }})
{%- endmacro %}
