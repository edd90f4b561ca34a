-- The narrow events: whole numbers and times, no policy. A change of policy reads these and never the raw text.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set properties = declared_properties(var('event_properties')) %}

select
    leads.lead_key,
    event_names.event_name_key,
    events.event_id,
    events.occurred_at,
    {% for property in properties %}
    coalesce(
        {{ property.alias }}_values.value_key, {{ unknown_value_key(attributes | length + loop.index0) }}
    ) as {{ property.alias }}_key,
    {% endfor %}
    events.known_at
from {{ ref('stg_tracking__events') }} as events
inner join {{ ref('int_dictionary__leads') }} as leads
    on events.lead_id = leads.lead_id
inner join {{ ref('int_dictionary__event_names') }} as event_names
    on lower(events.event_name) = event_names.event_name
{% for property in properties %}
left join {{ ref('int_dictionary__values') }} as {{ property.alias }}_values
    on
        events.{{ property.alias }} = {{ property.alias }}_values.value
        and {{ property.alias }}_values.item_kind = 'property'
        and {{ property.alias }}_values.item_name = {{ text_literal(property.name) }}
{% endfor %}
