{{ config(materialized=stateful(), incremental_strategy='scored_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The result of each lead at its own moment, as it was last scored, whichever run that was. Time alone never changes
-- it.
select
    scores.scorecard_key,
    scores.lead_key,
    scores.scored_at,
    scores.score_status,
    scores.score,
    scores.fit_score,
    scores.engagement_score,
    scores.band,
    scores.fit_band,
    scores.engagement_band,
    scores.grade
from {{ ref('int_scoring__banded_scores') }} as scores
where scores.moment_set = 'backtest'
