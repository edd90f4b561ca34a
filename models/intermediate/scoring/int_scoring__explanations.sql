-- The reasons of each live score in words: its largest plus and minus points, and what disqualified the lead.
with

-- what gives no points explains nothing, unless it disqualifies
explaining_points as (

    select
        criterion_points.moment_key,
        criterion_points.scorecard_key,
        criterion_points.criterion_key,
        criterion_points.points,
        criteria.name,
        criteria.effect,
        row_number() over (
            partition by
                criterion_points.moment_key,
                criterion_points.scorecard_key,
                criterion_points.points > 0,
                criterion_points.points < 0
            order by abs(criterion_points.points) desc, criterion_points.criterion_key
        ) as place
    from {{ ref('int_scoring__criterion_points') }} as criterion_points
    inner join {{ ref('int_policy__criteria') }} as criteria
        on criterion_points.criterion_key = criteria.criterion_key
    inner join {{ ref('int_scoring__moments') }} as moments
        on criterion_points.moment_key = moments.moment_key
    where
        moments.moment_set = 'live'
        and (criterion_points.points <> 0 or criteria.effect = 'disqualify')

),

worded_points as (

    select
        explaining_points.moment_key,
        explaining_points.scorecard_key,
        explaining_points.criterion_key,
        explaining_points.place,
        case
            when explaining_points.points > 0
                then explaining_points.name || ' (+' || {{ plain_number('explaining_points.points') }} || ')'
        end as reason,
        case
            when explaining_points.points < 0
                then explaining_points.name || ' (' || {{ plain_number('explaining_points.points') }} || ')'
        end as drag,
        case when explaining_points.effect = 'disqualify' then explaining_points.name end as disqualifier
    from explaining_points
    where
        explaining_points.place <= 3
        or explaining_points.effect = 'disqualify'

)

select
    worded_points.moment_key,
    worded_points.scorecard_key,
    {{ joined_text('worded_points.reason', '; ', 'worded_points.place') }} as top_reasons,
    {{ joined_text('worded_points.drag', '; ', 'worded_points.place') }} as top_drags,
    {{ joined_text('worded_points.disqualifier', '; ', 'worded_points.criterion_key') }} as disqualified_by
from worded_points
group by 1, 2
