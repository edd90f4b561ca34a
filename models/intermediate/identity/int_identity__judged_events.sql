{{ config(materialized='view') }}
-- depends_on: {{ ref('int_state__run') }}
-- Every row of the raw events that this run reads, with whose it is and from when on that is known, or the reason to
-- refuse it. Properties are as trimmed text, missing words and all.
{% set properties = declared_properties(var('event_properties')) %}
{% set cells = event_cells(properties) %}
{% set plan = run_state() %}

with repeated_hashes as (
    select distinct id_hash
    from {{ ref('int_identity__repeated_events') }}
),

events as (
    select
        {%- for cell in cells %}
        base_events.{{ cell.alias }},
        {%- endfor %}
        base_events.occurred_at,
        base_events.loaded_at,
        base_events.is_loaded_at_unreadable,
        base_events.reason,
        base_events.source_row
    from {{ ref('base_tracking__events') }} as base_events
    left join repeated_hashes on {{ passing_hash('base_events.event_id') }} = repeated_hashes.id_hash
    where (base_events.reason is not null or repeated_hashes.id_hash is null)
    {%- if not plan.reads_all %}
        and {{ has_arrived('base_events.', plan) }}
    {%- endif %}

    union all

    select
        {%- for cell in cells %}
        {{ cell.alias }},
        {%- endfor %}
        occurred_at,
        loaded_at,
        is_loaded_at_unreadable,
        case when copy_number > 1 then 'duplicate_id' end as reason,
        source_row
    from {{ ref('int_identity__repeated_events') }}
),

keyed_events as (
    select
        event_id,
        event_name,
        {%- for property in properties %}
        {{ property_text(cells, property) }} as {{ property.alias }},
        {%- endfor %}
        occurred_at,
        loaded_at,
        is_loaded_at_unreadable,
        reason,
        source_row,
        -- a refused row looks for no lead
        case when reason is null then coalesce(lead_id, anonymous_id) end as owner_id,
        lead_id is null as is_visitor
    from events
)

select
    keyed_events.event_id,
    keyed_events.event_name,
    {%- for property in properties %}
    keyed_events.{{ property.alias }},
    {%- endfor %}
    keyed_events.occurred_at,
    coalesce(greatest(keyed_events.occurred_at, owners.known_from), keyed_events.occurred_at) as known_at,
    coalesce(keyed_events.loaded_at, keyed_events.occurred_at) as loaded_at,
    keyed_events.loaded_at is not null as has_load_time,
    keyed_events.is_loaded_at_unreadable,
    owners.owner_key,
    owners.lead_key,
    owners.lead_id,
    keyed_events.owner_id,
    keyed_events.is_visitor,
    case
        when keyed_events.reason is not null then keyed_events.reason
        when owners.owner_key is not null then null
        when keyed_events.is_visitor then 'unidentified'
        else 'unknown_lead'
    end as reason,
    keyed_events.source_row
from keyed_events
left join {{ ref('int_identity__owners') }} as owners
    on
        keyed_events.owner_id = owners.owner_id
        and keyed_events.is_visitor = owners.is_visitor
        and (owners.span_from is null or keyed_events.occurred_at >= owners.span_from)
        and (owners.span_to is null or keyed_events.occurred_at < owners.span_to)
