{{ config(materialized='view') }}

select
    -- ids
    anonymous_id,
    merged_lead_id,
    lead_id,

    -- booleans
    is_identification,
    is_merge,

    -- times
    identified_at
from {{ ref('int_identity__judged_identities') }}
where reason is null
