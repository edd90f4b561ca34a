-- Up to 50 bins of about equally many leads, from the lowest scores (1) up, by group of the jackknife. A score is never
-- divided, and the highest bin has its full share of leads or more, since bins are filled from the best lead down.
with

score_cells as (

    select
        score_groups.scorecard_id,
        score_groups.score,
        cast(sum(score_groups.leads) as bigint) as leads
    from {{ ref('int_performance__score_groups') }} as score_groups
    where score_groups.weighting = 'plain'
    group by score_groups.scorecard_id, score_groups.score

),

placed_cells as (

    select
        score_cells.scorecard_id,
        score_cells.score,
        cast(
            sum(score_cells.leads) over (
                partition by score_cells.scorecard_id
                order by score_cells.score desc
                rows between unbounded preceding and current row
            ) as bigint
        ) - score_cells.leads as leads_above,
        cast(sum(score_cells.leads) over (partition by score_cells.scorecard_id) as bigint) as all_leads
    from score_cells

),

-- at least 20 leads a bin, as far as there are that many
scorecard_bins as (

    select
        placed_cells.scorecard_id,
        placed_cells.score,
        placed_cells.leads_above,
        placed_cells.all_leads,
        least(50, greatest(1, {{ whole_quotient('placed_cells.all_leads', 20) }})) as bin_count
    from placed_cells

),

binned_cells as (

    select
        scorecard_bins.scorecard_id,
        scorecard_bins.score,
        cast(
            scorecard_bins.bin_count
            - {{ whole_quotient('scorecard_bins.bin_count * scorecard_bins.leads_above', 'scorecard_bins.all_leads') }}
            as integer
        ) as bin_number
    from scorecard_bins

),

bin_scores as (

    select
        binned_cells.scorecard_id,
        binned_cells.bin_number,
        min(binned_cells.score) as lowest_score,
        max(binned_cells.score) as highest_score
    from binned_cells
    group by binned_cells.scorecard_id, binned_cells.bin_number

)

select
    binned_cells.scorecard_id,
    binned_cells.bin_number,
    score_groups.group_number,
    max(bin_scores.lowest_score) as lowest_score,
    max(bin_scores.highest_score) as highest_score,
    cast(sum(score_groups.leads) as bigint) as leads,
    cast(sum(score_groups.conversions) as bigint) as conversions,
    cast(sum(score_groups.score * score_groups.leads) as decimal(38, 2)) as score_sum
from binned_cells
inner join bin_scores
    on
        binned_cells.scorecard_id = bin_scores.scorecard_id
        and binned_cells.bin_number = bin_scores.bin_number
inner join {{ ref('int_performance__score_groups') }} as score_groups
    on
        binned_cells.scorecard_id = score_groups.scorecard_id
        and binned_cells.score = score_groups.score
        and score_groups.weighting = 'plain'
group by binned_cells.scorecard_id, binned_cells.bin_number, score_groups.group_number
