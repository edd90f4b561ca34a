-- The back-test leaves out no lead silently: each one of a scorecard's audience is there once its own moment has come,
-- at that moment, and no other one is.
with

audiences as (

    select
        scorecards.scorecard_key,
        leads.lead_key,
        leads.backtest_at
    from {{ ref('int_policy__scorecards') }} as scorecards
    cross join {{ ref('int_facts__leads') }} as leads
    where
        scorecards.audience_test_key is null
        or exists (
            select 1
            from {{ ref('int_facts__lead_values') }} as lead_values
            inner join {{ ref('int_scoring__value_matches') }} as value_matches
                on lead_values.value_key = value_matches.value_key
            where
                lead_values.lead_key = leads.lead_key
                and value_matches.test_key = scorecards.audience_test_key
                and {{ days_from_now_holds('value_matches', 'leads.backtest_at') }}
        )

),

expected_scores as (

    select
        scorecards.scorecard_id,
        leads.lead_id,
        audiences.backtest_at
    from audiences
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on audiences.scorecard_key = scorecards.scorecard_key
    inner join {{ ref('int_facts__leads') }} as leads
        on audiences.lead_key = leads.lead_key
    where audiences.backtest_at <= {{ scoring_moment(var('as_of')) }}

)

select
    coalesce(expected_scores.scorecard_id, scores.scorecard_id) as scorecard_id,
    coalesce(expected_scores.lead_id, scores.lead_id) as lead_id,
    expected_scores.backtest_at,
    scores.scored_at
from expected_scores
full outer join {{ ref('backtest_scores') }} as scores
    on
        expected_scores.scorecard_id = scores.scorecard_id
        and expected_scores.lead_id = scores.lead_id
where
    expected_scores.backtest_at is null
    or scores.scored_at is null
    or expected_scores.backtest_at <> scores.scored_at
