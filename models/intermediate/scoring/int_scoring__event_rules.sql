-- What makes an event count for a criterion: its name and, where a property is tested, one of the values that pass.
-- The role `base` marks the events that a rate is divided by; they are not tested.
with

event_criteria as (

    select
        criteria.criterion_key,
        criterion_events.role,
        event_names.event_name_key,
        case when criterion_events.role = 'match' then criteria.test_key end as test_key
    from {{ ref('int_policy__criteria') }} as criteria
    inner join {{ ref('int_policy__criterion_events') }} as criterion_events
        on criteria.criterion_key = criterion_events.criterion_key
    inner join {{ ref('int_dictionary__event_names') }} as event_names
        on criterion_events.event_name = event_names.event_name

)

select
    event_criteria.criterion_key,
    event_criteria.role,
    event_criteria.event_name_key,
    cast(null as {{ dbt.type_string() }}) as property_name,
    cast(null as integer) as value_key,
    cast(null as date) as value_date,
    cast(null as bigint) as low_days,
    cast(null as bigint) as high_days
from event_criteria
where event_criteria.test_key is null

union all

select
    event_criteria.criterion_key,
    event_criteria.role,
    event_criteria.event_name_key,
    tests.item_name as property_name,
    value_matches.value_key,
    value_matches.value_date,
    value_matches.low_days,
    value_matches.high_days
from event_criteria
inner join {{ ref('int_policy__tests') }} as tests
    on event_criteria.test_key = tests.test_key
inner join {{ ref('int_scoring__value_matches') }} as value_matches
    on event_criteria.test_key = value_matches.test_key
