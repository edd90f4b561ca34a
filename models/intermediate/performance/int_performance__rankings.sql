-- How well the score ranks the leads: each statistic as an exact fraction, over all leads (replicate 0) and without
-- each group of the jackknife (its number).
with

score_cells as (

    select
        score_groups.scorecard_id,
        score_groups.weighting,
        score_groups.score,
        sum(score_groups.leads) as leads,
        sum(score_groups.conversions) as conversions
    from {{ ref('int_performance__score_groups') }} as score_groups
    group by score_groups.scorecard_id, score_groups.weighting, score_groups.score

),

replicates as (

    select distinct
        score_groups.scorecard_id,
        score_groups.weighting,
        score_groups.group_number as replicate
    from {{ ref('int_performance__score_groups') }} as score_groups

    union all

    select distinct
        score_groups.scorecard_id,
        score_groups.weighting,
        0 as replicate
    from {{ ref('int_performance__score_groups') }} as score_groups

),

replicate_cells as (

    select
        replicates.scorecard_id,
        replicates.weighting,
        replicates.replicate,
        score_cells.score,
        cast(score_cells.leads - coalesce(left_out.leads, 0) as {{ type_whole() }}) as leads,
        cast(score_cells.conversions - coalesce(left_out.conversions, 0) as {{ type_whole() }}) as conversions
    from replicates
    inner join score_cells
        on
            replicates.scorecard_id = score_cells.scorecard_id
            and replicates.weighting = score_cells.weighting
    left join {{ ref('int_performance__score_groups') }} as left_out
        on
            replicates.scorecard_id = left_out.scorecard_id
            and replicates.weighting = left_out.weighting
            and replicates.replicate = left_out.group_number
            and score_cells.score = left_out.score

),

totals as (

    select
        replicate_cells.scorecard_id,
        replicate_cells.weighting,
        replicate_cells.replicate,
        cast(sum(replicate_cells.leads) as {{ type_whole() }}) as leads,
        cast(sum(replicate_cells.conversions) as {{ type_whole() }}) as conversions
    from replicate_cells
    group by replicate_cells.scorecard_id, replicate_cells.weighting, replicate_cells.replicate

),

-- with the leads of this score and all better ones
ranked_cells as (

    select
        replicate_cells.scorecard_id,
        replicate_cells.weighting,
        replicate_cells.replicate,
        replicate_cells.leads,
        replicate_cells.conversions,
        totals.leads as all_leads,
        totals.conversions as all_conversions,
        cast(
            sum(replicate_cells.leads) over (
                partition by replicate_cells.scorecard_id, replicate_cells.weighting, replicate_cells.replicate
                order by replicate_cells.score desc
                rows between unbounded preceding and current row
            ) as {{ type_whole() }}
        ) as leads_down_to,
        cast(
            sum(replicate_cells.conversions) over (
                partition by replicate_cells.scorecard_id, replicate_cells.weighting, replicate_cells.replicate
                order by replicate_cells.score desc
                rows between unbounded preceding and current row
            ) as {{ type_whole() }}
        ) as conversions_down_to
    from replicate_cells
    inner join totals
        on
            replicate_cells.scorecard_id = totals.scorecard_id
            and replicate_cells.weighting = totals.weighting
            and replicate_cells.replicate = totals.replicate

),

-- Pairs of a converted and another lead, twice: 2 where the converted one has the better score, 1 where they tie.
areas as (

    select
        ranked_cells.scorecard_id,
        ranked_cells.weighting,
        ranked_cells.replicate,
        'auc' as statistic,
        cast(
            sum(
                ranked_cells.conversions * (
                    2 * (ranked_cells.all_leads - ranked_cells.all_conversions)
                    - 2 * (ranked_cells.leads_down_to - ranked_cells.conversions_down_to)
                    + ranked_cells.leads - ranked_cells.conversions
                )
            ) as {{ type_whole() }}
        ) as numerator,
        max(2 * ranked_cells.all_conversions * (ranked_cells.all_leads - ranked_cells.all_conversions)) as denominator
    from ranked_cells
    group by ranked_cells.scorecard_id, ranked_cells.weighting, ranked_cells.replicate

),

-- The greatest distance between the shares of converted and of other leads that a cut at some score takes.
distances as (

    select
        ranked_cells.scorecard_id,
        ranked_cells.weighting,
        ranked_cells.replicate,
        'ks' as statistic,
        max(
            abs(
                ranked_cells.conversions_down_to * (ranked_cells.all_leads - ranked_cells.all_conversions)
                - (ranked_cells.leads_down_to - ranked_cells.conversions_down_to) * ranked_cells.all_conversions
            )
        ) as numerator,
        max(ranked_cells.all_conversions * (ranked_cells.all_leads - ranked_cells.all_conversions)) as denominator
    from ranked_cells
    group by ranked_cells.scorecard_id, ranked_cells.weighting, ranked_cells.replicate

),

cuts as (

    select
        'lift_10' as statistic,
        10 as percent

    union all

    select
        'lift_20' as statistic,
        20 as percent

),

-- Where the cut falls into a score, its leads count in proportion: what is expected when ties are in random order.
lifts as (

    select
        ranked_cells.scorecard_id,
        ranked_cells.weighting,
        ranked_cells.replicate,
        cuts.statistic,
        100 * (ranked_cells.conversions_down_to - ranked_cells.conversions) * ranked_cells.leads
        + ranked_cells.conversions * (
            cuts.percent * ranked_cells.all_leads - 100 * (ranked_cells.leads_down_to - ranked_cells.leads)
        ) as numerator,
        ranked_cells.leads * cuts.percent * ranked_cells.all_conversions as denominator
    from ranked_cells
    inner join cuts
        on
            100 * (ranked_cells.leads_down_to - ranked_cells.leads) < cuts.percent * ranked_cells.all_leads
            and 100 * ranked_cells.leads_down_to >= cuts.percent * ranked_cells.all_leads
    where ranked_cells.leads > 0

),

statistics as (

    select
        areas.scorecard_id,
        areas.weighting,
        areas.replicate,
        areas.statistic,
        areas.numerator,
        areas.denominator
    from areas

    union all

    select
        distances.scorecard_id,
        distances.weighting,
        distances.replicate,
        distances.statistic,
        distances.numerator,
        distances.denominator
    from distances

    union all

    select
        lifts.scorecard_id,
        lifts.weighting,
        lifts.replicate,
        lifts.statistic,
        lifts.numerator,
        lifts.denominator
    from lifts

)

select
    statistics.scorecard_id,
    statistics.weighting,
    statistics.replicate,
    statistics.statistic,
    cast(statistics.numerator as {{ type_whole() }}) as numerator,
    cast(statistics.denominator as {{ type_whole() }}) as denominator
from statistics
-- without a conversion, or without anything else, there is nothing to rank
where statistics.denominator > 0
