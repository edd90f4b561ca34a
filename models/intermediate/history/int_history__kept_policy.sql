-- The rows of all policy files of each policy that was run, as trimmed text, with the moment from which they
-- held: added when any cell differs from the newest ones.
{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key='kept_from',
    on_schema_change='append_new_columns',
    full_refresh=false,
    tags=['kept']
) }}
{% set formats = policy_format() %}
{% set names = kept_policy_columns() %}
{% set replays = var('as_known') %}
{# In a replay the policy is read from here, so nothing is looked up that follows from it. #}
{% set absent_files = formats | list if replays else var('absent_policy_files') %}
{% set seeds = {
    'scorecards': none if 'scorecards' in absent_files else ref('scorecards'),
    'criteria': none if 'criteria' in absent_files else ref('criteria'),
    'groups': none if 'groups' in absent_files else ref('groups'),
    'dimensions': none if 'dimensions' in absent_files else ref('dimensions'),
    'bands': none if 'bands' in absent_files else ref('bands'),
    'actions': none if 'actions' in absent_files else ref('actions'),
} %}

with

{%- for file, columns in formats.items() %}

{{ file }}_rows as (
    {{ policy_rows(seeds[file], file, policy_columns_found(seeds[file], file)) }}
),
{%- endfor %}

policy_rows as (
    -- tells a policy without any row from one that was never kept
    select
        {%- for name in names %}
        cast(null as {{ dbt.type_string() }}) as {{ quoted_name(name) }},
        {%- endfor %}
        cast(null as {{ dbt.type_string() }}) as file
    {%- for file, columns in formats.items() %}

    union all

    select
        {%- for name in names %}
        {{ policy_text_column(name, columns[name]) if name in columns else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
            as {{ quoted_name(name) }},
        {%- endfor %}
        '{{ file }}' as file
    from {{ file }}_rows
    {%- endfor %}
),

{% if has_stored_rows() %}
newest_rows as (
    select
        {%- for name in names %}
        {{ quoted_name(name) }},
        {%- endfor %}
        file
    from {{ this }}
    where kept_from = (select max(all_rows.kept_from) from {{ this }} as all_rows)
),

new_rows as (
    select * from policy_rows
    except
    select * from newest_rows
),

gone_rows as (
    select * from newest_rows
    except
    select * from policy_rows
),

changes as (
    select file from new_rows
    union all
    select file from gone_rows
),
{% else %}
changes as (
    select file from policy_rows
),
{% endif %}

this_moment as (
    {% if replays %}
    select {{ scoring_moment(var('as_of')) }} as kept_from
    where false
    {% else %}
    select moment as kept_from
    from {{ ref('int_history__kept_moments') }}
    where moment = {{ scoring_moment(var('as_of')) }}
    {% endif %}
)

select
    {%- for name in names %}
    policy_rows.{{ quoted_name(name) }},
    {%- endfor %}
    policy_rows.file,
    this_moment.kept_from
from policy_rows
cross join this_moment
where exists (select 1 from changes)
