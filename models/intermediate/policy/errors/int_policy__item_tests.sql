-- A row per test of one item (an attribute's value, an event's property) that the policy writes down:
-- of attribute criteria, of event criteria with a property, and of audiences with a field.

with

criterion_tests as (
    select
        'criteria.csv' as file,
        row_id,
        scorecard_id,
        is_retired,
        case when signal = 'event' then 'property' else signal end as item_kind,
        case when signal = 'event' then 'property' else 'field' end as item_column,
        case when signal = 'event' then property else field end as item_text,
        'operator' as operator_column,
        operator_text,
        operator,
        'value' as value_column,
        value
    from {{ ref('stg_policy__criteria') }}
    where signal is null or signal = 'attribute' or has_property
),

audience_tests as (
    select
        'scorecards.csv' as file,
        row_id,
        scorecard_id,
        is_retired,
        'attribute' as item_kind,
        'audience_field' as item_column,
        audience_field as item_text,
        'audience_operator' as operator_column,
        audience_operator_text as operator_text,
        audience_operator as operator,
        'audience_value' as value_column,
        audience_value as value
    from {{ ref('stg_policy__scorecards') }}
    where has_audience_field
),

item_tests as (
    select * from criterion_tests
    union all
    select * from audience_tests
),

range_ends as (
    select
        *,
        case when operator in ('between', 'days_from_now') then {{ policy_range_end('value', 'low') }} end as low_text,
        case when operator in ('between', 'days_from_now') then {{ policy_range_end('value', 'high') }} end as high_text
    from item_tests
)

select
    file,
    row_id,
    scorecard_id,
    is_retired,
    item_kind,
    item_column,
    item_text,
    {{ lower_case('item_text') }} as item_name,
    operator_column,
    operator_text,
    operator,
    value_column,
    value,
    low_text,
    high_text,
    cast(
        case
            when operator = 'days_from_now' then {{ policy_number('low_text', 0) }}
            else {{ policy_number('low_text', 6) }}
        end as decimal(38, 6)
    ) as low_number,
    cast(
        case
            when operator = 'days_from_now' then {{ policy_number('high_text', 0) }}
            else {{ policy_number('high_text', 6) }}
        end as decimal(38, 6)
    ) as high_number
from range_ends
