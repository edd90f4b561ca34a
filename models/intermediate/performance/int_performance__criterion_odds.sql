-- What the back-test says about each criterion by itself: the log of its odds ratio, with half a lead added to each of
-- the four counts, and how uncertain that is.
with

-- twice each count and its half
doubled_counts as (

    select
        counts.criterion_key,
        counts.scorecard_key,
        2 * counts.conversions_met + 1 as met_converted,
        2 * (counts.leads_met - counts.conversions_met) + 1 as met_other,
        2 * (counts.conversions - counts.conversions_met) + 1 as unmet_converted,
        2 * (counts.leads - counts.leads_met - counts.conversions + counts.conversions_met) + 1 as unmet_other
    from {{ ref('int_performance__criterion_counts') }} as counts
    where
        counts.leads_met > 0
        and counts.leads_met < counts.leads
        and counts.conversions > 0
        and counts.conversions < counts.leads

),

-- decimals with 9 places; the square of the standard error too
log_odds as (

    select
        doubled_counts.criterion_key,
        doubled_counts.scorecard_key,
        {{ log_of_ratio(
            'doubled_counts.met_converted', 'doubled_counts.met_other', 9
        ) }} - {{ log_of_ratio(
            '(doubled_counts.met_converted + doubled_counts.unmet_converted)',
            '(doubled_counts.met_other + doubled_counts.unmet_other)',
            9
        ) }} as evidence_met,
        {{ log_of_ratio(
            'doubled_counts.unmet_converted', 'doubled_counts.unmet_other', 9
        ) }} - {{ log_of_ratio(
            '(doubled_counts.met_converted + doubled_counts.unmet_converted)',
            '(doubled_counts.met_other + doubled_counts.unmet_other)',
            9
        ) }} as evidence_unmet,
        {{ rounded_ratio(2, 'doubled_counts.met_converted', 9) }}
        + {{ rounded_ratio(2, 'doubled_counts.met_other', 9) }}
        + {{ rounded_ratio(2, 'doubled_counts.unmet_converted', 9) }}
        + {{ rounded_ratio(2, 'doubled_counts.unmet_other', 9) }} as variance,
        -- the share of the converted leads that meet the criterion, less that of the others
        {{ rounded_ratio(
            'doubled_counts.met_converted', '(doubled_counts.met_converted + doubled_counts.unmet_converted)', 9
        ) }} - {{ rounded_ratio(
            'doubled_counts.met_other', '(doubled_counts.met_other + doubled_counts.unmet_other)', 9
        ) }} as share_difference
    from doubled_counts

),

-- in units of 10^-9
whole_log_odds as (

    select
        log_odds.criterion_key,
        log_odds.scorecard_key,
        log_odds.evidence_met,
        log_odds.evidence_unmet,
        log_odds.share_difference,
        {{ scaled_up('log_odds.evidence_met - log_odds.evidence_unmet', 9) }} as log_odds_ratio,
        {{ scaled_up('log_odds.variance', 9) }} as variance,
        {{ whole_root('(' ~ scaled_up('log_odds.variance', 18) ~ ')') }} as standard_error
    from log_odds

),

-- Shrunk by its uncertainty: b (1 - variance / b²), or 0 where the variance is greater than b². Bounds in 10^-12.
shrunk_log_odds as (

    select
        whole_log_odds.criterion_key,
        whole_log_odds.scorecard_key,
        whole_log_odds.evidence_met,
        whole_log_odds.evidence_unmet,
        whole_log_odds.share_difference,
        whole_log_odds.log_odds_ratio,
        case
            when whole_log_odds.log_odds_ratio < 0 then -1
            else 1
        end * {{ whole_quotient(
            'greatest(whole_log_odds.log_odds_ratio * whole_log_odds.log_odds_ratio'
            ~ ' - whole_log_odds.variance * 1000000000, 0)',
            'greatest(abs(whole_log_odds.log_odds_ratio), 1)'
        ) }} as shrunk_log_odds,
        1000 * whole_log_odds.log_odds_ratio - 1960 * whole_log_odds.standard_error as low_log_odds,
        1000 * whole_log_odds.log_odds_ratio + 1960 * whole_log_odds.standard_error as high_log_odds
    from whole_log_odds

)

select
    shrunk_log_odds.criterion_key,
    shrunk_log_odds.scorecard_key,
    shrunk_log_odds.evidence_met,
    shrunk_log_odds.evidence_unmet,
    shrunk_log_odds.share_difference,
    cast(shrunk_log_odds.log_odds_ratio as {{ type_whole() }}) as log_odds_ratio,
    cast(shrunk_log_odds.shrunk_log_odds as {{ type_whole() }}) as shrunk_log_odds,
    cast(shrunk_log_odds.low_log_odds as {{ type_whole() }}) as low_log_odds,
    cast(shrunk_log_odds.high_log_odds as {{ type_whole() }}) as high_log_odds
from shrunk_log_odds
