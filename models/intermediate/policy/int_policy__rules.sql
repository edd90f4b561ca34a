-- A row per event criterion with the key of its rule: of all that decides what it measures, and of nothing else.
-- Criteria that measure the same share it. It stays the same from run to run, so that what was measured can be kept.
with

event_names as (

    select
        criterion_events.criterion_key,
        {{ joined_text("criterion_events.role || ':' || criterion_events.event_name", '|',
            by_bytes("criterion_events.role || ':' || criterion_events.event_name")) }} as event_names
    from {{ ref('int_policy__criterion_events') }} as criterion_events
    group by criterion_events.criterion_key

),

tests as (

    select
        test_uses.row_id as criterion_id,
        test_uses.item_name,
        test_uses.operator,
        test_uses.normalised_value
    from {{ ref('int_policy__test_uses') }} as test_uses
    where test_uses.file = 'criteria.csv'

)

select
    criteria.criterion_key,
    {{ hash_number(fingerprint([
        'event_names.event_names', 'tests.item_name', 'tests.operator', 'tests.normalised_value', 'criteria.measure',
        'criteria.measure_property', 'criteria.window_days', 'criteria.decay',
        "case when criteria.decay <> 'none' then criteria.decay_days end",
        "case when criteria.decay <> 'none' then criteria.points end",
        "case when criteria.decay <> 'none' then criteria.frequency end",
    ])) }} as rule_key,
    criteria.test_key,
    criteria.measure,
    criteria.measure_property,
    criteria.window_days,
    criteria.points,
    criteria.frequency,
    criteria.decay,
    criteria.decay_days
from {{ ref('int_policy__criteria') }} as criteria
inner join event_names
    on criteria.criterion_key = event_names.criterion_key
left join tests
    on criteria.criterion_id = tests.criterion_id
where criteria.signal = 'event'
