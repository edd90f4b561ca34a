{# What is kept of the inputs, and reading it as it was known at a moment. #}

{#
    Whether a row of a snapshot of inputs was known at a moment: seen by the last run before it, and not gone.
    Args: as_of, the var's value as the calling model read it.
#}
{% macro was_known(as_of) -%}
    dbt_valid_from <= {{ scoring_moment(as_of) }}
    and (dbt_valid_to is null or dbt_valid_to > {{ scoring_moment(as_of) }})
    and not is_deleted
{%- endmacro %}


{#
    The end of a snapshot's query: the rows that it takes in, which are those of the CTE `current_rows` and,
    marked as deleted, those of its table that are not among them any more. None in a run that looks back
    with the inputs of today, which int_history__kept_moments leaves out.
    Args:
        kept          the snapshot's table, or none when it is not made yet
        row_key       the column that names a row
        columns       the other columns
        kept_moments  the relation of int_history__kept_moments
        as_of         the var's value
        keep_inputs   the var's value
#}
{% macro select_rows_to_keep(kept, row_key, columns, kept_moments, as_of, keep_inputs) %}
newest_moment as (
    select max(moment) as moment
    from {{ kept_moments }}
),

rows_to_keep as (
    select
        current_rows.{{ row_key }},
        {%- for column in columns %}
        current_rows.{{ column }},
        {%- endfor %}
        false as is_deleted
    from current_rows
    {%- if kept %}

    union all

    select
        kept_rows.{{ row_key }},
        {%- for column in columns %}
        kept_rows.{{ column }},
        {%- endfor %}
        true as is_deleted
    from {{ kept }} as kept_rows
    left join current_rows on kept_rows.{{ row_key }} = current_rows.{{ row_key }}
    where kept_rows.dbt_valid_to is null and current_rows.{{ row_key }} is null
    {%- endif %}
)

select
    rows_to_keep.{{ row_key }},
    {%- for column in columns %}
    rows_to_keep.{{ column }},
    {%- endfor %}
    rows_to_keep.is_deleted,
    {{ scoring_moment(as_of) }} as known_at
from rows_to_keep
inner join newest_moment on newest_moment.moment <= {{ scoring_moment(as_of) }}
{%- if not keep_inputs %}
where false
{%- endif %}
{% endmacro %}
