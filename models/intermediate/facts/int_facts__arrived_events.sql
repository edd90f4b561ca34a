-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('base_tracking__events') }}
-- depends_on: {{ ref('int_dictionary__owners') }}
-- depends_on: {{ ref('int_identity__owners') }}
-- depends_on: {{ ref('int_state__changed_owners') }}
-- The events that this run stores anew: those that it has read, and those stored before whose lead is another one now.
-- Empty in a full run, which has nothing stored and writes what it reads at once.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set properties = declared_properties(var('event_properties')) %}
{% set cells = event_cells(properties) %}
{% set plan = run_state() %}
{% set columns = event_fact_columns(properties) %}
{% set stored_events = state_relation('int_facts__events') if not plan.is_full else none %}
{#- an event of a lead that is gone is shown among the refused rows, as its source has it -#}
{% set has_lost_events = stored_events and run_query(
    'select 1 as found from ' ~ stored_events ~ ' as events where events.reason is null and events.owner_key in (select owner_key from '
    ~ ref('int_state__changed_owners') ~ ' where owner_key not in (select owner_key from ' ~ ref('int_identity__owners') ~ ')) limit 1'
).rows | length > 0 %}

with

judged_events as (

    select
        {{ columns | join(',\n        ') }}
    from {{ ref('int_facts__judged_events') }}
    {%- if plan.is_full %}
    where 1 = 0
    {%- endif %}

)

{%- if stored_events and not plan.reads_all -%}
,

-- events of before the time from which on rows are read again
moved_events as (

    select
        {%- for column in columns %}
        events.{{ column }},
        {%- endfor %}
        coalesce(events.owner_key, changed_owners.owner_key) as moved_owner_key
    from {{ stored_events }} as events
    inner join (
        select distinct
            owner_key,
            owner_name
        from {{ ref('int_state__changed_owners') }}
    ) as changed_owners
        on
            events.owner_key = changed_owners.owner_key
            or events.refused_owner = changed_owners.owner_name
    where {{ is_left_alone('events.', plan) }}

),

placed_events as (

    select
        {%- for column in columns %}
        {%- if column in ('owner_key', 'lead_key') %}
        owners.{{ column }}
        {%- elif column == 'known_at' %}
        coalesce(greatest(moved_events.occurred_at, owners.known_from), moved_events.occurred_at) as known_at
        {%- elif column == 'reason' or column.startswith('refused_') %}
        cast(null as {{ dbt.type_string() }}) as {{ column }}
        {%- else %}
        moved_events.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from moved_events
    inner join {{ ref('int_identity__owners') }} as owners
        on
            moved_events.moved_owner_key = owners.owner_key
            and (owners.span_from is null or moved_events.occurred_at >= owners.span_from)
            and (owners.span_to is null or moved_events.occurred_at < owners.span_to)

),

lost_events as (

    select moved_events.*
    from moved_events
    left join (
        select distinct owner_key
        from {{ ref('int_identity__owners') }}
    ) as known_owners
        on moved_events.moved_owner_key = known_owners.owner_key
    where known_owners.owner_key is null

),

{% if has_lost_events -%}
source_events as (

    select
        {{ text_hash('events.event_id') }} as event_hash,
        events.event_id,
        events.source_row,
        row_number() over (
            partition by events.event_id
            order by
                coalesce(events.loaded_at, events.occurred_at),
                {{ tie_order(cells, 'events') | trim }}
        ) as copy_number
    from {{ ref('base_tracking__events') }} as events
    where
        events.reason is null
        and {{ text_hash('events.event_id') }} in (
            select lost_events.event_hash
            from lost_events
            where lost_events.reason is null
        )

),

{% endif -%}
refused_events as (

    select
        {%- for column in columns %}
        {%- if column in ('owner_key', 'lead_key') %}
        cast(null as integer) as {{ column }}
        {%- elif column == 'known_at' %}
        lost_events.occurred_at as known_at
        {%- elif column == 'reason' %}
        case
            when coalesce(lost_events.refused_owner, owner_names.owner_name) like 'lead:%' then 'unknown_lead'
            else 'unidentified'
        end as reason
        {%- elif column == 'refused_owner' %}
        coalesce(lost_events.refused_owner, owner_names.owner_name) as refused_owner
        {%- elif column == 'refused_event_id' %}
        {{ 'coalesce(lost_events.refused_event_id, source_events.event_id)' if has_lost_events else 'lost_events.refused_event_id' }}
            as refused_event_id
        {%- elif column == 'refused_row' and has_lost_events %}
        coalesce(lost_events.refused_row, {{ row_as_json('source_events.source_row') }}) as refused_row
        {%- else %}
        lost_events.{{ column }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from lost_events
    left join {{ ref('int_dictionary__owners') }} as owner_names
        on lost_events.owner_key = owner_names.owner_key
    {%- if has_lost_events %}
    left join source_events
        on
            lost_events.reason is null
            and lost_events.event_hash = source_events.event_hash
            and source_events.copy_number = 1
    {%- endif %}

)
{%- endif %}

select
    {{ columns | join(',\n    ') }}
from judged_events
{%- if stored_events and not plan.reads_all %}
{%- for moved in ['placed_events', 'refused_events'] %}

union all

select
    {{ columns | join(',\n    ') }}
from {{ moved }}
{%- endfor %}
{%- endif %}
