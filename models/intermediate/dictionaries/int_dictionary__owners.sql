{{ config(materialized=stateful(), incremental_strategy='new_entries', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The whole numbers by which the wide tables know whose an event is. A number once given stays, also when its id
-- is no longer known.
with

known_owners as (

    select {{ owner_name('lead', 'known_ids.known_id') }} as owner_name
    from {{ ref('int_identity__known_ids') }} as known_ids

    union all

    select distinct {{ owner_name('visitor', 'visitors.anonymous_id') }} as owner_name
    from {{ ref('int_identity__visitors') }} as visitors

)

select
    cast(
        {{ keys_given('owner_key') }}
        + row_number() over (order by {{ by_bytes('known_owners.owner_name') }})
        as integer
    ) as owner_key,
    known_owners.owner_name
from known_owners
{% if keeps_keys() -%}
where known_owners.owner_name not in (select stored.owner_name from {{ this }} as stored)
{%- endif %}
