-- A row per dimension with limits of the scorecards that score.

select
    scorecards.scorecard_key,
    dimensions.dimension,
    dimensions.min_points,
    dimensions.max_points
from {{ ref('stg_policy__dimensions') }} as dimensions
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on dimensions.scorecard_id = scorecards.scorecard_id
