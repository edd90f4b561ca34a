-- The merges that count, one row per merged id: of several the last, before it is known whether their lead is.

with recursive judged_merges as (
    select
        merged_lead_id,
        lead_id,
        identified_at
    from {{ ref('base_tracking__identities') }}
    where
        reason is null
        and merged_lead_id is not null
        and identified_at <= {{ scoring_moment(var('as_of')) }}
),

ranked_merges as (
    select
        merged_lead_id,
        lead_id,
        identified_at,
        row_number() over (
            partition by merged_lead_id
            order by identified_at desc, {{ by_bytes('lead_id') }} desc
        ) as place
    from judged_merges
),

last_merges as (
    select
        merged_lead_id,
        lead_id,
        identified_at
    from ranked_merges
    where place = 1
),

-- every id that is reached from a merged one, until the walk comes back to its start
walks as (
    select
        merged_lead_id as start_id,
        lead_id as reached_id,
        1 as step
    from last_merges

    union all

    select
        walks.start_id,
        last_merges.lead_id as reached_id,
        walks.step + 1 as step
    from walks
    inner join last_merges on walks.reached_id = last_merges.merged_lead_id
    where
        walks.step < 32
        and walks.reached_id <> walks.start_id
),

circles as (
    select start_id
    from walks
    where reached_id = start_id
)

select
    last_merges.merged_lead_id,
    last_merges.lead_id,
    last_merges.identified_at,
    circles.start_id is not null as is_circular
from last_merges
left join circles on last_merges.merged_lead_id = circles.start_id
