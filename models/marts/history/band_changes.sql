-- Moves between bands. A first score is none, nor is one after a time in which the lead was not scored.
{{ config(materialized='view', tags=['history']) }}

with spans as (
    select
        scorecard_id,
        lead_id,
        band,
        valid_from,
        lag(band) over (partition by scorecard_id, lead_id order by valid_from) as previous_band,
        lag(valid_to) over (partition by scorecard_id, lead_id order by valid_from) as previous_valid_to
    from {{ ref('lead_score_history') }}
)

select
    scorecard_id,
    lead_id,
    previous_band as from_band,
    band as to_band,
    valid_from as changed_at
from spans
where
    valid_from = previous_valid_to
    and previous_band is distinct from band
