{{ config(materialized='view') }}
-- The lowest band of each scorecard: the one that the bias guard explores unless told otherwise.
with

ordered_bands as (

    select
        bands.scorecard_key,
        bands.band,
        row_number() over (
            partition by bands.scorecard_key
            order by case when bands.min_points is null then 0 else 1 end, bands.min_points
        ) as place
    from {{ ref('int_policy__bands') }} as bands
    where bands.scope = 'total'

)

select
    ordered_bands.scorecard_key,
    ordered_bands.band
from ordered_bands
where ordered_bands.place = 1
