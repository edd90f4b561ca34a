{#
    PostHog's events as raw events.
    Columns: event_id, event_name ($pageview stays $pageview), occurred_at, loaded_at, anonymous_id (the
    distinct id, see `posthog_identities`), the properties.
    Args:
        events           the landed events of a batch export or of Airbyte
        properties       a dict of the column to make to the event's property
        excluded_events  events that say nothing about a person's interest
#}
{% macro posthog_events(
    events,
    properties={
        'page': '$pathname',
        'url': '$current_url',
        'host': '$host',
        'campaign': 'utm_campaign',
    },
    excluded_events=[
        '$identify', '$create_alias', '$merge_dangerously', '$set', '$groupidentify', '$feature_flag_called',
        '$pageleave', '$web_vitals', '$opt_in', '$exception', '$$heatmap',
    ]
) %}
{%- set event = leadscore.landed_table(events) -%}
with read_events as (
    select
        {{ leadscore.landed_text(event, ['uuid', 'id']) }} as event_id,
        {{ leadscore.landed_text(event, ['event']) }} as event_name,
        {{ leadscore.landed_time(event, ['timestamp']) }} as occurred_at,
        {{ leadscore.landed_time(event, ['bq_ingested_timestamp', '_airbyte_extracted_at', '_fivetran_synced', '_inserted_at', 'created_at']) }} as loaded_at,
        {{ leadscore.landed_text(event, ['distinct_id']) }} as anonymous_id
        {%- for alias, name in properties.items() %},
        {{ leadscore.landed_text(event, [name if ':$' in name else 'properties:$.' ~ name]) }} as {{ leadscore.quoted_name(alias | lower) }}
        {%- endfor %}
    from {{ event.relation }}
    where {{ leadscore.landed_row_stands(event) }}
)

select
    event_id,
    event_name,
    occurred_at,
    loaded_at,
    anonymous_id
    {%- for alias in properties %},
    {{ leadscore.quoted_name(alias | lower) }}
    {%- endfor %}
from read_events
{%- if excluded_events %}
where coalesce(event_name, '') not in (
    {%- for name in excluded_events %}{{ leadscore.text_literal(name) }}{{ ', ' if not loop.last }}{% endfor -%}
)
{%- endif %}
{% endmacro %}
