-- How many points of a scorecard stand for one unit of log odds: the slope of the line that is nearest to the log odds
-- of the bins of scores, each weighted by what it knows. No row where a higher score does not mean better odds.
with

bin_totals as (

    select
        bins.scorecard_id,
        bins.bin_number,
        sum(bins.leads) as leads,
        sum(bins.conversions) as conversions,
        {{ rounded_quotient('sum(bins.score_sum)', 'sum(bins.leads)', 2) }} as mean_score
    from {{ ref('int_performance__score_bins') }} as bins
    group by bins.scorecard_id, bins.bin_number

),

ranges as (

    select
        bin_totals.scorecard_id,
        min(bin_totals.mean_score) as lowest_score,
        max(bin_totals.mean_score) as highest_score
    from bin_totals
    group by bin_totals.scorecard_id
    having
        max(bin_totals.mean_score) > min(bin_totals.mean_score)
        and sum(bin_totals.conversions) > 0
        and sum(bin_totals.conversions) < sum(bin_totals.leads)

),

-- Whole numbers: the score in parts of 10,000 of the range, log odds in 10^-4 and weights in 10^-2, with half a lead
-- added to either side so that no bin has infinite odds.
points_on_line as (

    select
        bin_totals.scorecard_id,
        {{ scaled_up('bin_totals.mean_score - ranges.lowest_score', 2) }} * 10000 as score_part,
        {{ scaled_up('ranges.highest_score - ranges.lowest_score', 2) }} as score_range,
        {{ scaled_up(log_of_ratio(
            '(2 * bin_totals.conversions + 1)', '(2 * (bin_totals.leads - bin_totals.conversions) + 1)', 4
        ), 4) }} as log_odds,
        cast((2 * bin_totals.conversions + 1) as {{ type_whole() }})
        * (2 * (bin_totals.leads - bin_totals.conversions) + 1) * 100 as weight_part,
        4 * (bin_totals.leads + 1) as weight_divisor
    from bin_totals
    inner join ranges
        on bin_totals.scorecard_id = ranges.scorecard_id

),

weighted_points as (

    select
        points_on_line.scorecard_id,
        points_on_line.score_range,
        points_on_line.log_odds,
        {{ whole_quotient('points_on_line.score_part', 'points_on_line.score_range') }} as place,
        {{ whole_quotient('points_on_line.weight_part', 'points_on_line.weight_divisor') }} as weight
    from points_on_line

),

sums as (

    select
        weighted_points.scorecard_id,
        max(weighted_points.score_range) as score_range,
        cast(sum(weighted_points.weight) as {{ type_whole() }}) as weight,
        cast(sum(weighted_points.weight * weighted_points.place) as {{ type_whole() }}) as place,
        cast(sum(weighted_points.weight * weighted_points.log_odds) as {{ type_whole() }}) as log_odds,
        cast(sum(weighted_points.weight * weighted_points.place * weighted_points.place) as {{ type_whole() }})
            as square_place,
        cast(sum(weighted_points.weight * weighted_points.place * weighted_points.log_odds) as {{ type_whole() }})
            as place_log_odds
    from weighted_points
    group by weighted_points.scorecard_id

),

lines as (

    select
        sums.scorecard_id,
        sums.score_range,
        sums.weight * sums.square_place - sums.place * sums.place as spread,
        sums.weight * sums.place_log_odds - sums.place * sums.log_odds as rise
    from sums

)

select
    lines.scorecard_id,
    -- a place is a 10,000th of the range, log odds are in 10^-4, the range is in 10^-2
    cast(
        {{ rounded_ratio(
            scaled_up(rounded_ratio('lines.spread', 'lines.rise', 6), 6) ~ ' * lines.score_range', 100000000, 6
        ) }}
        as decimal(38, 6)
    ) as points_per_log_odds
from lines
where lines.rise > 0
