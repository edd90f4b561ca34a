-- The reasons of each live score in words: its largest plus and minus points, and what disqualified the lead.
with

explained_points as (

    select
        criterion_points.moment_key,
        criterion_points.scorecard_key,
        criterion_points.criterion_key,
        criterion_points.points,
        criteria.name,
        criteria.effect,
        row_number() over (
            partition by criterion_points.moment_key, criterion_points.scorecard_key
            order by criterion_points.points desc, criterion_points.criterion_key asc
        ) as reason_position,
        row_number() over (
            partition by criterion_points.moment_key, criterion_points.scorecard_key
            order by criterion_points.points, criterion_points.criterion_key
        ) as drag_position
    from {{ ref('int_scoring__criterion_points') }} as criterion_points
    inner join {{ ref('int_policy__criteria') }} as criteria
        on criterion_points.criterion_key = criteria.criterion_key
    inner join {{ ref('int_scoring__moments') }} as moments
        on criterion_points.moment_key = moments.moment_key
    where moments.moment_set = 'live'

),

worded_points as (

    select
        explained_points.moment_key,
        explained_points.scorecard_key,
        explained_points.criterion_key,
        explained_points.reason_position,
        explained_points.drag_position,
        case
            when explained_points.points > 0 and explained_points.reason_position <= 3
                then explained_points.name || ' (+' || {{ plain_number('explained_points.points') }} || ')'
        end as reason,
        case
            when explained_points.points < 0 and explained_points.drag_position <= 3
                then explained_points.name || ' (' || {{ plain_number('explained_points.points') }} || ')'
        end as drag,
        case when explained_points.effect = 'disqualify' then explained_points.name end as disqualifier
    from explained_points

)

select
    worded_points.moment_key,
    worded_points.scorecard_key,
    {{ joined_text('worded_points.reason', '; ', 'worded_points.reason_position') }} as top_reasons,
    {{ joined_text('worded_points.drag', '; ', 'worded_points.drag_position') }} as top_drags,
    {{ joined_text('worded_points.disqualifier', '; ', 'worded_points.criterion_key') }} as disqualified_by
from worded_points
where
    worded_points.reason is not null
    or worded_points.drag is not null
    or worded_points.disqualifier is not null
group by 1, 2
