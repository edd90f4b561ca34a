-- Every row of the raw outcomes: cells trimmed, times read, and the reason that its own cells give to refuse it.
-- In a replay of what was known: the outcomes, as they were kept.
{{ config(materialized='view') }}

{% if var('as_known') %}
select
    lead_id,
    outcome,
    amount,
    occurred_at,
    cast(null as {{ dbt.type_string() }}) as reason,
    {{ whole_row('kept_row') }} as source_row
from {{ ref('kept_outcomes') }} as kept_row
where {{ was_known(var('as_of')) }}
{% elif var('has_outcomes') %}
{% set source_outcomes = (
    ref('demo_outcomes') if var('use_demo_data')
    else ref(*var('outcomes_model').split('.')) if var('outcomes_model')
    else source('crm', 'outcomes')
) %}
{% set cells = source_cells(
    source_columns(source_outcomes, 'crm.outcomes'),
    'crm.outcomes',
    required=['lead_id', 'outcome', 'occurred_at'],
    optional=['amount']
) %}

with trimmed_rows as (
    select
        -- ids
        {{ cells.lead_id.text }} as lead_id,

        -- text
        {{ cells.outcome.text }} as outcome,
        {{ cells.amount.text }} as amount_cell,

        -- times, as text and, where the column holds times, as such
        {{ time_text(cells, 'occurred_at') }} as occurred_at_cell,
        {{ cells.occurred_at.typed_time }} as occurred_at_typed,

        {{ whole_row('source_line') }} as source_row
    from {{ source_outcomes }} as source_line -- noqa: AL05
),

read_rows as (
    select
        lead_id,
        outcome,
        source_row,
        {{ parsed_number('amount_cell') }} as amount,
        {{ cell_time(cells, 'occurred_at') }} as occurred_at,
        {{ cell_is_given(cells, 'occurred_at') }} as has_occurred_at
    from trimmed_rows
)

select
    lead_id,
    outcome,
    amount,
    occurred_at,
    case
        when lead_id is null then 'missing_lead'
        when outcome is null then 'missing_name'
        when not has_occurred_at then 'missing_time'
        when occurred_at is null then 'unreadable_time'
    end as reason,
    source_row
from read_rows
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as lead_id,
    cast(null as {{ dbt.type_string() }}) as outcome,
    cast(null as decimal(38, 6)) as amount,
    cast(null as {{ dbt.type_timestamp() }}) as occurred_at,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as {{ dbt.type_string() }}) as source_row
where false
{% endif %}
