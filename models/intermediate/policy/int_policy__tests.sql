-- A row per different test of one item; scorecards share them.

select distinct
    cast(test_key as integer) as test_key,
    item_kind,
    item_name,
    operator,
    cast(case when operator = 'between' then low_number end as decimal(38, 6)) as low_number,
    cast(case when operator = 'between' then high_number end as decimal(38, 6)) as high_number,
    case when operator = 'days_from_now' then cast(low_number as bigint) end as low_days,
    case when operator = 'days_from_now' then cast(high_number as bigint) end as high_days,
    case when operator = 'matches' then normalised_value end as pattern
from {{ ref('int_policy__test_uses') }}
