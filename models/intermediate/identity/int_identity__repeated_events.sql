-- depends_on: {{ ref('int_state__run') }}
-- The few events whose id occurs more than once among the rows that no earlier reason refuses, with the
-- place of each among its copies. They are sought by a hash of the id, so that the history needs no sort.
-- A copy of an event that an earlier run has read comes after it: that one was loaded before.
{% set cells = event_cells(declared_properties(var('event_properties'))) %}
{% set plan = run_state() %}

with repeated_hashes as (
    select {{ passing_hash('event_id') }} as id_hash
    from {{ ref('base_tracking__events') }}
    where event_id is not null
    {%- if not plan.reads_all %}
        and {{ has_arrived('', plan) }}
    {%- endif %}
    group by 1
    having count(*) > 1
),

{% if not plan.reads_all -%}
stored_events as (
    select event_hash
    from {{ state_relation('int_facts__events') }}
    where
        {{ is_left_alone('', plan) }}
        and event_hash is not null
),

copies_of_stored_events as (
    select distinct arrived_events.id_hash
    from (
        select
            {{ passing_hash('event_id') }} as id_hash,
            {{ text_hash('event_id') }} as event_hash
        from {{ ref('base_tracking__events') }}
        where
            event_id is not null
            and {{ has_arrived('', plan) }}
    ) as arrived_events
    inner join stored_events on arrived_events.event_hash = stored_events.event_hash
),

{% endif -%}
sought_hashes as (
    select id_hash
    from repeated_hashes
    {%- if not plan.reads_all %}

    union

    select id_hash
    from copies_of_stored_events
    {%- endif %}
),

-- two ids with one hash come along too: each is the first of its own copies
candidates as (
    select
        sought_hashes.id_hash,
        {%- for cell in cells %}
        events.{{ cell.alias }},
        {%- endfor %}
        events.occurred_at,
        events.loaded_at,
        events.is_loaded_at_unreadable,
        {%- if plan.reads_all %}
        0 as stored_copies,
        {%- else %}
        case when {{ text_hash('events.event_id') }} in (select event_hash from stored_events) then 1 else 0 end
            as stored_copies,
        {%- endif %}
        events.source_row
    from {{ ref('base_tracking__events') }} as events
    inner join sought_hashes on {{ passing_hash('events.event_id') }} = sought_hashes.id_hash
    where events.reason is null
    {%- if not plan.reads_all %}
        and {{ has_arrived('events.', plan) }}
    {%- endif %}
)

select
    id_hash,
    {%- for cell in cells %}
    {{ cell.alias }},
    {%- endfor %}
    occurred_at,
    loaded_at,
    is_loaded_at_unreadable,
    stored_copies + row_number() over (
        partition by event_id
        order by
            coalesce(loaded_at, occurred_at),
            {{ tie_order(cells) | trim }}
    ) as copy_number,
    source_row
from candidates
