{# What is kept of the inputs, and reading it as it was known at a moment. #}

{#
    Whether a kept row was known at a moment: seen by the last run before it, and not gone.
    Args: as_of, the var's value as the calling model read it.
#}
{% macro was_known(as_of) -%}
    dbt_valid_from <= {{ scoring_moment(as_of) }}
    and (dbt_valid_to is null or dbt_valid_to > {{ scoring_moment(as_of) }})
    and not is_deleted
{%- endmacro %}


{#
    CTEs `changed_rows`, of kept rows that are told apart by all of their cells: the rows of the CTE
    `current_rows` that its table does not hold as they stand, and those that it does and that are gone.
    Args: kept, the table of the kept rows, or none when it is not made yet; columns, those of the rows.
#}
{% macro changed_whole_rows(kept, columns) %}
{%- if kept %}
open_rows as (
    select {{ columns | join(', ') }}
    from {{ kept }}
    where dbt_valid_to is null and not is_deleted
),

changed_rows as (
    select
        new_rows.*,
        false as is_deleted
    from (select * from current_rows except select * from open_rows) as new_rows

    union all

    select
        gone_rows.*,
        true as is_deleted
    from (select * from open_rows except select * from current_rows) as gone_rows
),
{%- else %}
changed_rows as (
    select distinct
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        false as is_deleted
    from current_rows
),
{%- endif %}
{% endmacro %}


{#
    CTEs `changed_rows`, of kept rows that have a key: the rows of the CTE `current_rows` that are new
    or have other cells than in its table, and those of its table that are gone.
    Args: kept and columns as above, the key's column first.
#}
{% macro changed_keyed_rows(kept, columns) %}
{%- set key = columns[0] %}
{%- if kept %}
open_rows as (
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        is_deleted
    from {{ kept }}
    where dbt_valid_to is null
),

changed_rows as (
    select
        {%- for column in columns %}
        case when current_rows.{{ key }} is null then open_rows.{{ column }} else current_rows.{{ column }} end
            as {{ column }},
        {%- endfor %}
        current_rows.{{ key }} is null as is_deleted
    from current_rows
    full outer join open_rows on current_rows.{{ key }} = open_rows.{{ key }}
    where
        (current_rows.{{ key }} is null and not open_rows.is_deleted)
        or (
            current_rows.{{ key }} is not null
            and (
                open_rows.{{ key }} is null
                or open_rows.is_deleted
                {%- for column in columns[1:] %}
                or current_rows.{{ column }} is distinct from open_rows.{{ column }}
                {%- endfor %}
            )
        )
),
{%- else %}
changed_rows as (
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        false as is_deleted
    from current_rows
),
{%- endif %}
{% endmacro %}


{#
    The end of a query of kept rows: a version of each changed row that begins at this moment, and the ones that
    end with it. One that began at the same moment is replaced.
    Args: changed, the CTE of the changed rows; kept and columns as above, the key's column first; as_of, the var's
    value.
#}
{% macro kept_versions(changed, kept, columns, as_of) %}
versions as (
    select
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        is_deleted,
        {{ scoring_moment(as_of) }} as known_at,
        {{ scoring_moment(as_of) }} as dbt_valid_from,
        cast(null as {{ dbt.type_timestamp() }}) as dbt_valid_to
    from {{ changed }}
    {%- if kept %}

    union all

    select
        {%- for column in columns %}
        stored.{{ column }},
        {%- endfor %}
        stored.is_deleted,
        stored.known_at,
        stored.dbt_valid_from,
        {{ scoring_moment(as_of) }} as dbt_valid_to
    from {{ kept }} as stored
    inner join {{ changed }} as changed on stored.{{ columns[0] }} = changed.{{ columns[0] }}
    where stored.dbt_valid_to is null and stored.dbt_valid_from < {{ scoring_moment(as_of) }}
    {%- endif %}
)

select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    is_deleted,
    known_at,
    dbt_valid_from,
    dbt_valid_to
from versions
{%- endmacro %}


{#
    Whether anything is taken in: not in a run that looks back with the inputs of today, which
    int_history__kept_moments leaves out, and not when nothing is to be kept.
    Args: kept_moments, its relation; as_of and keep_inputs, the vars' values.
#}
{% macro is_to_be_kept(kept_moments, as_of, keep_inputs) -%}
    {%- if keep_inputs -%}
    exists (
        select 1
        from {{ kept_moments }}
        having max(moment) <= {{ scoring_moment(as_of) }}
    )
    {%- else -%}
    false
    {%- endif -%}
{%- endmacro %}
