-- Every row of the raw outcomes with the lead whose it is, or the reason to refuse it.

with judged_outcomes as (
    select
        outcomes.lead_id as named_lead_id,
        known_ids.lead_id,
        outcomes.outcome,
        outcomes.occurred_at,
        coalesce(greatest(outcomes.occurred_at, known_ids.merged_at), outcomes.occurred_at) as known_at,
        outcomes.amount,
        case
            when outcomes.reason is not null then outcomes.reason
            when known_ids.known_id is null then 'unknown_lead'
        end as reason,
        outcomes.source_row
    from {{ ref('base_crm__outcomes') }} as outcomes
    left join {{ ref('int_identity__known_ids') }} as known_ids on outcomes.lead_id = known_ids.known_id
)

select
    named_lead_id,
    lead_id,
    outcome,
    occurred_at,
    known_at,
    amount,
    reason,
    case when reason is not null then {{ row_as_json('source_row') }} end as row_json
from judged_outcomes
