{# The grammar of regular expressions in the policy: what every engine reads alike. #}

{#
    The regular expression that finds the next token of a pattern: a backslash and what it escapes, a class
    in [ ] (also one that holds [:alpha:]), braces, or any one character.
#}
{% macro pattern_token() -%}
    '(?s)\\.|\[\^?(?:\[:\^?[A-Za-z]+:\]|[^\]])*\]|\{[^{}]*\}|.'
{%- endmacro %}


{# The inside of a class in [ ]: single characters and ranges, a - that is no range first or last. #}
{% macro pattern_class_body() -%}
    '(?s)^-?([^-]-[^-]|[^-])*-?$'
{%- endmacro %}


{# The ranges inside a class in [ ]. #}
{% macro pattern_class_range() -%}
    '(?s)[^-]-[^-]'
{%- endmacro %}


{# The greatest number of repetitions in an item such as {3}, {3,} or {3,5}, as the engines count them. #}
{% macro pattern_repetitions(token) -%}
    cast(
        case
            when {{ token }} like '%,}' then substr({{ token }}, 2, length({{ token }}) - 3)
            when {{ token }} like '%,%' then substr({{ token }}, position(',' in {{ token }}) + 1, length({{ token }}) - position(',' in {{ token }}) - 1)
            else substr({{ token }}, 2, length({{ token }}) - 2)
        end as integer
    )
{%- endmacro %}
