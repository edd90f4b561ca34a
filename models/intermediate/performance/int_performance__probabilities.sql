-- The probability that goes with each live score, where the back-test has the evidence for one.
with

live_scores as (

    select distinct
        results.scorecard_key,
        results.score
    from {{ ref('int_scoring__results') }} as results

)

select
    live_scores.scorecard_key,
    live_scores.score,
    steps.probability,
    steps.probability_low,
    steps.probability_high
from live_scores
inner join {{ ref('int_backtest__calibration') }} as steps
    on
        live_scores.scorecard_key = steps.scorecard_key
        and (steps.from_score is null or live_scores.score >= steps.from_score)
        and (steps.below_score is null or live_scores.score < steps.below_score)
where not steps.is_thin
