{{ config(materialized='view', tags=['history']) }}

select
    scorecard_id,
    lead_id,
    score,
    score_status,
    band,
    policy_version,
    valid_from,
    valid_to
from {{ ref('int_history__score_spans') }}
where lead_id is not null
