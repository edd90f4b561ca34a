-- A row per scorecard that scores (live or draft), with its defaults filled.

with

scorecards as (
    select
        scorecard_id,
        coalesce(name, scorecard_id) as name,
        status,
        coalesce(base_points, 0) as base_points,
        min_score,
        max_score,
        account_rollup
    from {{ ref('stg_policy__scorecards') }}
    where not is_retired
),

audience_tests as (
    select
        row_id as scorecard_id,
        test_key,
        item_name,
        operator,
        normalised_value
    from {{ ref('int_policy__test_uses') }}
    where file = 'scorecards.csv'
)

select
    cast(row_number() over (order by {{ by_bytes('scorecards.scorecard_id') }}) as integer) as scorecard_key,
    scorecards.scorecard_id,
    scorecards.name,
    scorecards.status,
    cast(scorecards.base_points as decimal(38, 2)) as base_points,
    scorecards.min_score,
    scorecards.max_score,
    cast(audience_tests.test_key as integer) as audience_test_key,
    scorecards.account_rollup
from scorecards
left join audience_tests on scorecards.scorecard_id = audience_tests.scorecard_id
