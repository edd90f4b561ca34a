-- The promise of the product: every point of every score is explained. Covers live and draft scorecards,
-- and a ledger entry whose lead is not in the mart.
with

scores as (

    select
        scorecard_id,
        lead_id,
        score
    from {{ ref('scored_leads') }}

    union all

    select
        scorecard_id,
        lead_id,
        score
    from {{ ref('scored_leads_draft') }}

),

ledger_sums as (

    select
        scorecard_id,
        lead_id,
        sum(points) as points
    from {{ ref('lead_score_contributions') }}
    group by 1, 2

    union all

    select
        scorecard_id,
        lead_id,
        sum(points) as points
    from {{ ref('lead_score_contributions_draft') }}
    group by 1, 2

)

select
    coalesce(scores.scorecard_id, ledger_sums.scorecard_id) as scorecard_id,
    coalesce(scores.lead_id, ledger_sums.lead_id) as lead_id,
    scores.score,
    ledger_sums.points
from scores
full outer join ledger_sums
    on
        scores.scorecard_id = ledger_sums.scorecard_id
        and scores.lead_id = ledger_sums.lead_id
where
    scores.score is null
    or scores.score <> coalesce(ledger_sums.points, 0)
