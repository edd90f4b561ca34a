-- A row per event name that a criterion matches, and per event name that its rate is counted against.

with

names as (
    select
        criterion_id,
        'match' as role,
        field as event_names
    from {{ ref('stg_policy__criteria') }}
    where signal = 'event'

    union all

    select
        criterion_id,
        'base' as role,
        measure_field as event_names
    from {{ ref('stg_policy__criteria') }}
    where signal = 'event' and measure = 'rate'
)

select distinct
    criteria.criterion_key,
    names.role,
    {{ trimmed(lower_case('each_part.part')) }} as event_name
from names
inner join {{ ref('int_policy__criteria') }} as criteria on names.criterion_id = criteria.criterion_id
{{ join_each_part('names.event_names', 'each_part') }}
where {{ trimmed('each_part.part') }} is not null
