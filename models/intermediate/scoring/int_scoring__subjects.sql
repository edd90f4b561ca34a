-- Which leads each scorecard scores at which moment: its audience.
with

-- a scorecard without an audience takes every lead
audience_matches as (

    select
        scorecards.scorecard_key,
        value_matches.value_key,
        value_matches.value_date,
        value_matches.low_days,
        value_matches.high_days
    from {{ ref('int_policy__scorecards') }} as scorecards
    inner join {{ ref('int_scoring__value_matches') }} as value_matches
        on scorecards.audience_test_key = value_matches.test_key

)

select
    moments.moment_key,
    scorecards.scorecard_key
from {{ ref('int_scoring__moments') }} as moments
cross join {{ ref('int_policy__scorecards') }} as scorecards
where scorecards.audience_test_key is null

union all

select
    moments.moment_key,
    audience_matches.scorecard_key
from {{ ref('int_scoring__moments') }} as moments
inner join {{ ref('int_facts__lead_values') }} as lead_values
    on moments.lead_key = lead_values.lead_key
inner join audience_matches
    on lead_values.value_key = audience_matches.value_key
where {{ days_from_now_holds('audience_matches', 'moments.scored_at') }}
