select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    leads.lead_id,
    results.scored_at,
    results.score_status,
    results.score,
    results.fit_score,
    results.engagement_score,
    results.band,
    results.fit_band,
    results.engagement_band,
    results.grade,
    labels.exclusion_reason,
    labels.is_converted,
    labels.converted_at,
    labels.amount,
    labels.window_ends_at,
    scorecards.policy_version
from {{ ref('int_backtest__results') }} as results
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on results.scorecard_key = scorecards.scorecard_key
inner join {{ ref('int_facts__leads') }} as leads
    on results.lead_key = leads.lead_key
inner join {{ ref('int_backtest__labels') }} as labels
    on results.lead_key = labels.lead_key
