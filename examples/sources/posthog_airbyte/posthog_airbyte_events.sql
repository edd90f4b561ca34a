-- The events of PostHog, without those of developers' own machines.
with product_events as (
    {{ leadscore.posthog_events(
        events=source('posthog_airbyte', 'events'),
        properties={'page': '$pathname', 'plan': 'plan', 'seats': 'seats', 'host': '$host'}
    ) }}
)

select
    event_id,
    event_name,
    occurred_at,
    loaded_at,
    anonymous_id,
    page,
    plan,
    seats
from product_events
where coalesce(host, '') not like 'localhost%'
