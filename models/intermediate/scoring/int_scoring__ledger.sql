{{ config(materialized='view') }}
-- The entries of every live score in words.
select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    leads.lead_id,
    entries.entry_type,
    criteria.criterion_id,
    coalesce(criteria.group_id, entries.group_id) as group_id,
    coalesce(criteria.dimension, entries.dimension) as dimension,
    criteria.name,
    entries.points,
    entries.measure_value,
    matched_values.value as matched_value,
    entries.evidence_count,
    entries.first_evidence_at,
    entries.last_evidence_at
from {{ ref('int_scoring__entries') }} as entries
inner join {{ ref('int_facts__leads') }} as leads
    on entries.lead_key = leads.lead_key
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on entries.scorecard_key = scorecards.scorecard_key
left join {{ ref('int_policy__criteria') }} as criteria
    on entries.criterion_key = criteria.criterion_key
left join {{ ref('int_dictionary__values') }} as matched_values
    on entries.matched_value_key = matched_values.value_key
