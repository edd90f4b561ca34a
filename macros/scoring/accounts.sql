{# The score of an account. #}

{#
    Aggregate: an account's score from its leads that are scored; null where there is none.
    Args: leads, the alias of rows with account_rollup, score, score_status and position (1 = best,
    scored leads first). The rows are grouped by account_rollup among others.
#}
{% macro account_score(leads) -%}
    {%- set scored = 'case when ' ~ leads ~ ".score_status = 'scored' then " ~ leads ~ '.score end' -%}
    cast(
        case {{ leads }}.account_rollup
            when 'max' then max({{ scored }})
            when 'sum' then sum({{ scored }})
            when 'average'
                then
                    case
                        when count({{ scored }}) > 0
                            then {{ rounded_quotient('sum(' ~ scored ~ ')', 'count(' ~ scored ~ ')', 2) }}
                    end
            when 'top3' then sum(case when {{ leads }}.position <= 3 then {{ scored }} end)
        end as decimal(38, 2)
    )
{%- endmacro %}
