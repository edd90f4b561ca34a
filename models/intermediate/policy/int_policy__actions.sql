-- A row per recommended action of the scorecards that score.

select
    scorecards.scorecard_key,
    actions.priority,
    actions.action,
    actions.sla_hours,
    actions.team
from {{ ref('stg_policy__actions') }} as actions
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on actions.scorecard_id = scorecards.scorecard_id
