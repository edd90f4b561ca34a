-- Every row of the raw events: cells trimmed, times read, and the reason that its own cells give to refuse it.
-- In a replay of what was known: those that were loaded by then.
{{ config(materialized='view') }}

{% set properties = declared_properties(var('event_properties')) %}
{% set named_cells = event_cells(properties) %}
{% set source_events = (
    ref('demo_events') if var('use_demo_data')
    else ref(*var('events_model').split('.')) if var('events_model')
    else source('tracking', 'events')
) %}
{% set cells = source_cells(
    source_columns(source_events, 'tracking.events'),
    'tracking.events',
    required=['event_id', 'event_name', 'occurred_at'],
    any_of=['lead_id', 'anonymous_id'],
    optional=['loaded_at'],
    declared={'event_properties': properties | map(attribute='column') | list}
) %}

with trimmed_rows as (
    select
        -- ids
        {{ cells.event_id.text }} as event_id,
        {{ cells.lead_id.text }} as lead_id,
        {{ cells.anonymous_id.text }} as anonymous_id,

        -- text
        {{ cells.event_name.text }} as event_name,
        {%- for cell in named_cells if not cell.is_own %}
        {{ cells[cell.column].text }} as {{ cell.alias }},
        {%- endfor %}

        -- times, as text and, where the column holds times, as such
        {{ time_text(cells, 'occurred_at') }} as occurred_at_cell,
        {{ cells.occurred_at.typed_time }} as occurred_at_typed,
        {{ time_text(cells, 'loaded_at') }} as loaded_at_cell,
        {{ cells.loaded_at.typed_time }} as loaded_at_typed,

        {{ whole_row('source_line') }} as source_row
    from {{ source_events }} as source_line -- noqa: AL05
),

read_rows as (
    select
        event_id,
        lead_id,
        anonymous_id,
        event_name,
        {%- for cell in named_cells if not cell.is_own %}
        {{ cell.alias }},
        {%- endfor %}
        occurred_at_cell,
        loaded_at_cell,
        source_row,
        {{ cell_time(cells, 'occurred_at') }} as occurred_at,
        {{ cell_is_given(cells, 'occurred_at') }} as has_occurred_at,
        {{ cell_time(cells, 'loaded_at') }} as loaded_at,
        {{ cell_is_given(cells, 'loaded_at') }} as has_loaded_at
    from trimmed_rows
)

select
    event_id,
    lead_id,
    anonymous_id,
    event_name,
    {%- for cell in named_cells if not cell.is_own %}
    {{ cell.alias }},
    {%- endfor %}
    occurred_at_cell,
    loaded_at_cell,
    occurred_at,
    loaded_at,
    has_loaded_at and loaded_at is null as is_loaded_at_unreadable,
    case
        when event_id is null then 'missing_id'
        when event_name is null then 'missing_name'
        when not has_occurred_at then 'missing_time'
        when occurred_at is null then 'unreadable_time'
        when lead_id is null and anonymous_id is null then 'missing_lead'
        -- more than 24 hours after it was loaded; without a load time it counts as loaded when it occurred
        when {{ microseconds_between('loaded_at', 'occurred_at') }} > 86400000000 then 'future_time'
    end as reason,
    source_row
from read_rows
{%- if var('as_known') %}
where coalesce(loaded_at, occurred_at) <= {{ scoring_moment(var('as_of')) }}
{%- endif %}
