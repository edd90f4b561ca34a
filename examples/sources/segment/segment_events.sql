-- Calls of users and visitors, without those of the monitoring. Events with properties have tables of their own.
with calls as (
    {{ leadscore.segment_events(
        tracks=source('segment', 'tracks'),
        pages=source('segment', 'pages'),
        screens=source('segment', 'screens'),
        event_tables={'trial_started': source('segment', 'trial_started')},
        properties={
            'page': 'path',
            'plan': 'plan',
            'seats': 'seats',
            'user_agent': 'context_user_agent',
        }
    ) }}
)

select
    event_id,
    event_name,
    occurred_at,
    loaded_at,
    lead_id,
    anonymous_id,
    page,
    plan,
    seats
from calls
where lower(coalesce(user_agent, '')) not like '%bot%'
