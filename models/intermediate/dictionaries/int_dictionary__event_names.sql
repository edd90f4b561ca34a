{{ config(materialized=stateful(), incremental_strategy='new_entries', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The whole numbers by which the wide tables know the name of an event.
{% set plan = run_state() %}

with

-- as spelled first: few, so that their case is folded few times
spelled_names as (

    select distinct events.event_name
    from {{ ref('base_tracking__events') }} as events
    where events.event_name is not null
    {%- if not plan.reads_all %}
        and {{ has_arrived('events.', plan) }}
    {%- endif %}

),

folded_names as (

    select distinct {{ lower_case('spelled_names.event_name') }} as event_name
    from spelled_names

)

select
    cast(
        {{ keys_given('event_name_key') }}
        + row_number() over (order by {{ by_bytes('folded_names.event_name') }})
        as integer
    ) as event_name_key,
    folded_names.event_name
from folded_names
{% if keeps_keys() -%}
where folded_names.event_name not in (select stored.event_name from {{ this }} as stored)
{%- endif %}
