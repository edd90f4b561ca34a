-- What makes an event count for a rule: its name and, where a property is tested, one of the values that pass.
-- The role `base` marks the events that a rate is divided by; they are not tested.
with

-- criteria of the same rule have the same events
rules as (

    select
        policy_rules.rule_key,
        min(policy_rules.criterion_key) as criterion_key,
        min(policy_rules.test_key) as test_key
    from {{ ref('int_policy__rules') }} as policy_rules
    group by policy_rules.rule_key

),

named_rules as (

    select
        rules.rule_key,
        criterion_events.role,
        event_names.event_name_key,
        case when criterion_events.role = 'match' then rules.test_key end as test_key
    from rules
    inner join {{ ref('int_policy__criterion_events') }} as criterion_events
        on rules.criterion_key = criterion_events.criterion_key
    inner join {{ ref('int_dictionary__event_names') }} as event_names
        on criterion_events.event_name = event_names.event_name

)

select
    named_rules.rule_key,
    named_rules.role,
    named_rules.event_name_key,
    cast(null as {{ dbt.type_string() }}) as property_name,
    cast(null as integer) as value_key,
    cast(null as date) as value_date,
    cast(null as bigint) as low_days,
    cast(null as bigint) as high_days
from named_rules
where named_rules.test_key is null

union all

select
    named_rules.rule_key,
    named_rules.role,
    named_rules.event_name_key,
    tests.item_name as property_name,
    value_matches.value_key,
    value_matches.value_date,
    value_matches.low_days,
    value_matches.high_days
from named_rules
inner join {{ ref('int_policy__tests') }} as tests
    on named_rules.test_key = tests.test_key
inner join {{ ref('int_scoring__value_matches') }} as value_matches
    on named_rules.test_key = value_matches.test_key
