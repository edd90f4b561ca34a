{{ config(materialized=stateful(), incremental_strategy='measured_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The first and the last event of each lead at each moment, of whatever name, and when the next one will be known.
select
    moments.moment_key,
    moments.lead_key,
    min(case when events.known_at <= moments.scored_at then events.occurred_at end) as first_event_at,
    max(case when events.known_at <= moments.scored_at then events.occurred_at end) as last_event_at,
    min(case when events.known_at > moments.scored_at then events.known_at end) as next_event_at
from {{ ref('int_facts__events') }} as events
inner join {{ ref('int_scoring__lead_moments') }} as moments
    on events.lead_key = moments.lead_key
where
    events.reason is null
    and moments.is_measured
group by 1, 2
