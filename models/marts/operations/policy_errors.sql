-- minimal, replaced soon
select
    cast(null as varchar) as file,
    cast(null as varchar) as row_id,
    cast(null as varchar) as column_name,
    cast(null as varchar) as value,
    cast(null as varchar) as problem,
    cast(null as varchar) as remedy
from {{ ref('int_policy__item_tests') }}
where 1 = 0
