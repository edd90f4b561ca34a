-- Every row of the raw leads: cells trimmed, times read, and the reason that its own cells give to refuse it.
-- In a replay of what was known: the leads, as they were kept.
{{ config(materialized='view') }}

{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set moment_column = declared_moment_column(var('backtest'), var('backtest_moment_column')) %}
{% set named_cells = lead_cells(attributes, mart_columns, moment_column) %}

{% if var('as_known') %}
select
    lead_id,
    account_id,
    email,
    {%- for cell in named_cells if not cell.is_own %}
    {{ text_of_json('cells', cell.column) }} as {{ cell.alias }},
    {%- endfor %}
    created_at_cell,
    updated_at_cell,
    created_at,
    updated_at,
    cast(null as {{ dbt.type_timestamp() }}) as backtest_moment,
    created_at_cell is not null and created_at is null as is_created_at_unreadable,
    updated_at_cell is not null and updated_at is null as is_updated_at_unreadable,
    cast(null as {{ dbt.type_string() }}) as reason,
    {{ whole_row('kept_row') }} as source_row
from {{ ref('kept_leads') }} as kept_row
where {{ was_known(var('as_of')) }}
{% else %}
{% set source_leads = (
    ref('demo_leads') if var('use_demo_data')
    else ref(*var('leads_model').split('.')) if var('leads_model')
    else source('crm', 'leads')
) %}
{% set cells = source_cells(
    source_columns(source_leads, 'crm.leads'),
    'crm.leads',
    required=['lead_id'],
    optional=['created_at', 'updated_at', 'account_id', 'email'],
    declared={
        'lead_attributes': attributes | map(attribute='column') | list,
        'lead_columns_in_mart': mart_columns | map(attribute='column') | list,
        'backtest_moment_column': [moment_column] if moment_column else []
    }
) %}
{% if moment_column %}{% do cells.update({'backtest_moment': cells[moment_column]}) %}{% endif %}

with trimmed_rows as (
    select
        -- ids
        {{ cells.lead_id.text }} as lead_id,
        {{ cells.account_id.text }} as account_id,

        -- text
        {{ cells.email.text }} as email,
        {%- for cell in named_cells if not cell.is_own %}
        {{ cells[cell.column].text }} as {{ cell.alias }},
        {%- endfor %}

        -- times, as text and, where the column holds times, as such
        {{ time_text(cells, 'created_at') }} as created_at_cell,
        {{ cells.created_at.typed_time }} as created_at_typed,
        {{ time_text(cells, 'updated_at') }} as updated_at_cell,
        {{ cells.updated_at.typed_time }} as updated_at_typed,
        {%- if moment_column %}
        {{ time_text(cells, 'backtest_moment') }} as backtest_moment_cell,
        {{ cells.backtest_moment.typed_time }} as backtest_moment_typed,
        {%- endif %}

        {{ whole_row('source_line') }} as source_row
    from {{ source_leads }} as source_line -- noqa: AL05
),

read_rows as (
    select
        lead_id,
        account_id,
        email,
        {%- for cell in named_cells if not cell.is_own %}
        {{ cell.alias }},
        {%- endfor %}
        created_at_cell,
        updated_at_cell,
        source_row,
        {{ cell_time(cells, 'created_at') }} as created_at,
        {{ cell_is_given(cells, 'created_at') }} as has_created_at,
        {{ cell_time(cells, 'backtest_moment') if moment_column else 'cast(null as ' ~ dbt.type_timestamp() ~ ')' }}
            as backtest_moment,
        {{ cell_time(cells, 'updated_at') }} as updated_at,
        {{ cell_is_given(cells, 'updated_at') }} as has_updated_at
    from trimmed_rows
)

select
    lead_id,
    account_id,
    email,
    {%- for cell in named_cells if not cell.is_own %}
    {{ cell.alias }},
    {%- endfor %}
    created_at_cell,
    updated_at_cell,
    created_at,
    updated_at,
    backtest_moment,
    has_created_at and created_at is null as is_created_at_unreadable,
    has_updated_at and updated_at is null as is_updated_at_unreadable,
    case when lead_id is null then 'missing_id' end as reason,
    source_row
from read_rows
{% endif %}
