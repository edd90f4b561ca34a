-- Each band with the points at which the next one begins.
select
    bands.scorecard_key,
    bands.scope,
    bands.band,
    bands.min_points,
    cast(
        lead(bands.min_points) over (
            partition by bands.scorecard_key, bands.scope
            order by case when bands.min_points is null then 0 else 1 end, bands.min_points
        ) as decimal(38, 2)
    ) as below_points
from {{ ref('int_policy__bands') }} as bands
