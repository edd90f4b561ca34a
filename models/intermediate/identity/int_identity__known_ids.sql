-- Every id that is known, in leads or merged into one that is, and the lead whose events are its.

with lead_ids as (
    select distinct lead_id
    from {{ ref('base_crm__leads') }}
    where lead_id is not null
),

final_merges as (
    select
        merged_lead_id,
        lead_id,
        merged_at
    from {{ ref('int_identity__merges') }}
),

unmerged_ids as (
    select
        lead_ids.lead_id as known_id,
        lead_ids.lead_id,
        cast(null as {{ dbt.type_timestamp() }}) as merged_at
    from lead_ids
    left join final_merges on lead_ids.lead_id = final_merges.merged_lead_id
    where final_merges.merged_lead_id is null
),

merged_ids as (
    select
        merged_lead_id as known_id,
        lead_id,
        merged_at
    from final_merges
)

select
    known_id,
    lead_id,
    merged_at
from unmerged_ids

union all

select
    known_id,
    lead_id,
    merged_at
from merged_ids
