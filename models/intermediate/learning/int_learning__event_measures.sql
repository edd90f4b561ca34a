{{ config(materialized='view') }}
-- What each lead had done by its own moment, by the name of the event and the window: what leadscore learn reads.
-- A view, so that runs pay nothing for it.
with

windows as (

    {{ learning_windows(var('learn_windows')) }}

),

event_days as (

    select
        leads.lead_key,
        events.event_name_key,
        windows.window_days,
        cast(events.occurred_at as date) as event_date,
        count(*) as event_count,
        max(events.occurred_at) as last_event_at
    from {{ ref('int_facts__events') }} as events
    inner join {{ ref('int_facts__leads') }} as leads
        on events.lead_key = leads.lead_key
    cross join windows
    where {{ counts_for_learning('events', 'leads', 'windows') }}
    group by 1, 2, 3, 4

),

lead_events as (

    select
        event_days.lead_key,
        event_days.event_name_key,
        event_days.window_days,
        cast(sum(event_days.event_count) as bigint) as event_count,
        count(*) as day_count,
        max(event_days.last_event_at) as last_event_at
    from event_days
    group by 1, 2, 3

)

select
    lead_events.lead_key,
    event_names.event_name,
    lead_events.window_days,
    lead_events.event_count,
    lead_events.day_count,
    cast({{ age_in_days('lead_events.last_event_at', 'leads.backtest_at') }} as bigint) as days_since_last
from lead_events
inner join {{ ref('int_facts__leads') }} as leads
    on lead_events.lead_key = leads.lead_key
inner join {{ ref('int_dictionary__event_names') }} as event_names
    on lead_events.event_name_key = event_names.event_name_key
