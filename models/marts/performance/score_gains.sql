-- Where the border of a tenth falls into a score, the leads of that score count in proportion on either side.
with

score_cells as (

    select
        score_groups.scorecard_id,
        score_groups.score,
        cast(sum(score_groups.leads) as {{ type_whole() }}) as leads,
        cast(sum(score_groups.conversions) as {{ type_whole() }}) as conversions
    from {{ ref('int_performance__score_groups') }} as score_groups
    where score_groups.weighting = 'plain'
    group by score_groups.scorecard_id, score_groups.score

),

ranked_cells as (

    select
        score_cells.scorecard_id,
        score_cells.score,
        score_cells.leads,
        score_cells.conversions,
        cast(
            sum(score_cells.leads) over (
                partition by score_cells.scorecard_id
                order by score_cells.score desc
                rows between unbounded preceding and current row
            ) as {{ type_whole() }}
        ) as leads_down_to,
        cast(
            sum(score_cells.conversions) over (
                partition by score_cells.scorecard_id
                order by score_cells.score desc
                rows between unbounded preceding and current row
            ) as {{ type_whole() }}
        ) as conversions_down_to,
        cast(sum(score_cells.leads) over (partition by score_cells.scorecard_id) as {{ type_whole() }}) as all_leads,
        cast(sum(score_cells.conversions) over (partition by score_cells.scorecard_id) as {{ type_whole() }})
            as all_conversions
    from score_cells

),

tenths as (
    {%- for decile in range(1, 11) %}
    select {{ decile }} as decile
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

score_ranges as (

    select
        ranked_cells.scorecard_id,
        tenths.decile,
        min(ranked_cells.score) as lowest_score,
        max(ranked_cells.score) as highest_score
    from ranked_cells
    inner join tenths
        on
            10 * (ranked_cells.leads_down_to - ranked_cells.leads) < tenths.decile * ranked_cells.all_leads
            and 10 * ranked_cells.leads_down_to > (tenths.decile - 1) * ranked_cells.all_leads
    group by ranked_cells.scorecard_id, tenths.decile

),

-- the conversions from the best lead to the border below the tenth, as a fraction
borders as (

    select
        ranked_cells.scorecard_id,
        tenths.decile,
        ranked_cells.all_leads,
        ranked_cells.all_conversions,
        10 * (ranked_cells.conversions_down_to - ranked_cells.conversions) * ranked_cells.leads
        + ranked_cells.conversions * (
            tenths.decile * ranked_cells.all_leads - 10 * (ranked_cells.leads_down_to - ranked_cells.leads)
        ) as numerator,
        10 * ranked_cells.leads as denominator
    from ranked_cells
    inner join tenths
        on
            10 * (ranked_cells.leads_down_to - ranked_cells.leads) < tenths.decile * ranked_cells.all_leads
            and 10 * ranked_cells.leads_down_to >= tenths.decile * ranked_cells.all_leads

),

cumulative_tenths as (

    select
        borders.scorecard_id,
        borders.decile,
        borders.all_leads,
        borders.all_conversions,
        {{ rounded_ratio('borders.decile * borders.all_leads', 10, 6) }} as cumulative_leads,
        {{ rounded_ratio('borders.numerator', 'borders.denominator', 6) }} as cumulative_conversions,
        case
            when borders.all_conversions > 0
                then {{ rounded_ratio(
                    'borders.numerator', 'nullif(borders.denominator * borders.all_conversions, 0)', 6
                ) }}
        end as cumulative_conversion_share,
        case
            when borders.all_conversions > 0
                then {{ rounded_ratio(
                    '(10 * borders.numerator)',
                    'nullif(borders.denominator * borders.all_conversions * borders.decile, 0)',
                    6
                ) }}
        end as cumulative_lift
    from borders

),

tenths_by_themselves as (

    select
        cumulative_tenths.scorecard_id,
        cumulative_tenths.decile,
        cumulative_tenths.all_leads,
        cumulative_tenths.all_conversions,
        cumulative_tenths.cumulative_leads,
        cumulative_tenths.cumulative_conversions,
        cumulative_tenths.cumulative_conversion_share,
        cumulative_tenths.cumulative_lift,
        cumulative_tenths.cumulative_leads - coalesce(
            lag(cumulative_tenths.cumulative_leads) over (
                partition by cumulative_tenths.scorecard_id
                order by cumulative_tenths.decile
            ), 0
        ) as leads,
        cumulative_tenths.cumulative_conversions - coalesce(
            lag(cumulative_tenths.cumulative_conversions) over (
                partition by cumulative_tenths.scorecard_id
                order by cumulative_tenths.decile
            ), 0
        ) as conversions
    from cumulative_tenths

)

select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    tenths_by_themselves.decile,
    cast(tenths_by_themselves.leads as decimal(38, 6)) as leads,
    cast(tenths_by_themselves.conversions as decimal(38, 6)) as conversions,
    cast(
        {{ rounded_ratio(
            scaled_up('tenths_by_themselves.conversions', 6), scaled_up('tenths_by_themselves.leads', 6), 6
        ) }} as decimal(38, 6)
    ) as conversion_rate,
    cast(
        case
            when tenths_by_themselves.all_conversions > 0
                then {{ rounded_ratio(
                    scaled_up('tenths_by_themselves.conversions', 6) ~ ' * tenths_by_themselves.all_leads',
                    scaled_up('tenths_by_themselves.leads', 6) ~ ' * nullif(tenths_by_themselves.all_conversions, 0)',
                    6
                ) }}
        end as decimal(38, 6)
    ) as lift,
    cast(tenths_by_themselves.cumulative_leads as decimal(38, 6)) as cumulative_leads,
    cast(tenths_by_themselves.cumulative_conversions as decimal(38, 6)) as cumulative_conversions,
    cast(tenths_by_themselves.cumulative_conversion_share as decimal(38, 6)) as cumulative_conversion_share,
    cast(tenths_by_themselves.cumulative_lift as decimal(38, 6)) as cumulative_lift,
    score_ranges.lowest_score,
    score_ranges.highest_score,
    scorecards.policy_version
from tenths_by_themselves
inner join score_ranges
    on
        tenths_by_themselves.scorecard_id = score_ranges.scorecard_id
        and tenths_by_themselves.decile = score_ranges.decile
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on tenths_by_themselves.scorecard_id = scorecards.scorecard_id
