-- A row per criterion or audience that tests an item, with the test it makes. Tests that ask the same of the
-- same item, however spelled, share one key.
-- depends_on: {{ ref('int_policy__gate') }}

with

item_tests as (
    select
        file,
        row_id,
        item_kind,
        item_name,
        operator,
        value,
        low_number,
        high_number
    from {{ ref('int_policy__item_tests') }}
    where not is_retired
),

-- a row per different alternative of a test of texts
alternatives as (
    select distinct
        item_tests.file,
        item_tests.row_id,
        {{ trimmed(lower_case('each_part.part')) }} as alternative
    from item_tests
    {{ join_each_part('item_tests.value', 'each_part') }}
    where
        item_tests.operator in ('equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'ends_with')
        and {{ trimmed('each_part.part') }} is not null
),

joined_alternatives as (
    select
        file,
        row_id,
        {{ joined_text('alternative', '|', by_bytes('alternative')) }} as alternatives
    from alternatives
    group by file, row_id
),

normalised as (
    select
        item_tests.file,
        item_tests.row_id,
        item_tests.item_kind,
        item_tests.item_name,
        item_tests.operator,
        case
            when item_tests.operator = 'matches' then {{ lower_case('item_tests.value') }}
            when item_tests.operator in ('between', 'days_from_now')
                then
                    coalesce(cast(item_tests.low_number as {{ dbt.type_string() }}), '')
                    || '..'
                    || coalesce(cast(item_tests.high_number as {{ dbt.type_string() }}), '')
            else coalesce(joined_alternatives.alternatives, '')
        end as normalised_value,
        item_tests.low_number,
        item_tests.high_number
    from item_tests
    left join joined_alternatives
        on item_tests.file = joined_alternatives.file and item_tests.row_id = joined_alternatives.row_id
)

select
    file,
    row_id,
    item_kind,
    item_name,
    operator,
    normalised_value,
    low_number,
    high_number,
    dense_rank() over (
        order by
            {{ by_bytes('item_kind') }},
            {{ by_bytes('item_name') }},
            {{ by_bytes('operator') }},
            {{ by_bytes('normalised_value') }}
    ) as test_key
from normalised
