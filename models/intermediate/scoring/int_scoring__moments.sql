-- The moments at which this run scores leads, with the lead's first and last event by then.
select
    moments.moment_key,
    moments.moment_set,
    moments.lead_key,
    moments.scored_at,
    moments.is_measured,
    activity.first_event_at,
    activity.last_event_at
from {{ ref('int_scoring__lead_moments') }} as moments
left join {{ ref('int_scoring__activity') }} as activity
    on moments.moment_key = activity.moment_key
