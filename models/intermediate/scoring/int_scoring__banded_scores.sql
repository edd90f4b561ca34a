-- The scores of live moments and of the back-test with their bands, and how the live ones have changed.
with

moment_scores as (

    select
        scores.moment_key,
        scores.scorecard_key,
        scores.lead_key,
        scores.moment_set,
        scores.score_status,
        scores.score,
        scores.fit_score,
        scores.engagement_score,
        scores.criteria_met,
        scores.data_coverage,
        moments.scored_at,
        moments.first_event_at,
        moments.last_event_at
    from {{ ref('int_scoring__scores') }} as scores
    inner join {{ ref('int_scoring__moments') }} as moments
        on scores.moment_key = moments.moment_key
    where scores.moment_set in ('live', 'backtest')

),

trend_scores as (

    select
        scores.scorecard_key,
        scores.lead_key,
        scores.score
    from {{ ref('int_scoring__scores') }} as scores
    where scores.moment_set = 'trend'

),

banded_scores as (

    select
        moment_scores.moment_key,
        moment_scores.scorecard_key,
        moment_scores.lead_key,
        moment_scores.moment_set,
        moment_scores.score_status,
        moment_scores.score,
        moment_scores.fit_score,
        moment_scores.engagement_score,
        case moment_scores.score_status when 'scored' then total_bands.band else moment_scores.score_status end
            as band,
        case when moment_scores.score_status <> 'insufficient_data' then fit_bands.band end as fit_band,
        case when moment_scores.score_status <> 'insufficient_data' then engagement_bands.band end
            as engagement_band,
        moment_scores.score - trend_scores.score as score_change,
        moment_scores.criteria_met,
        moment_scores.data_coverage,
        moment_scores.scored_at,
        moment_scores.first_event_at,
        moment_scores.last_event_at,
        latest_outcomes.latest_outcome,
        coalesce(latest_outcomes.is_converted, false) as is_converted
    from moment_scores
    left join trend_scores
        on
            moment_scores.moment_set = 'live'
            and moment_scores.scorecard_key = trend_scores.scorecard_key
            and moment_scores.lead_key = trend_scores.lead_key
    left join {{ ref('int_scoring__band_ranges') }} as total_bands
        on
            moment_scores.scorecard_key = total_bands.scorecard_key
            and total_bands.scope = 'total'
            and {{ lies_in_band('moment_scores.score', 'total_bands') }}
    left join {{ ref('int_scoring__band_ranges') }} as fit_bands
        on
            moment_scores.scorecard_key = fit_bands.scorecard_key
            and fit_bands.scope = 'fit'
            and {{ lies_in_band('moment_scores.fit_score', 'fit_bands') }}
    left join {{ ref('int_scoring__band_ranges') }} as engagement_bands
        on
            moment_scores.scorecard_key = engagement_bands.scorecard_key
            and engagement_bands.scope = 'engagement'
            and {{ lies_in_band('moment_scores.engagement_score', 'engagement_bands') }}
    left join {{ ref('int_scoring__latest_outcomes') }} as latest_outcomes
        on moment_scores.moment_key = latest_outcomes.moment_key

)

select
    banded_scores.moment_key,
    banded_scores.scorecard_key,
    banded_scores.lead_key,
    banded_scores.moment_set,
    banded_scores.scored_at,
    banded_scores.score_status,
    banded_scores.score,
    banded_scores.fit_score,
    banded_scores.engagement_score,
    banded_scores.band,
    banded_scores.fit_band,
    banded_scores.engagement_band,
    banded_scores.fit_band || banded_scores.engagement_band as grade,
    cast(banded_scores.score_change as decimal(38, 2)) as score_change,
    banded_scores.criteria_met,
    banded_scores.data_coverage,
    banded_scores.first_event_at,
    banded_scores.last_event_at,
    banded_scores.latest_outcome,
    banded_scores.is_converted
from banded_scores
