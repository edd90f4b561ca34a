with

distinct_names as (

    select distinct lower(events.event_name) as event_name
    from {{ ref('stg_tracking__events') }} as events

)

select
    cast(row_number() over (order by {{ by_bytes('distinct_names.event_name') }}) as integer) as event_name_key,
    distinct_names.event_name
from distinct_names
