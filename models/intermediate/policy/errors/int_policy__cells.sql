-- A row per cell of the policy files that is not empty, or may not be, of scorecards that are not retired.
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
    {%- set text = policy_text_column(column, kind) %}
    select
        '{{ file }}.csv' as file,
        row_id,
        '{{ column }}' as column_name,
        '{{ kind }}' as kind,
        {{ 'true' if column in policy_needed_columns()[file] else 'false' }} as is_needed,
        {{ text }} as value,
        {{ column }} is not null as is_readable
    from {{ staged[file] }}
    where not is_retired
    {{ 'union all' if not (loop.last and file_loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    file,
    row_id,
    column_name,
    kind,
    is_needed,
    value,
    is_readable
from cells
where value is not null or is_needed
