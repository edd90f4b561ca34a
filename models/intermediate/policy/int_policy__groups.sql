-- A row per group of the scorecards that score.

select
    scorecards.scorecard_key,
    policy_groups.group_id,
    policy_groups.dimension,
    coalesce(policy_groups.name, policy_groups.group_id) as name,
    policy_groups.min_points,
    policy_groups.max_points
from {{ ref('stg_policy__groups') }} as policy_groups
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on policy_groups.scorecard_id = scorecards.scorecard_id
