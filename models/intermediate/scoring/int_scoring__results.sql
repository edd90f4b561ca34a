{{ config(materialized=stateful(), incremental_strategy='scored_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The live result of each lead as it was last scored, whichever run that was. What all leads decide together, such as
-- the rank, is laid over it.
select
    scores.scorecard_key,
    scores.lead_key,
    scores.score_status,
    scores.score,
    scores.fit_score,
    scores.engagement_score,
    scores.band,
    scores.fit_band,
    scores.engagement_band,
    scores.grade,
    scores.score_change,
    scores.criteria_met,
    scores.data_coverage,
    scores.first_event_at,
    scores.last_event_at,
    scores.latest_outcome,
    scores.is_converted,
    explanations.top_reasons,
    explanations.top_drags,
    explanations.disqualified_by
from {{ ref('int_scoring__banded_scores') }} as scores
left join {{ ref('int_scoring__explanations') }} as explanations
    on
        scores.moment_key = explanations.moment_key
        and scores.scorecard_key = explanations.scorecard_key
where scores.moment_set = 'live'
