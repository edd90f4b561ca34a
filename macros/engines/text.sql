{# Text: what differs between engines when a cell is trimmed, ordered, split, joined or hashed. #}

{# A cell without its surrounding ASCII white space; null when nothing is left. #}
{% macro trimmed(text) -%}
    {{ adapter.dispatch('trimmed', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__trimmed(text) -%}
    nullif(trim(both chr(32) || chr(9) || chr(10) || chr(13) from {{ text }}), '')
{%- endmacro %}

{% macro duckdb__trimmed(text) -%}
    {#- trim() is slow; few cells begin or end with a byte up to the space -#}
    case
        when {{ text }} < '!' or array_extract({{ text }}, -1) < '!'
            then nullif(trim({{ text }}, chr(32) || chr(9) || chr(10) || chr(13)), '')
        else {{ text }}
    end
{%- endmacro %}


{# A text in lower case, letter by letter: neither what stands beside a letter nor the language has a say. #}
{% macro lower_case(text) -%}
    {{ adapter.dispatch('lower_case', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__lower_case(text) -%}
    {#- the two letters that may be lowered by their neighbours (Σ at the end of a word) or to more than one (İ) -#}
    lower(translate({{ text }}, 'Σİ', 'σi'))
{%- endmacro %}

{% macro duckdb__lower_case(text) -%}
    lower({{ text }})
{%- endmacro %}

{# A name that the vars declare, in the lower case of lower_case, so that it is found in the policy. #}
{% macro lower_name(name) -%}
    {{ return(name | replace('Σ', 'σ') | replace('İ', 'i') | lower) }}
{%- endmacro %}


{# An expression by which text sorts and compares by its bytes, whatever the collation. #}
{% macro by_bytes(text) -%}
    {{ adapter.dispatch('by_bytes', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__by_bytes(text) -%}
    {{ text }}
{%- endmacro %}

{% macro postgres__by_bytes(text) -%}
    ({{ text }}) collate "C"
{%- endmacro %}


{#
    A join clause that repeats each row for every part of a text separated by `|`.
    The part is the column `<alias>.part`, not yet trimmed.
#}
{% macro join_each_part(text, alias) -%}
    {{ adapter.dispatch('join_each_part', 'leadscore')(text, alias) }}
{%- endmacro %}

{% macro default__join_each_part(text, alias) -%}
    cross join lateral unnest(string_to_array({{ text }}, '|')) as {{ alias }} (part)
{%- endmacro %}

{% macro duckdb__join_each_part(text, alias) -%}
    cross join unnest(string_split({{ text }}, '|')) as {{ alias }} (part)
{%- endmacro %}


{# Aggregate: the texts of a group as one, in the order of another expression. #}
{% macro joined_text(text, separator, order_by) -%}
    {{ adapter.dispatch('joined_text', 'leadscore')(text, separator, order_by) }}
{%- endmacro %}

{% macro default__joined_text(text, separator, order_by) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}


{# Whether the text holds a match of a regular expression of the contract's grammar. #}
{% macro regex_found(text, pattern) -%}
    {{ adapter.dispatch('regex_found', 'leadscore')(text, pattern) }}
{%- endmacro %}

{% macro default__regex_found(text, pattern) -%}
    {{ text }} ~ {{ pattern }}
{%- endmacro %}

{% macro duckdb__regex_found(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}


{# The text with every match of a regular expression replaced. #}
{% macro regex_replaced(text, pattern, replacement) -%}
    {{ adapter.dispatch('regex_replaced', 'leadscore')(text, pattern, replacement) }}
{%- endmacro %}

{% macro default__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}


{# A whole number of 60 bits from the MD5 of a text: for looking things up, never as proof of equality. #}
{% macro hash_number(text) -%}
    {{ adapter.dispatch('hash_number', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__hash_number(text) -%}
    cast(cast('x' || substr(md5({{ text }}), 1, 15) as bit(60)) as bigint)
{%- endmacro %}

{% macro duckdb__hash_number(text) -%}
    cast('0x' || substr(md5({{ text }}), 1, 15) as bigint)
{%- endmacro %}


{#
    A whole number by which equal texts are found fast within one query; the engine's own hash, which may differ
    between its versions. Stored, it may only say that something is another one than before, never that it is the same
    for good: after a new version of the engine everything counts as changed.
#}
{% macro passing_hash(text) -%}
    {{ adapter.dispatch('passing_hash', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__passing_hash(text) -%}
    {{ leadscore.hash_number(text) }}
{%- endmacro %}

{% macro postgres__passing_hash(text) -%}
    hashtextextended({{ text }}, 0)
{%- endmacro %}

{% macro duckdb__passing_hash(text) -%}
    hash({{ text }})
{%- endmacro %}


{# The MD5 of a text as people write it: 32 digits from 0 to f. #}
{% macro text_md5(text) -%}
    {{ adapter.dispatch('text_md5', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__text_md5(text) -%}
    md5({{ text }})
{%- endmacro %}


{#
    The MD5 of a text: stands for the text itself where a stored table must know it again. The same in every version
    of an engine.
#}
{% macro text_hash(text) -%}
    {{ adapter.dispatch('text_hash', 'leadscore')(text) }}
{%- endmacro %}

{% macro default__text_hash(text) -%}
    {{ leadscore.text_md5(text) }}
{%- endmacro %}

{% macro postgres__text_hash(text) -%}
    cast(md5({{ text }}) as uuid)
{%- endmacro %}

{% macro duckdb__text_hash(text) -%}
    {#- 126 of its bits: whole numbers of 128 bits are more than the Rust engine of dbt can tell apart by type -#}
    cast(md5_number({{ text }}) >> 2 as decimal(38, 0))
{%- endmacro %}


{# The text constant for a value known when the project is compiled (a var, never a cell). #}
{% macro text_literal(value) -%}
    {{ adapter.dispatch('text_literal', 'leadscore')(value | string) }}
{%- endmacro %}

{% macro default__text_literal(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}


{# A number with 2 decimals as people write it: `25`, `2.5`, `-0.01`. #}
{% macro plain_number(number) -%}
    {{ adapter.dispatch('plain_number', 'leadscore')(number) }}
{%- endmacro %}

{% macro default__plain_number(number) -%}
    rtrim(rtrim(cast(cast({{ number }} as decimal(38, 2)) as {{ dbt.type_string() }}), '0'), '.')
{%- endmacro %}


{# Several values as one text that differs when any of them does; an unknown value is an empty part. #}
{% macro fingerprint(values) -%}
    {%- for value in values -%}
    coalesce(cast({{ value }} as {{ dbt.type_string() }}), ''){{ " || chr(31) || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#
    A join clause that repeats each row for every match of a regular expression in a text, from left to right
    without overlap. The match is the column `<alias>.part`, its number from 1 `<alias>.position`.
#}
{% macro join_each_match(text, pattern, alias) -%}
    {{ adapter.dispatch('join_each_match', 'leadscore')(text, pattern, alias) }}
{%- endmacro %}

{% macro postgres__join_each_match(text, pattern, alias) -%}
    cross join lateral (
        select
            found.groups[1] as part,
            found.position
        from regexp_matches({{ text }}, '(' || {{ pattern }} || ')', 'g') with ordinality as found (groups, position)
    ) as {{ alias }}
{%- endmacro %}

{% macro duckdb__join_each_match(text, pattern, alias) -%}
    cross join unnest(regexp_extract_all({{ text }}, {{ pattern }})) with ordinality as {{ alias }} (part, position)
{%- endmacro %}


{# The name of a column as it must be written in SQL, whatever it holds. #}
{% macro quoted_name(name) -%}
    {{ adapter.dispatch('quoted_name', 'leadscore')(name) }}
{%- endmacro %}

{% macro default__quoted_name(name) -%}
    {{ adapter.quote(name | replace('"', '""')) }}
{%- endmacro %}
