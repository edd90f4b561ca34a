-- Whose events an anonymous visitor's are: a row per visitor and span of time. A span lasts from one
-- identification to the next; the first one also covers the time before it.

with identifications as (
    select
        anonymous_id,
        lead_id,
        identified_at
    from {{ ref('int_identity__judged_identities') }}
    where is_identification
),

ranked_identifications as (
    select
        anonymous_id,
        lead_id,
        identified_at,
        row_number() over (
            partition by anonymous_id, identified_at
            order by {{ by_bytes('lead_id') }} desc
        ) as place
    from identifications
),

-- trackers repeat an identification at every log-in; only the first of a run changes anything
ordered_identifications as (
    select
        anonymous_id,
        lead_id,
        identified_at,
        lag(lead_id) over (partition by anonymous_id order by identified_at) as previous_lead_id
    from ranked_identifications
    where place = 1
),

changes as (
    select
        anonymous_id,
        lead_id,
        identified_at,
        row_number() over (partition by anonymous_id order by identified_at) as place,
        lead(identified_at) over (partition by anonymous_id order by identified_at) as next_identified_at
    from ordered_identifications
    where previous_lead_id is null or previous_lead_id <> lead_id
)

select
    changes.anonymous_id,
    known_ids.lead_id,
    changes.identified_at,
    -- from when on the visitor's events are known to be this lead's
    coalesce(greatest(changes.identified_at, known_ids.merged_at), changes.identified_at) as known_from,
    case when changes.place > 1 then changes.identified_at end as span_from,
    changes.next_identified_at as span_to
from changes
inner join {{ ref('int_identity__known_ids') }} as known_ids on changes.lead_id = known_ids.known_id
