-- A row per band of the scorecards that score.

select
    scorecards.scorecard_key,
    bands.scope,
    bands.band,
    bands.min_points
from {{ ref('stg_policy__bands') }} as bands
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on bands.scorecard_id = scorecards.scorecard_id
