-- The probability of a conversion by score: steps that rise with the score, each with the interval of its rate.
with

bin_totals as (

    select
        bins.scorecard_id,
        bins.bin_number,
        max(bins.lowest_score) as lowest_score,
        sum(bins.leads) as leads,
        sum(bins.conversions) as conversions
    from {{ ref('int_performance__score_bins') }} as bins
    group by bins.scorecard_id, bins.bin_number

),

-- bins of the same fitted rate are one step
rate_steps as (

    select
        bin_totals.scorecard_id,
        fitted_rates.rate,
        min(bin_totals.lowest_score) as lowest_score,
        cast(sum(bin_totals.leads) as bigint) as leads,
        cast(sum(bin_totals.conversions) as bigint) as conversions
    from bin_totals
    inner join {{ ref('int_performance__fitted_rates') }} as fitted_rates
        on
            bin_totals.scorecard_id = fitted_rates.scorecard_id
            and bin_totals.bin_number = fitted_rates.bin_number
            and fitted_rates.replicate = 0
    group by bin_totals.scorecard_id, fitted_rates.rate

),

bounded_steps as (

    select
        rate_steps.scorecard_id,
        rate_steps.rate,
        rate_steps.lowest_score,
        rate_steps.leads,
        rate_steps.conversions,
        {{ wilson_bound('rate_steps.conversions', 'rate_steps.leads', 'low') }} as rate_low,
        {{ wilson_bound('rate_steps.conversions', 'rate_steps.leads', 'high') }} as rate_high,
        sum(rate_steps.conversions) over (partition by rate_steps.scorecard_id) as all_conversions,
        sum(rate_steps.leads - rate_steps.conversions) over (partition by rate_steps.scorecard_id) as all_others
    from rate_steps

)

select
    scorecards.scorecard_key,
    bounded_steps.scorecard_id,
    cast(
        row_number() over (partition by bounded_steps.scorecard_id order by bounded_steps.rate) as integer
    ) as step,
    -- lower scores than any in the back-test belong to the lowest step
    cast(
        case
            when row_number() over (partition by bounded_steps.scorecard_id order by bounded_steps.rate) > 1
                then bounded_steps.lowest_score
        end as decimal(38, 2)
    ) as from_score,
    cast(
        lead(bounded_steps.lowest_score) over (partition by bounded_steps.scorecard_id order by bounded_steps.rate)
        as decimal(38, 2)
    ) as below_score,
    bounded_steps.leads,
    bounded_steps.conversions,
    cast({{ rounded_ratio('bounded_steps.conversions', 'bounded_steps.leads', 6) }} as decimal(38, 6)) as probability,
    -- what holds for a lower score holds for a higher one, and the other way round
    cast(
        max(bounded_steps.rate_low) over (
            partition by bounded_steps.scorecard_id
            order by bounded_steps.rate
            rows between unbounded preceding and current row
        ) as decimal(38, 6)
    ) as probability_low,
    cast(
        min(bounded_steps.rate_high) over (
            partition by bounded_steps.scorecard_id
            order by bounded_steps.rate desc
            rows between unbounded preceding and current row
        ) as decimal(38, 6)
    ) as probability_high,
    bounded_steps.leads < 10
    or bounded_steps.all_conversions < 10
    or bounded_steps.all_others < 10 as is_thin
from bounded_steps
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on bounded_steps.scorecard_id = scorecards.scorecard_id
