{{ config(materialized='view') }}

{% set properties = declared_properties(var('event_properties')) %}

select
    -- ids
    event_id,
    lead_id,

    -- text
    event_name,
    {%- for property in properties %}
    {{ cleaned(property.alias, var('missing_values')) }} as {{ property.alias }},
    {%- endfor %}

    -- times
    occurred_at,
    known_at,
    loaded_at
from {{ ref('int_identity__judged_events') }}
where reason is null
