-- Every row of the raw identities: cells trimmed, times read, and the reason that its own cells give to refuse it.
-- In a replay of what was known: the identities, as they were kept.
{{ config(materialized='view') }}

{% if var('as_known') %}
select
    anonymous_id,
    merged_lead_id,
    lead_id,
    identified_at,
    cast(null as {{ dbt.type_string() }}) as reason,
    {{ whole_row('kept_row') }} as source_row
from {{ ref('kept_identities') }} as kept_row
where {{ was_known(var('as_of')) }}
{% elif var('has_identities') %}
{% set source_identities = (
    ref('demo_identities') if var('use_demo_data')
    else ref(*var('identities_model').split('.')) if var('identities_model')
    else source('tracking', 'identities')
) %}
{% set cells = source_cells(
    source_columns(source_identities, 'tracking.identities'),
    'tracking.identities',
    required=['lead_id', 'identified_at'],
    any_of=['anonymous_id', 'merged_lead_id']
) %}

with trimmed_rows as (
    select
        -- ids
        {{ cells.anonymous_id.text }} as anonymous_id,
        {{ cells.merged_lead_id.text }} as merged_lead_id,
        {{ cells.lead_id.text }} as lead_id,

        -- times, as text and, where the column holds times, as such
        {{ time_text(cells, 'identified_at') }} as identified_at_cell,
        {{ cells.identified_at.typed_time }} as identified_at_typed,

        {{ whole_row('source_line') }} as source_row
    from {{ source_identities }} as source_line -- noqa: AL05
),

read_rows as (
    select
        anonymous_id,
        merged_lead_id,
        lead_id,
        source_row,
        {{ cell_time(cells, 'identified_at') }} as identified_at,
        {{ cell_is_given(cells, 'identified_at') }} as has_identified_at
    from trimmed_rows
)

select
    anonymous_id,
    merged_lead_id,
    lead_id,
    identified_at,
    case
        when anonymous_id is null and merged_lead_id is null then 'missing_id'
        when lead_id is null then 'missing_lead'
        when not has_identified_at then 'missing_time'
        when identified_at is null then 'unreadable_time'
    end as reason,
    source_row
from read_rows
{% else %}
select
    cast(null as {{ dbt.type_string() }}) as anonymous_id,
    cast(null as {{ dbt.type_string() }}) as merged_lead_id,
    cast(null as {{ dbt.type_string() }}) as lead_id,
    cast(null as {{ dbt.type_timestamp() }}) as identified_at,
    cast(null as {{ dbt.type_string() }}) as reason,
    cast(null as {{ dbt.type_string() }}) as source_row
where false
{% endif %}
