-- The outcomes of the leads that can be scored.
select
    leads.lead_key,
    outcomes.outcome,
    outcomes.amount,
    outcomes.occurred_at,
    outcomes.known_at
from {{ ref('stg_crm__outcomes') }} as outcomes
inner join {{ ref('int_facts__leads') }} as leads
    on outcomes.lead_id = leads.lead_id
