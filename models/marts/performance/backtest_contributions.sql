{{ config(materialized=mart_view()) }}
-- The entries themselves are stored in keys; their words are joined when they are read.
select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    leads.lead_id,
    criteria.criterion_id,
    entries.points
from {{ ref('int_backtest__entries') }} as entries
inner join {{ ref('int_facts__leads') }} as leads
    on entries.lead_key = leads.lead_key
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on entries.scorecard_key = scorecards.scorecard_key
inner join {{ ref('int_policy__criteria') }} as criteria
    on entries.criterion_key = criteria.criterion_key
