{{ config(materialized='view') }}
-- The events that this run reads, in whole numbers and times; texts of refused rows only, for rejected_rows.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set properties = declared_properties(var('event_properties')) %}

select
    case
        when events.reason is null or events.reason in ('unidentified', 'unknown_lead')
            then {{ text_hash('events.event_id') }}
    end as event_hash,
    events.owner_key,
    events.lead_key,
    event_names.event_name_key,
    {% for property in properties %}
    coalesce(
        {{ property.alias }}_values.value_key, {{ unknown_value_key(attributes | length + loop.index0) }}
    ) as {{ property.alias }}_key,
    {% endfor %}
    events.occurred_at,
    events.known_at,
    events.loaded_at,
    events.has_load_time,
    events.is_loaded_at_unreadable,
    events.reason,
    case when events.reason is not null then events.event_id end as refused_event_id,
    case
        when events.reason in ('unidentified', 'unknown_lead')
            then case when events.is_visitor then 'visitor:' else 'lead:' end || events.owner_id
    end as refused_owner,
    case when events.reason is not null then {{ row_as_json('events.source_row') }} end as refused_row
from {{ ref('int_identity__judged_events') }} as events
left join {{ ref('int_dictionary__event_names') }} as event_names
    on {{ lower_case('events.event_name') }} = event_names.event_name
{% for property in properties %}
left join {{ ref('int_dictionary__values') }} as {{ property.alias }}_values
    on
        events.{{ property.alias }} = {{ property.alias }}_values.value
        and {{ property.alias }}_values.item_kind = 'property'
        and {{ property.alias }}_values.item_name = {{ text_literal(property.name) }}
{% endfor %}
