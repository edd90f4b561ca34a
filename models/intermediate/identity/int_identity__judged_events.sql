{#- Every row of the raw events with the lead whose it is and from when on that is known, or the reason to refuse it. -#}

{% set properties = declared_properties(var('event_properties')) %}
{% set cells = event_cells(properties) %}

with repeated_hashes as (
    select distinct id_hash
    from {{ ref('int_identity__repeated_events') }}
),

single_events as (
    select
        events.event_id,
        events.lead_id,
        events.anonymous_id,
        events.event_name,
        {%- for cell in cells if not cell.is_own %}
        events.{{ cell.alias }},
        {%- endfor %}
        events.occurred_at_cell,
        events.loaded_at_cell,
        events.occurred_at,
        events.loaded_at,
        events.is_loaded_at_unreadable,
        events.reason,
        events.source_row
    from {{ ref('base_tracking__events') }} as events
    left join repeated_hashes on {{ passing_hash('events.event_id') }} = repeated_hashes.id_hash
    where events.reason is not null or repeated_hashes.id_hash is null
),

repeated_events as (
    select
        event_id,
        lead_id,
        anonymous_id,
        event_name,
        {%- for cell in cells if not cell.is_own %}
        {{ cell.alias }},
        {%- endfor %}
        occurred_at_cell,
        loaded_at_cell,
        occurred_at,
        loaded_at,
        is_loaded_at_unreadable,
        case when copy_number > 1 then 'duplicate_id' end as reason,
        source_row
    from {{ ref('int_identity__repeated_events') }}
),

events as (
    select * from single_events
    union all
    select * from repeated_events
),

keyed_events as (
    select
        events.*,
        -- refused rows look for no lead
        case when reason is null then lead_id end as known_id,
        case when reason is null and lead_id is null then anonymous_id end as visitor_id
        {%- for property in properties %},
        {{ json_leaf(cell_text(cells, property.column), property.path) if property.path else cell_text(cells, property.column) }} as {{ property.alias }}_leaf
        {%- endfor %}
    from events
),

placed_events as (
    select
        keyed_events.event_id,
        keyed_events.event_name,
        keyed_events.occurred_at,
        keyed_events.loaded_at,
        keyed_events.is_loaded_at_unreadable,
        {%- for property in properties %}
        {{ trimmed('keyed_events.' ~ property.alias ~ '_leaf') if property.path else 'keyed_events.' ~ property.alias ~ '_leaf' }} as {{ property.alias }}_text,
        {%- endfor %}
        keyed_events.source_row,
        coalesce(known_ids.lead_id, visitors.lead_id) as lead_id,
        coalesce(known_ids.merged_at, visitors.known_from) as known_from,
        case
            when keyed_events.reason is not null then keyed_events.reason
            when known_ids.lead_id is not null or visitors.lead_id is not null then null
            when keyed_events.lead_id is null then 'unidentified'
            else 'unknown_lead'
        end as reason
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
    occurred_at,
    coalesce(greatest(occurred_at, known_from), occurred_at) as known_at,
    coalesce(loaded_at, occurred_at) as loaded_at,
    {%- for property in properties %}
    {{ cleaned(property.alias ~ '_text', var('missing_values')) }} as {{ property.alias }},
    {%- endfor %}
    is_loaded_at_unreadable,
    reason,
    case when reason is not null then {{ row_as_json('source_row') }} end as row_json
from placed_events
