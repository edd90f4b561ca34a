-- The moments at which leads are scored. The moment is data: a further set of moments needs rows here and no other SQL.
with

moment_sets as (

    select
        'live' as moment_set,
        0 as set_number,
        {{ scoring_moment(var('as_of')) }} as scored_at

    union all

    select
        'trend' as moment_set,
        1 as set_number,
        {{ days_later(scoring_moment(var('as_of')), '-' ~ var('trend_days')) }} as scored_at

),

lead_moments as (

    select
        leads.lead_key * 2 + moment_sets.set_number as moment_key,
        moment_sets.moment_set,
        leads.lead_key,
        moment_sets.scored_at
    from {{ ref('int_dictionary__leads') }} as leads
    cross join moment_sets
    where leads.created_at is null or leads.created_at <= moment_sets.scored_at

),

moments_with_events as (

    select
        lead_moments.moment_key,
        min(events.occurred_at) as first_event_at,
        max(events.occurred_at) as last_event_at
    from {{ ref('int_facts__events') }} as events
    inner join lead_moments
        on events.lead_key = lead_moments.lead_key
    where events.known_at <= lead_moments.scored_at
    group by lead_moments.moment_key

)

select
    lead_moments.moment_key,
    lead_moments.moment_set,
    lead_moments.lead_key,
    lead_moments.scored_at,
    moments_with_events.first_event_at,
    moments_with_events.last_event_at
from lead_moments
left join moments_with_events
    on lead_moments.moment_key = moments_with_events.moment_key
