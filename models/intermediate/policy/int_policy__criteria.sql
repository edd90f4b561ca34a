-- A row per criterion of the scorecards that score, with its defaults filled.

with

criteria as (
    select
        *,
        case when signal = 'event' then measure end as event_measure
    from {{ ref('stg_policy__criteria') }}
    where not is_retired
),

tests as (
    select
        row_id as criterion_id,
        test_key
    from {{ ref('int_policy__test_uses') }}
    where file = 'criteria.csv'
),

-- no event is older than the calendar: a longer window would only outgrow the arithmetic of times
limits as (
    select 4000000 as longest_window
)

select
    cast(row_number() over (order by {{ by_bytes('criteria.criterion_id') }}) as integer) as criterion_key,
    criteria.criterion_id,
    scorecards.scorecard_key,
    criteria.dimension,
    criteria.group_id,
    criteria.name,
    criteria.signal,
    cast(tests.test_key as integer) as test_key,
    criteria.event_measure as measure,
    case
        when criteria.event_measure in ('distinct_values', 'sum') then {{ lower_case('criteria.measure_field') }}
    end as measure_property,
    cast(
        case
            when criteria.signal = 'event'
                then {{ policy_at_least('criteria.at_least', 'criteria.at_most', 'criteria.measure') }}
        end as decimal(38, 6)
    ) as at_least,
    cast(case when criteria.signal = 'event' then criteria.at_most end as decimal(38, 6)) as at_most,
    case
        when criteria.signal = 'event' and criteria.window_days is not null
            then least(criteria.window_days, limits.longest_window)
    end as window_days,
    cast(coalesce(criteria.points, 0) as decimal(38, 2)) as points,
    criteria.frequency,
    coalesce(criteria.every_n, 1) as every_n,
    criteria.max_points,
    criteria.decay,
    criteria.decay_days,
    criteria.effect,
    criteria.valid_from,
    criteria.valid_to,
    criteria.is_active
from criteria
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on criteria.scorecard_id = scorecards.scorecard_id
left join tests on criteria.criterion_id = tests.criterion_id
cross join limits
