-- Every row of the raw identities with the reason to refuse it, and whether what it says has effect by as_of.

with identities as (
    select
        anonymous_id,
        merged_lead_id,
        lead_id,
        identified_at,
        reason,
        source_row,
        reason is null and identified_at <= {{ scoring_moment(var('as_of')) }} as is_judged
    from {{ ref('base_tracking__identities') }}
),

-- rows that are equal to the merge that counts count with it
matched_identities as (
    select
        identities.anonymous_id,
        identities.merged_lead_id,
        identities.lead_id,
        identities.identified_at,
        identities.reason,
        identities.source_row,
        identities.is_judged,
        counting_merges.merged_lead_id is not null as is_counting_merge,
        coalesce(counting_merges.is_circular, false) as is_circular,
        known_ids.known_id is not null as is_known
    from identities
    left join {{ ref('int_identity__counting_merges') }} as counting_merges
        on
            identities.merged_lead_id = counting_merges.merged_lead_id
            and identities.lead_id = counting_merges.lead_id
            and identities.identified_at = counting_merges.identified_at
    left join {{ ref('int_identity__known_ids') }} as known_ids on identities.lead_id = known_ids.known_id
),

judged_identities as (
    select
        anonymous_id,
        merged_lead_id,
        lead_id,
        identified_at,
        is_judged,
        is_counting_merge,
        case
            when reason is not null then reason
            when not is_judged then null
            when is_circular then 'circular_merge'
            -- a merge that a later one outdates says nothing any more, so its lead need not be known
            when not is_known and (anonymous_id is not null or is_counting_merge) then 'unknown_lead'
        end as reason,
        source_row
    from matched_identities
)

select
    anonymous_id,
    merged_lead_id,
    lead_id,
    identified_at,
    is_judged and reason is null and anonymous_id is not null as is_identification,
    is_judged and reason is null and is_counting_merge as is_merge,
    reason,
    case when reason is not null then {{ row_as_json('source_row') }} end as row_json
from judged_identities
