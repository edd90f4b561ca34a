{{ config(severity='warn') }}
-- A warning, since the scores are right by their rules: leads are no longer those that the back-test spoke of. Each row
-- names what has shifted. Only leads at their moment of the back-test are compared with it: all that are scored now are
-- older, and so differ from it for that alone.
select
    scorecard_id,
    subject,
    criterion_id,
    backtest_average,
    compared_average,
    population_stability_index
from {{ ref('score_drift') }}
where
    verdict = 'shifted'
    and population = 'recent'
    and scorecard_status = 'live'
