{#-
    The few events whose id occurs more than once among the rows that no earlier reason refuses, with the
    place of each among its copies. Repeated ids are sought by hash, so that the history needs no sort.
-#}

{% set cells = event_cells(declared_properties(var('event_properties'))) %}

with repeated_hashes as (
    select {{ passing_hash('event_id') }} as id_hash
    from {{ ref('base_tracking__events') }}
    where event_id is not null
    group by 1
    having count(*) > 1
),

candidates as (
    select
        events.*,
        repeated_hashes.id_hash
    from {{ ref('base_tracking__events') }} as events
    inner join repeated_hashes on {{ passing_hash('events.event_id') }} = repeated_hashes.id_hash
    where events.reason is null
)

-- two ids with one hash stand here too: each is the first of its copies
select
    candidates.*,
    row_number() over (
        partition by event_id
        order by
            coalesce(loaded_at, occurred_at),
            {{ tie_order(cells) | trim }}
    ) as copy_number
from candidates
