-- Which distinct values pass which distinct tests: each pair is judged once, whatever the number of leads and events.
with

tested_values as (

    select
        tests.test_key,
        tests.operator,
        tests.low_number,
        tests.high_number,
        tests.low_days,
        tests.high_days,
        tests.pattern,
        item_values.value_key,
        item_values.value_folded,
        item_values.value_number,
        item_values.value_date
    from {{ ref('int_policy__tests') }} as tests
    inner join {{ ref('int_dictionary__values') }} as item_values
        on
            tests.item_kind = item_values.item_kind
            and tests.item_name = item_values.item_name

),

-- a text test is decided by whether any of its alternatives is found in the value
alternatives_found as (

    select distinct
        tested_values.test_key,
        tested_values.value_key
    from tested_values
    inner join {{ ref('int_policy__test_alternatives') }} as alternatives
        on tested_values.test_key = alternatives.test_key
    where
        {{ alternative_is_found(
            'tested_values.operator', 'tested_values.value_folded', 'alternatives.alternative'
        ) }}

),

judged_values as (

    select
        tested_values.test_key,
        tested_values.value_key,
        tested_values.operator,
        tested_values.low_days,
        tested_values.high_days,
        tested_values.value_date,
        {{ value_passes_test('tested_values', 'alternatives_found.value_key is not null') }} as is_passed
    from tested_values
    left join alternatives_found
        on
            tested_values.test_key = alternatives_found.test_key
            and tested_values.value_key = alternatives_found.value_key

)

select
    judged_values.test_key,
    judged_values.value_key,
    -- only days_from_now is still to be judged at the scoring moment
    case when judged_values.operator = 'days_from_now' then judged_values.value_date end as value_date,
    judged_values.low_days,
    judged_values.high_days
from judged_values
where judged_values.is_passed
