-- What each group of criteria gives a lead, before and after the group's limits.
-- Criteria without a group are one group of their dimension that has no limits.
with

group_sums as (

    select
        criterion_points.moment_key,
        criterion_points.scorecard_key,
        criteria.dimension,
        criteria.group_id,
        sum(criterion_points.points) as unlimited_points,
        count(*) as criteria_met,
        max(case when criteria.effect = 'disqualify' then 1 else 0 end) as is_disqualifying
    from {{ ref('int_scoring__criterion_points') }} as criterion_points
    inner join {{ ref('int_policy__criteria') }} as criteria
        on criterion_points.criterion_key = criteria.criterion_key
    group by 1, 2, 3, 4

)

select
    group_sums.moment_key,
    group_sums.scorecard_key,
    group_sums.dimension,
    group_sums.group_id,
    cast(group_sums.unlimited_points as decimal(38, 2)) as unlimited_points,
    cast({{ clipped('group_sums.unlimited_points', 'limits.min_points', 'limits.max_points') }} as decimal(38, 2))
        as points,
    group_sums.criteria_met,
    group_sums.is_disqualifying
from group_sums
left join {{ ref('int_policy__groups') }} as limits
    on
        group_sums.scorecard_key = limits.scorecard_key
        and group_sums.group_id = limits.group_id
