-- What the evidence of each criterion is worth in points of its scorecard, beside what it is by itself.
with

scaled_odds as (

    select
        odds.criterion_key,
        odds.evidence_met,
        odds.evidence_unmet,
        odds.share_difference,
        odds.log_odds_ratio,
        odds.shrunk_log_odds,
        odds.low_log_odds,
        odds.high_log_odds,
        {{ scaled_up(rounded_product('score_scales.points_per_log_odds', 'overlap_factors.overlap_factor', 6), 6) }}
            as point_scale
    from {{ ref('int_performance__criterion_odds') }} as odds
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on odds.scorecard_key = scorecards.scorecard_key
    left join {{ ref('int_performance__evidence_overlap') }} as overlap_factors
        on odds.scorecard_key = overlap_factors.scorecard_key
    left join {{ ref('int_performance__score_scales') }} as score_scales
        on scorecards.scorecard_id = score_scales.scorecard_id

)

select
    scaled_odds.criterion_key,
    cast(scaled_odds.evidence_met as decimal(38, 6)) as weight_of_evidence_met,
    cast(scaled_odds.evidence_unmet as decimal(38, 6)) as weight_of_evidence_not_met,
    cast(
        {{ signed_ratio(
            'scaled_odds.log_odds_ratio * ' ~ scaled_up('scaled_odds.share_difference', 9),
            1000000000000000000,
            6
        ) }} as decimal(38, 6)
    ) as information_value,
    scaled_odds.low_log_odds > 0 as is_surely_better,
    scaled_odds.high_log_odds < 0 as is_surely_worse,
    cast(
        {{ signed_ratio('(scaled_odds.shrunk_log_odds * scaled_odds.point_scale)', 1000000000000000, 0) }}
        as decimal(38, 2)
    ) as points_supported,
    cast(
        {{ signed_ratio('(scaled_odds.low_log_odds * scaled_odds.point_scale)', 1000000000000000000, 2) }}
        as decimal(38, 2)
    ) as points_supported_low,
    cast(
        {{ signed_ratio('(scaled_odds.high_log_odds * scaled_odds.point_scale)', 1000000000000000000, 2) }}
        as decimal(38, 2)
    ) as points_supported_high
from scaled_odds
