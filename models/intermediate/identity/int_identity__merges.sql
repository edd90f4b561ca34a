-- The merges that have effect, one row per merged id, with the lead at the end of the chain.

with recursive standing_merges as (
    select
        merged_lead_id,
        lead_id,
        identified_at
    from {{ ref('int_identity__counting_merges') }}
    where not is_circular
),

lead_ids as (
    select distinct lead_id
    from {{ ref('base_crm__leads') }}
    where lead_id is not null
),

-- every id that is reached from a merged one, with the latest merge on the way
walks as (
    select
        merged_lead_id as start_id,
        lead_id as reached_id,
        identified_at as merged_at,
        1 as step
    from standing_merges

    union all

    select
        walks.start_id,
        standing_merges.lead_id as reached_id,
        greatest(walks.merged_at, standing_merges.identified_at) as merged_at,
        walks.step + 1 as step
    from walks
    inner join standing_merges on walks.reached_id = standing_merges.merged_lead_id
    where walks.step < 32
),

-- a chain ends at its last lead: what lies behind that one leads to no lead and has no effect
ranked_leads as (
    select
        walks.start_id,
        walks.reached_id,
        walks.merged_at,
        row_number() over (partition by walks.start_id order by walks.step desc) as place
    from walks
    inner join lead_ids on walks.reached_id = lead_ids.lead_id
)

select
    start_id as merged_lead_id,
    reached_id as lead_id,
    merged_at
from ranked_leads
where place = 1
