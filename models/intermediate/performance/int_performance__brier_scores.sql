-- The Brier score of the calibrated probabilities: the mean square of what they are off. Each lead is judged by the
-- probabilities that come out without its group of the jackknife. As int_performance__rankings: a fraction over all
-- leads, and without each group.
with

group_bins as (

    select
        bins.scorecard_id,
        bins.group_number,
        bins.leads,
        bins.conversions,
        -- as it is published, in units of 10^-6
        {{ scaled_up('cast(fitted_rates.rate as decimal(38, 6))', 6) }} as probability
    from {{ ref('int_performance__score_bins') }} as bins
    left join {{ ref('int_performance__fitted_rates') }} as fitted_rates
        on
            bins.scorecard_id = fitted_rates.scorecard_id
            and bins.bin_number = fitted_rates.bin_number
            and bins.group_number = fitted_rates.replicate

),

group_losses as (

    select
        group_bins.scorecard_id,
        group_bins.group_number,
        sum(group_bins.leads) as leads,
        sum(group_bins.conversions) as conversions,
        max(case when group_bins.probability is null then 1 else 0 end) as is_unknown,
        sum(
            group_bins.conversions * (1000000 - group_bins.probability) * (1000000 - group_bins.probability)
            + (group_bins.leads - group_bins.conversions) * group_bins.probability * group_bins.probability
        ) as loss
    from group_bins
    group by group_bins.scorecard_id, group_bins.group_number

),

total_losses as (

    select
        group_losses.scorecard_id,
        sum(group_losses.leads) as leads,
        sum(group_losses.conversions) as conversions,
        max(group_losses.is_unknown) as is_unknown,
        sum(group_losses.loss) as loss
    from group_losses
    group by group_losses.scorecard_id

),

replicate_losses as (

    select
        total_losses.scorecard_id,
        0 as replicate,
        total_losses.leads,
        total_losses.loss
    from total_losses

    union all

    select
        total_losses.scorecard_id,
        group_losses.group_number as replicate,
        total_losses.leads - group_losses.leads as leads,
        total_losses.loss - group_losses.loss as loss
    from total_losses
    inner join group_losses
        on total_losses.scorecard_id = group_losses.scorecard_id

)

select
    replicate_losses.scorecard_id,
    'plain' as weighting,
    replicate_losses.replicate,
    'brier' as statistic,
    cast(replicate_losses.loss as {{ type_whole() }}) as numerator,
    cast(replicate_losses.leads as {{ type_whole() }}) * 1000000000000 as denominator
from replicate_losses
inner join total_losses
    on replicate_losses.scorecard_id = total_losses.scorecard_id
where
    replicate_losses.leads > 0
    and total_losses.is_unknown = 0
    and total_losses.conversions > 0
    and total_losses.conversions < total_losses.leads
