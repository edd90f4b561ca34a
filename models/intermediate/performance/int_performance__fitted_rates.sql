-- The rate of each bin that rises with the score and is nearest to the rates found (isotonic regression), over all
-- leads (replicate 0) and without each group of the jackknife. In closed form: of the runs of bins that begin at a bin
-- or below it, the best of the worst rates that they have when they end at the bin or above it.
with

bin_totals as (

    select
        bins.scorecard_id,
        bins.bin_number,
        sum(bins.leads) as leads,
        sum(bins.conversions) as conversions
    from {{ ref('int_performance__score_bins') }} as bins
    group by bins.scorecard_id, bins.bin_number

),

replicates as (

    select distinct
        bins.scorecard_id,
        bins.group_number as replicate
    from {{ ref('int_performance__score_bins') }} as bins

    union all

    select distinct
        bins.scorecard_id,
        0 as replicate
    from {{ ref('int_performance__score_bins') }} as bins

),

replicate_bins as (

    select
        replicates.scorecard_id,
        replicates.replicate,
        bin_totals.bin_number,
        bin_totals.leads - coalesce(left_out.leads, 0) as leads,
        bin_totals.conversions - coalesce(left_out.conversions, 0) as conversions
    from replicates
    inner join bin_totals
        on replicates.scorecard_id = bin_totals.scorecard_id
    left join {{ ref('int_performance__score_bins') }} as left_out
        on
            replicates.scorecard_id = left_out.scorecard_id
            and replicates.replicate = left_out.group_number
            and bin_totals.bin_number = left_out.bin_number

),

running_bins as (

    select
        replicate_bins.scorecard_id,
        replicate_bins.replicate,
        replicate_bins.bin_number,
        replicate_bins.leads,
        replicate_bins.conversions,
        cast(
            sum(replicate_bins.leads) over (
                partition by replicate_bins.scorecard_id, replicate_bins.replicate
                order by replicate_bins.bin_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as leads_up_to,
        cast(
            sum(replicate_bins.conversions) over (
                partition by replicate_bins.scorecard_id, replicate_bins.replicate
                order by replicate_bins.bin_number
                rows between unbounded preceding and current row
            ) as bigint
        ) as conversions_up_to
    from replicate_bins

),

runs as (

    select
        first_bins.scorecard_id,
        first_bins.replicate,
        first_bins.bin_number as first_bin,
        last_bins.bin_number as last_bin,
        last_bins.leads_up_to - first_bins.leads_up_to + first_bins.leads as leads,
        last_bins.conversions_up_to - first_bins.conversions_up_to + first_bins.conversions as conversions
    from running_bins as first_bins
    inner join running_bins as last_bins
        on
            first_bins.scorecard_id = last_bins.scorecard_id
            and first_bins.replicate = last_bins.replicate
            and first_bins.bin_number <= last_bins.bin_number

),

-- a run that is empty without the group says nothing
run_rates as (

    select
        runs.scorecard_id,
        runs.replicate,
        runs.first_bin,
        runs.last_bin,
        case when runs.leads > 0 then {{ rounded_ratio('runs.conversions', 'nullif(runs.leads, 0)', 12) }} end as rate
    from runs

),

worst_rates as (

    select
        run_rates.scorecard_id,
        run_rates.replicate,
        run_rates.last_bin as bin_number,
        min(run_rates.rate) over (
            partition by run_rates.scorecard_id, run_rates.replicate, run_rates.first_bin
            order by run_rates.last_bin desc
            rows between unbounded preceding and current row
        ) as rate
    from run_rates

)

select
    worst_rates.scorecard_id,
    worst_rates.replicate,
    worst_rates.bin_number,
    cast(max(worst_rates.rate) as decimal(38, 12)) as rate
from worst_rates
group by worst_rates.scorecard_id, worst_rates.replicate, worst_rates.bin_number
