-- The leads that the back-test is compared with: those that are scored now, and those that had their moment in the
-- back-test while their window is still open. Neither has converted.
select
    'live' as population,
    results.scorecard_key,
    results.lead_key,
    results.score
from {{ ref('int_scoring__results') }} as results
where not results.is_converted

union all

select
    'recent' as population,
    scorecards.scorecard_key,
    leads.lead_key,
    scores.score
from {{ ref('backtest_scores') }} as scores
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on scores.scorecard_id = scorecards.scorecard_id
inner join {{ ref('int_facts__leads') }} as leads
    on scores.lead_id = leads.lead_id
where scores.exclusion_reason = 'window_open'
