{{ config(materialized=stateful(), incremental_strategy='scored_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- The criteria that each lead met at its own moment, as it was last scored, whichever run that was.
select
    criterion_points.scorecard_key,
    moments.lead_key,
    criterion_points.criterion_key,
    criterion_points.points
from {{ ref('int_scoring__criterion_points') }} as criterion_points
inner join {{ ref('int_scoring__moments') }} as moments
    on criterion_points.moment_key = moments.moment_key
where moments.moment_set = 'backtest'
