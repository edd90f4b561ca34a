-- The score of each lead of each scorecard's audience at each moment, with every step from the groups to the total.
with

dimension_sums as (

    select
        group_points.moment_key,
        group_points.scorecard_key,
        sum(case when group_points.dimension = 'fit' then group_points.points else 0 end) as unlimited_fit,
        sum(case when group_points.dimension = 'engagement' then group_points.points else 0 end)
            as unlimited_engagement,
        sum(group_points.criteria_met) as criteria_met,
        max(group_points.is_disqualifying) as is_disqualifying
    from {{ ref('int_scoring__group_points') }} as group_points
    group by 1, 2

),

limits as (

    select
        scorecards.scorecard_key,
        scorecards.base_points,
        scorecards.min_score,
        scorecards.max_score,
        max(case when dimensions.dimension = 'fit' then dimensions.min_points end) as fit_min,
        max(case when dimensions.dimension = 'fit' then dimensions.max_points end) as fit_max,
        max(case when dimensions.dimension = 'engagement' then dimensions.min_points end) as engagement_min,
        max(case when dimensions.dimension = 'engagement' then dimensions.max_points end) as engagement_max
    from {{ ref('int_policy__scorecards') }} as scorecards
    left join {{ ref('int_policy__dimensions') }} as dimensions
        on scorecards.scorecard_key = dimensions.scorecard_key
    group by 1, 2, 3, 4

),

limited_dimensions as (

    select
        subjects.moment_key,
        subjects.scorecard_key,
        coalesce(dimension_sums.unlimited_fit, 0) as unlimited_fit,
        coalesce(dimension_sums.unlimited_engagement, 0) as unlimited_engagement,
        coalesce(dimension_sums.criteria_met, 0) as criteria_met,
        coalesce(dimension_sums.is_disqualifying, 0) = 1 as is_disqualified,
        limits.base_points,
        limits.min_score,
        limits.max_score,
        {{ clipped('coalesce(dimension_sums.unlimited_fit, 0)', 'limits.fit_min', 'limits.fit_max') }} as fit_score,
        {{ clipped(
            'coalesce(dimension_sums.unlimited_engagement, 0)', 'limits.engagement_min', 'limits.engagement_max'
        ) }} as engagement_score
    from {{ ref('int_scoring__subjects') }} as subjects
    inner join limits
        on subjects.scorecard_key = limits.scorecard_key
    left join dimension_sums
        on
            subjects.moment_key = dimension_sums.moment_key
            and subjects.scorecard_key = dimension_sums.scorecard_key

),

totals as (

    select
        limited_dimensions.moment_key,
        limited_dimensions.scorecard_key,
        limited_dimensions.criteria_met,
        limited_dimensions.is_disqualified,
        limited_dimensions.base_points,
        limited_dimensions.unlimited_fit,
        limited_dimensions.fit_score,
        limited_dimensions.unlimited_engagement,
        limited_dimensions.engagement_score,
        limited_dimensions.base_points + limited_dimensions.fit_score + limited_dimensions.engagement_score
            as unlimited_total,
        {{ clipped(
            'limited_dimensions.base_points + limited_dimensions.fit_score + limited_dimensions.engagement_score',
            'limited_dimensions.min_score',
            'limited_dimensions.max_score'
        ) }} as total_points
    from limited_dimensions

)

select
    totals.moment_key,
    totals.scorecard_key,
    moments.moment_set,
    moments.lead_key,
    {{ score_status(
        'totals.is_disqualified', 'coverage.attributes_known', 'moments.first_event_at'
    ) }} as score_status,
    cast(totals.base_points as decimal(38, 2)) as base_points,
    cast(totals.unlimited_fit as decimal(38, 2)) as unlimited_fit,
    cast(totals.fit_score as decimal(38, 2)) as fit_score,
    cast(totals.unlimited_engagement as decimal(38, 2)) as unlimited_engagement,
    cast(totals.engagement_score as decimal(38, 2)) as engagement_score,
    cast(totals.unlimited_total as decimal(38, 2)) as unlimited_total,
    cast(totals.total_points as decimal(38, 2)) as total_points,
    cast(case when totals.is_disqualified then 0 else totals.total_points end as decimal(38, 2)) as score,
    cast(totals.criteria_met as integer) as criteria_met,
    cast(
        case
            when coverage.attributes_used > 0
                then {{ rounded_quotient('coverage.attributes_known', 'coverage.attributes_used', 2) }}
        end as decimal(38, 2)
    ) as data_coverage
from totals
inner join {{ ref('int_scoring__moments') }} as moments
    on totals.moment_key = moments.moment_key
left join {{ ref('int_scoring__coverage') }} as coverage
    on
        totals.scorecard_key = coverage.scorecard_key
        and moments.lead_key = coverage.lead_key
