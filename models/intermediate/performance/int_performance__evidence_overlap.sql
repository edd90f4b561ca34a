-- How much the evidence of a scorecard's criteria overlaps: leads that meet one often meet others, and the sum of their
-- log odds then promises too much. The factor is the slope by which the sum tells converted leads from others: the
-- distance of the two means over the variance within (linear discriminant), 1 for independent criteria.
with

-- the sum over the criteria that a lead met, in units of 10^-4
lead_sums as (

    select
        leads.scorecard_key,
        leads.lead_key,
        max(case when leads.is_converted then 1 else 0 end) as is_converted,
        cast(sum(coalesce(odds.shrunk_log_odds, 0)) as {{ type_whole() }}) as evidence
    from {{ ref('int_performance__leads') }} as leads
    left join {{ ref('int_backtest__entries') }} as entries
        on
            leads.scorecard_key = entries.scorecard_key
            and leads.lead_key = entries.lead_key
    left join {{ ref('int_performance__criterion_odds') }} as odds
        on entries.criterion_key = odds.criterion_key
    group by leads.scorecard_key, leads.lead_key

),

rounded_sums as (

    select
        lead_sums.scorecard_key,
        lead_sums.is_converted,
        {{ scaled_up(signed_ratio('lead_sums.evidence', 100000, 0), 0) }} as evidence
    from lead_sums

),

class_sums as (

    select
        rounded_sums.scorecard_key,
        cast(count(*) as {{ type_whole() }}) as leads,
        cast(sum(rounded_sums.is_converted) as {{ type_whole() }}) as converted,
        cast(sum(1 - rounded_sums.is_converted) as {{ type_whole() }}) as other,
        cast(sum(rounded_sums.is_converted * rounded_sums.evidence) as {{ type_whole() }}) as converted_sum,
        cast(sum((1 - rounded_sums.is_converted) * rounded_sums.evidence) as {{ type_whole() }}) as other_sum,
        cast(sum(rounded_sums.evidence * rounded_sums.evidence) as {{ type_whole() }}) as square_sum
    from rounded_sums
    group by rounded_sums.scorecard_key

),

slopes as (

    select
        class_sums.scorecard_key,
        (class_sums.converted_sum * class_sums.other - class_sums.other_sum * class_sums.converted)
        * class_sums.leads * 10000 as rise,
        class_sums.square_sum * class_sums.converted * class_sums.other
        - class_sums.converted_sum * class_sums.converted_sum * class_sums.other
        - class_sums.other_sum * class_sums.other_sum * class_sums.converted as spread
    from class_sums

)

select
    slopes.scorecard_key,
    cast(
        case
            when slopes.rise >= slopes.spread then 1
            else {{ rounded_ratio('greatest(slopes.rise, 0)', 'nullif(slopes.spread, 0)', 6) }}
        end as decimal(38, 6)
    ) as overlap_factor
from slopes
