-- A row per column that a policy file should have, and whether it has it.
{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set absent_files = policy_format() | list if kept else var('absent_policy_files') %}
{% set seeds = {
    'scorecards': none if 'scorecards' in absent_files else ref('scorecards'),
    'criteria': none if 'criteria' in absent_files else ref('criteria'),
    'groups': none if 'groups' in absent_files else ref('groups'),
    'dimensions': none if 'dimensions' in absent_files else ref('dimensions'),
    'bands': none if 'bands' in absent_files else ref('bands'),
    'actions': none if 'actions' in absent_files else ref('actions'),
} %}

with

columns_found as (
    {%- for file, columns in policy_format().items() %}
    {%- set found = policy_columns_found(seeds[file], file, kept) %}
    {%- set file_loop = loop %}
    {%- for column in columns %}
    select
        '{{ file }}.csv' as file,
        '{{ column }}' as column_name,
        {{ loop.index }} as position,
        {{ 'true' if column in found else 'false' }} as is_found,
        {{ 'true' if kept or seeds[file] else 'false' }} as is_file_found,
        {{ policy_separator_found(found) }} as separator
    {{ 'union all' if not (loop.last and file_loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select
    file,
    column_name,
    position,
    is_found,
    is_file_found,
    separator
from columns_found
