-- The few events whose id occurs more than once among the rows that no earlier reason refuses, with the
-- place of each among its copies. They are sought by a hash of the id, so that the history needs no sort.
{% set cells = event_cells(declared_properties(var('event_properties'))) %}

with repeated_hashes as (
    select {{ passing_hash('event_id') }} as id_hash
    from {{ ref('base_tracking__events') }}
    where event_id is not null
    group by 1
    having count(*) > 1
),

-- two ids with one hash come along too: each is the first of its own copies
candidates as (
    select
        repeated_hashes.id_hash,
        {%- for cell in cells %}
        events.{{ cell.alias }},
        {%- endfor %}
        events.occurred_at,
        events.loaded_at,
        events.is_loaded_at_unreadable,
        events.source_row
    from {{ ref('base_tracking__events') }} as events
    inner join repeated_hashes on {{ passing_hash('events.event_id') }} = repeated_hashes.id_hash
    where events.reason is null
)

select
    id_hash,
    {%- for cell in cells %}
    {{ cell.alias }},
    {%- endfor %}
    occurred_at,
    loaded_at,
    is_loaded_at_unreadable,
    row_number() over (
        partition by event_id
        order by
            coalesce(loaded_at, occurred_at),
            {{ tie_order(cells) | trim }}
    ) as copy_number,
    source_row
from candidates
