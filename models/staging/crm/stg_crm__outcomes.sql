{{ config(materialized='view') }}

select
    -- ids
    lead_id,

    -- text
    outcome,

    -- numbers
    amount,

    -- times
    occurred_at,
    known_at
from {{ ref('int_identity__judged_outcomes') }}
where reason is null
