{# JSON: reading one leaf of a JSON text, and writing a row as JSON for people. #}

{#
    The leaf at a path of keys in a JSON text, as text (booleans `true` and `false`); null for
    unreadable JSON, a missing path, a null, an object or an array. A number is spelled as in a column of numbers:
    plainly, 1.5 for 1.50 and 1000 for 1e3; one with a point or exponent has the precision of floating point. Of a key
    given twice the first counts. JSON that holds the escape \u0000, which not every engine can store, is unreadable.
    Args: text, an SQL expression; keys, the path as a list of keys known at compile time.
#}
{% macro json_leaf(text, keys) -%}
    {{ adapter.dispatch('json_leaf', 'leadscore')(text, keys) }}
{%- endmacro %}

{% macro duckdb__json_leaf(text, keys) -%}
    {%- set quoted = [] -%}
    {%- for key in keys -%}{%- do quoted.append('"' ~ key | replace('"', '\\"') ~ '"') -%}{%- endfor -%}
    {%- set path = leadscore.text_literal('$.' ~ quoted | join('.')) -%}
    {#- this engine also reads commas before a closing bracket, NaN and infinity, which are no JSON -#}
    {%- set lax = "',[[:space:]]*[]}]|[nN][aA][nN]|[iI][nN][fF]'" -%}
    {%- set strings = "'\"([^\"\\\\]|\\\\.)*\"'" -%}
    {%- set leaf = 'json_extract_string(' ~ text ~ ', ' ~ path ~ ')' -%}
    {%- set number = 'try_cast(' ~ leaf ~ ' as double)' -%}
    case
        when
            json_valid({{ text }})
            and not contains({{ text }}, '\u0000')
            and json_type({{ text }}, {{ path }}) not in ('OBJECT', 'ARRAY', 'NULL')
            and not (
                regexp_matches({{ text }}, {{ lax }})
                and regexp_matches(regexp_replace({{ text }}, {{ strings }}, '', 'g'), {{ lax }})
            )
            then
                case
                    when json_type({{ text }}, {{ path }}) <> 'DOUBLE' or not regexp_matches({{ leaf }}, '[.eE]') then {{ leaf }}
                    when isfinite({{ number }}) then {{ leadscore.cell_as_text(number, 'float') }}
                end
    end
{%- endmacro %}

{% macro postgres__json_leaf(text, keys) -%}
    {#-
        PostgreSQL 15 has no test for JSON, and a cast fails. So strings and then scalars become one mark each, and
        innermost objects and arrays are reduced to a mark until nothing is left to reduce: one mark, if it is JSON.
    -#}
    {%- set space = "'[ \\t\\n\\r]+'" -%}
    {%- set strings -%}
    '"(?:[^"\\\x01-\x1f]|\\["\\/bfnrt]|\\u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})
    {#- -#}
    |\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*"'
    {%- endset -%}
    {%- set scalars = "'-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null'" -%}
    {%- set innermost -%}
    '[{](?:\x01:[\x01\x02](?:,\x01:[\x01\x02])*)?[}]|\[(?:[\x01\x02](?:,[\x01\x02])*)?\]'
    {%- endset -%}
    case
        when
            {{ text }} ~ '^[ \t\n\r]*[{]'
            and {{ text }} !~ '[\x01\x02]'
            and position('\u0000' in {{ text }}) = 0
            and (
                with recursive reductions as (
                    select
                        regexp_replace(
                            regexp_replace(
                                regexp_replace({{ text }}, {{ strings }}, chr(1), 'g'),
                                {{ scalars }}, chr(2), 'g'
                            ),
                            '[ \t\n\r]+', '', 'g'
                        ) as remainder,
                        0 as step

                    union all

                    select
                        regexp_replace(reductions.remainder, {{ innermost }}, chr(2), 'g') as remainder,
                        reductions.step + 1 as step
                    from reductions
                    where reductions.remainder ~ {{ innermost }} and reductions.step < 1000
                )

                select reductions.remainder = chr(2)
                from reductions
                order by reductions.step desc
                limit 1
            )
            then (
                select
                    case json_typeof(member_{{ keys | length }}.value)
                        when 'string' then member_{{ keys | length }}.value #>> '{}'
                        when 'boolean' then cast(member_{{ keys | length }}.value as text)
                        when 'number' then {{ leadscore._postgres_json_number('cast(member_' ~ keys | length ~ '.value as text)') }}
                    end
                {#- a constant would be cast before it is tested, if it were not behind an offset #}
                from (select {{ text }} as value offset 0) as document
                cross join lateral (select cast(document.value as json) as value offset 0) as member_0
                {%- for key in keys %}
                cross join lateral (
                    select member.value
                    from json_each(
                        case when json_typeof(member_{{ loop.index0 }}.value) = 'object' then member_{{ loop.index0 }}.value end
                    ) with ordinality as member (key, value, position)
                    where member.key = {{ leadscore.text_literal(key) }}
                    order by member.position
                    limit 1
                ) as member_{{ loop.index }}
                {%- endfor %}
            )
    end
{%- endmacro %}

{% macro _postgres_json_number(text) -%}
    case
        when {{ text }} ~ '^-?[0-9]+$' then case when {{ text }} = '-0' then '0' else {{ text }} end
        when {{ text }} ~ '[eE]-0*[0-9]{4}' then '0'
        when {{ text }} ~ '[eE][+]?0*[0-9]{4}' then null
        when abs(cast({{ text }} as numeric)) > 1.7976931348623157e308 then null
        when abs(cast({{ text }} as numeric)) < 5e-324 then '0'
        else cast(trim_scale(cast(cast(cast({{ text }} as double precision) as text) as numeric)) as text)
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

{% macro postgres__whole_row(alias) -%}
    {#- a column of the raw table's own row type would forbid to alter or replace that table -#}
    cast(row_to_json({{ alias }}) as text)
{%- endmacro %}


{# A row, as `whole_row` made it, as JSON text for people. #}
{% macro row_as_json(whole_row) -%}
    {{ adapter.dispatch('row_as_json', 'leadscore')(whole_row) }}
{%- endmacro %}

{% macro postgres__row_as_json(whole_row) -%}
    {{ whole_row }}
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
        {{ leadscore.text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ) as varchar)
{%- endmacro %}

{% macro postgres__texts_as_json(texts) -%}
    {#- arrays, since a function takes at most 100 arguments -#}
    {%- set keys = [] -%}
    {%- for key in texts -%}{%- do keys.append(leadscore.text_literal(key)) -%}{%- endfor -%}
    cast(json_object(
        cast(array[{{ keys | join(', ') }}] as text[]), cast(array[{{ texts.values() | join(', ') }}] as text[])
    ) as text)
{%- endmacro %}


{# The text under a key of what `texts_as_json` made; null where it was null or where there is no such key. #}
{% macro text_of_json(json, key) -%}
    {{ adapter.dispatch('text_of_json', 'leadscore')(json, key) }}
{%- endmacro %}

{% macro duckdb__text_of_json(json, key) -%}
    {#- a path such as $."*" would be a pattern -#}
    json_extract_string({{ json }}, {{ leadscore.text_literal('/' ~ key | replace('~', '~0') | replace('/', '~1')) }})
{%- endmacro %}

{% macro postgres__text_of_json(json, key) -%}
    (cast({{ json }} as json) ->> {{ leadscore.text_literal(key) }})
{%- endmacro %}
