-- Live moments only: the scores with their bands, and how they have changed.
with

live_scores as (

    select
        scores.moment_key,
        scores.scorecard_key,
        scores.lead_key,
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
    where scores.moment_set = 'live'

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
        live_scores.moment_key,
        live_scores.scorecard_key,
        live_scores.lead_key,
        live_scores.score_status,
        live_scores.score,
        live_scores.fit_score,
        live_scores.engagement_score,
        case live_scores.score_status when 'scored' then total_bands.band else live_scores.score_status end as band,
        case when live_scores.score_status <> 'insufficient_data' then fit_bands.band end as fit_band,
        case when live_scores.score_status <> 'insufficient_data' then engagement_bands.band end as engagement_band,
        live_scores.score - trend_scores.score as score_change,
        live_scores.criteria_met,
        live_scores.data_coverage,
        live_scores.scored_at,
        live_scores.first_event_at,
        live_scores.last_event_at,
        latest_outcomes.latest_outcome,
        coalesce(latest_outcomes.is_converted, false) as is_converted
    from live_scores
    left join trend_scores
        on
            live_scores.scorecard_key = trend_scores.scorecard_key
            and live_scores.lead_key = trend_scores.lead_key
    left join {{ ref('int_scoring__band_ranges') }} as total_bands
        on
            live_scores.scorecard_key = total_bands.scorecard_key
            and total_bands.scope = 'total'
            and {{ lies_in_band('live_scores.score', 'total_bands') }}
    left join {{ ref('int_scoring__band_ranges') }} as fit_bands
        on
            live_scores.scorecard_key = fit_bands.scorecard_key
            and fit_bands.scope = 'fit'
            and {{ lies_in_band('live_scores.fit_score', 'fit_bands') }}
    left join {{ ref('int_scoring__band_ranges') }} as engagement_bands
        on
            live_scores.scorecard_key = engagement_bands.scorecard_key
            and engagement_bands.scope = 'engagement'
            and {{ lies_in_band('live_scores.engagement_score', 'engagement_bands') }}
    left join {{ ref('int_scoring__latest_outcomes') }} as latest_outcomes
        on live_scores.moment_key = latest_outcomes.moment_key

)

select
    banded_scores.moment_key,
    banded_scores.scorecard_key,
    banded_scores.lead_key,
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
