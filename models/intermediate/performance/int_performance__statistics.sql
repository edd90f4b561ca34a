-- Each statistic of a scorecard with its 95 % interval, by a jackknife that leaves out a group of leads at a time.
with

fractions as (

    select
        rankings.scorecard_id,
        rankings.weighting,
        rankings.statistic,
        rankings.replicate,
        rankings.numerator,
        rankings.denominator
    from {{ ref('int_performance__rankings') }} as rankings

    union all

    select
        brier_scores.scorecard_id,
        brier_scores.weighting,
        brier_scores.statistic,
        brier_scores.replicate,
        brier_scores.numerator,
        brier_scores.denominator
    from {{ ref('int_performance__brier_scores') }} as brier_scores

),

group_counts as (

    select
        score_groups.scorecard_id,
        score_groups.weighting,
        count(distinct score_groups.group_number) as group_count
    from {{ ref('int_performance__score_groups') }} as score_groups
    group by score_groups.scorecard_id, score_groups.weighting

),

-- in units of 10^-9
replicate_values as (

    select
        fractions.scorecard_id,
        fractions.weighting,
        fractions.statistic,
        {{ scaled_up(rounded_ratio('fractions.numerator', 'fractions.denominator', 9), 9) }} as replicate_value
    from fractions
    where fractions.replicate > 0

),

spreads as (

    select
        replicate_values.scorecard_id,
        replicate_values.weighting,
        replicate_values.statistic,
        count(*) as value_count,
        cast(sum(replicate_values.replicate_value) as {{ type_whole() }}) as value_sum,
        cast(sum(replicate_values.replicate_value * replicate_values.replicate_value) as {{ type_whole() }})
            as square_sum
    from replicate_values
    group by replicate_values.scorecard_id, replicate_values.weighting, replicate_values.statistic

),

-- No interval where leads fill few groups, or where a statistic is not defined without one of them. In units of 10^-12.
half_widths as (

    select
        spreads.scorecard_id,
        spreads.weighting,
        spreads.statistic,
        {{ jackknife_half_width('spreads.value_count', 'spreads.value_sum', 'spreads.square_sum') }} as half_width
    from spreads
    inner join group_counts
        on
            spreads.scorecard_id = group_counts.scorecard_id
            and spreads.weighting = group_counts.weighting
            and spreads.value_count = group_counts.group_count
    where group_counts.group_count >= 10

),

scaled_values as (

    select
        fractions.scorecard_id,
        fractions.weighting,
        fractions.statistic,
        {{ rounded_ratio('fractions.numerator', 'fractions.denominator', 6) }} as statistic_value,
        {{ scaled_up(rounded_ratio('fractions.numerator', 'fractions.denominator', 9), 12) }} as scaled_value,
        -- what the statistic can be at most
        case fractions.statistic
            when 'lift_10' then 10
            when 'lift_20' then 5
            else 1
        end * cast(1000000000000 as {{ type_whole() }}) as highest_value,
        half_widths.half_width
    from fractions
    left join half_widths
        on
            fractions.scorecard_id = half_widths.scorecard_id
            and fractions.weighting = half_widths.weighting
            and fractions.statistic = half_widths.statistic
    where fractions.replicate = 0

)

select
    scaled_values.scorecard_id,
    scaled_values.weighting,
    scaled_values.statistic,
    cast(scaled_values.statistic_value as decimal(38, 6)) as statistic_value,
    cast(
        case
            when scaled_values.half_width is not null
                then {{ rounded_ratio(
                    'greatest(scaled_values.scaled_value - scaled_values.half_width, 0)', 1000000000000, 6
                ) }}
        end as decimal(38, 6)
    ) as low,
    cast(
        case
            when scaled_values.half_width is not null
                then {{ rounded_ratio(
                    'least(scaled_values.scaled_value + scaled_values.half_width, scaled_values.highest_value)',
                    1000000000000,
                    6
                ) }}
        end as decimal(38, 6)
    ) as high
from scaled_values
