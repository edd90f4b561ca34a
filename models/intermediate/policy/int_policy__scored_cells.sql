-- depends_on: {{ ref('int_policy__gate') }}
-- A row per cell of the policy files, and per var, as the last run scored by them. What is loaded from the files is
-- replaced by every check of them; this is not, so that an edited policy can be compared with the one in force.
{% set staged = {
    'scorecards': ref('stg_policy__scorecards'),
    'criteria': ref('stg_policy__criteria'),
    'groups': ref('stg_policy__groups'),
    'dimensions': ref('stg_policy__dimensions'),
    'bands': ref('stg_policy__bands'),
    'actions': ref('stg_policy__actions'),
} %}

with

cells as (
    {%- for file, columns in policy_format().items() %}
    {%- set file_loop = loop %}
    {%- for column, kind in columns.items() %}
    select
        '{{ file }}.csv' as file,
        scorecard_id,
        row_id,
        '{{ column }}' as column_name,
        {{ loop.index }} as position,
        {{ policy_text_column(column, kind) }} as value
    from {{ staged[file] }}
    {{ 'union all' if not (loop.last and file_loop.last) }}
    {%- endfor %}
    {%- endfor %}
    {%- for name in settings_names() %}

    union all

    select
        'dbt_project.yml' as file,
        cast(null as {{ dbt.type_string() }}) as scorecard_id,
        'vars' as row_id,
        '{{ name }}' as column_name,
        {{ loop.index }} as position,
        {{ text_literal(tojson(var(name, none))) }} as value
    {%- endfor %}
)

select
    file,
    scorecard_id,
    row_id,
    column_name,
    position,
    value
from cells
where value is not null
