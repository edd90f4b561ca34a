-- A row per alternative text of a test that compares texts.

select distinct
    cast(test_uses.test_key as integer) as test_key,
    each_part.part as alternative
from {{ ref('int_policy__test_uses') }} as test_uses
{{ join_each_part('test_uses.normalised_value', 'each_part') }}
where test_uses.operator in ('equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'ends_with')
