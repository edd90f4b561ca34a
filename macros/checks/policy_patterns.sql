{# The grammar of regular expressions in the policy: what every engine reads alike. #}

{#
    The regular expression that finds the next token of a pattern: a backslash and what it escapes, a class
    in [ ] (also one that holds [:alpha:]), braces, or any one character.
#}
{% macro pattern_token() -%}
    {#- (?:a|[^a]) is any character: what . leaves out differs between engines -#}
    '\\(?:a|[^a])|\[\^?(?:\[:\^?[A-Za-z]+:\]|[^\]])*\]|\{[^{}]*\}|(?:a|[^a])'
{%- endmacro %}


{# The inside of a class in [ ]: single characters and ranges, a - that is no range first or last. #}
{% macro pattern_class_body() -%}
    '^-?([^-]-[^-]|[^-])*-?$'
{%- endmacro %}


{# The ranges inside a class in [ ]. #}
{% macro pattern_class_range() -%}
    '[^-]-[^-]'
{%- endmacro %}


{# A number of repetitions in { }: {m}, {m,} or {m,n}. #}
{% macro pattern_count() -%}
    '^[{][0-9]+(,[0-9]*)?[}]$'
{%- endmacro %}


{# The same with at most 3 digits and without leading zeros. #}
{% macro pattern_readable_count() -%}
    '^[{](0|[1-9][0-9]{0,2})(,(0|[1-9][0-9]{0,2})?)?[}]$'
{%- endmacro %}


{# The least number of repetitions in braces such as {3}, {3,} or {3,5}. #}
{% macro pattern_fewest_repetitions(token) -%}
    cast(
        substr(
            {{ token }},
            2,
            case when {{ token }} like '%,%' then position(',' in {{ token }}) else length({{ token }}) end - 2
        ) as integer
    )
{%- endmacro %}


{# The greatest number of repetitions in braces such as {3}, {3,} or {3,5}, as the engines count them. #}
{% macro pattern_most_repetitions(token) -%}
    cast(
        case
            when {{ token }} like '%,}' then substr({{ token }}, 2, length({{ token }}) - 3)
            when {{ token }} like '%,%' then substr({{ token }}, position(',' in {{ token }}) + 1, length({{ token }}) - position(',' in {{ token }}) - 1)
            else substr({{ token }}, 2, length({{ token }}) - 2)
        end as integer
    )
{%- endmacro %}
