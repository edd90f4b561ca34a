-- Every row of the raw events with the lead whose it is and from when on that is known, or the reason to refuse it.
{% set properties = declared_properties(var('event_properties')) %}
{% set cells = event_cells(properties) %}

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
    where base_events.reason is not null or repeated_hashes.id_hash is null

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
        lead_id,
        event_name,
        {%- for property in properties %}
        {%- set text = cell_text(cells, property.column) %}
        {{ json_leaf(text, property.path) if property.path else text }} as {{ property.alias }},
        {%- endfor %}
        occurred_at,
        loaded_at,
        is_loaded_at_unreadable,
        reason,
        source_row,
        -- a refused row looks for no lead
        case when reason is null then lead_id end as known_id,
        case when reason is null and lead_id is null then anonymous_id end as visitor_id
    from events
),

placed_events as (
    select
        keyed_events.event_id,
        coalesce(known_ids.lead_id, visitors.lead_id) as lead_id,
        keyed_events.event_name,
        {%- for property in properties %}
        {%- set text = 'keyed_events.' ~ property.alias %}
        {{ trimmed(text) if property.path else text }} as {{ property.alias }},
        {%- endfor %}
        keyed_events.occurred_at,
        keyed_events.loaded_at,
        keyed_events.is_loaded_at_unreadable,
        coalesce(known_ids.merged_at, visitors.known_from) as known_from,
        case
            when keyed_events.reason is not null then keyed_events.reason
            when known_ids.lead_id is not null or visitors.lead_id is not null then null
            when keyed_events.lead_id is null then 'unidentified'
            else 'unknown_lead'
        end as reason,
        keyed_events.source_row
    from keyed_events
    left join {{ ref('int_identity__known_ids') }} as known_ids on keyed_events.known_id = known_ids.known_id
    left join {{ ref('int_identity__visitors') }} as visitors
        on
            keyed_events.visitor_id = visitors.anonymous_id
            and (visitors.span_from is null or keyed_events.occurred_at >= visitors.span_from)
            and (visitors.span_to is null or keyed_events.occurred_at < visitors.span_to)
)

select
    event_id,
    lead_id,
    event_name,
    {%- for property in properties %}
    {{ cleaned(property.alias, var('missing_values')) }} as {{ property.alias }},
    {%- endfor %}
    occurred_at,
    coalesce(greatest(occurred_at, known_from), occurred_at) as known_at,
    coalesce(loaded_at, occurred_at) as loaded_at,
    is_loaded_at_unreadable,
    reason,
    case when reason is not null then {{ row_as_json('source_row') }} end as row_json
from placed_events
