{{ config(materialized=stateful(), incremental_strategy='scored_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- Every entry that a live score is made of: base points, met criteria, and what each limit or status changed. As each
-- lead was last scored, whichever run that was; in whole numbers, since there are many.
with

live_scores as (

    select
        scores.moment_key,
        scores.scorecard_key,
        scores.lead_key,
        scores.score_status,
        scores.base_points,
        scores.unlimited_fit,
        scores.fit_score,
        scores.unlimited_engagement,
        scores.engagement_score,
        scores.unlimited_total,
        scores.total_points,
        scores.score
    from {{ ref('int_scoring__scores') }} as scores
    where scores.moment_set = 'live'

),

limit_entries as (

    select
        live_scores.moment_key,
        live_scores.scorecard_key,
        'base' as entry_type,
        cast(null as {{ dbt.type_string() }}) as group_id,
        cast(null as {{ dbt.type_string() }}) as dimension,
        live_scores.base_points as points
    from live_scores
    where live_scores.base_points <> 0

    union all

    select
        group_points.moment_key,
        group_points.scorecard_key,
        'group_limit' as entry_type,
        group_points.group_id,
        group_points.dimension,
        group_points.points - group_points.unlimited_points as points
    from {{ ref('int_scoring__group_points') }} as group_points
    where group_points.points <> group_points.unlimited_points

    union all

    select
        live_scores.moment_key,
        live_scores.scorecard_key,
        'dimension_limit' as entry_type,
        cast(null as {{ dbt.type_string() }}) as group_id,
        'fit' as dimension,
        live_scores.fit_score - live_scores.unlimited_fit as points
    from live_scores
    where live_scores.fit_score <> live_scores.unlimited_fit

    union all

    select
        live_scores.moment_key,
        live_scores.scorecard_key,
        'dimension_limit' as entry_type,
        cast(null as {{ dbt.type_string() }}) as group_id,
        'engagement' as dimension,
        live_scores.engagement_score - live_scores.unlimited_engagement as points
    from live_scores
    where live_scores.engagement_score <> live_scores.unlimited_engagement

    union all

    select
        live_scores.moment_key,
        live_scores.scorecard_key,
        'score_limit' as entry_type,
        cast(null as {{ dbt.type_string() }}) as group_id,
        cast(null as {{ dbt.type_string() }}) as dimension,
        live_scores.total_points - live_scores.unlimited_total as points
    from live_scores
    where live_scores.total_points <> live_scores.unlimited_total

    union all

    select
        live_scores.moment_key,
        live_scores.scorecard_key,
        'disqualification' as entry_type,
        cast(null as {{ dbt.type_string() }}) as group_id,
        cast(null as {{ dbt.type_string() }}) as dimension,
        live_scores.score - live_scores.total_points as points
    from live_scores
    where live_scores.score_status = 'disqualified'

),

entries as (

    select
        limit_entries.moment_key,
        limit_entries.scorecard_key,
        limit_entries.entry_type,
        cast(null as integer) as criterion_key,
        limit_entries.group_id,
        limit_entries.dimension,
        limit_entries.points,
        cast(null as decimal(38, 6)) as measure_value,
        cast(null as integer) as matched_value_key,
        cast(null as bigint) as evidence_count,
        cast(null as timestamp) as first_evidence_at,
        cast(null as timestamp) as last_evidence_at
    from limit_entries

    union all

    select
        criterion_points.moment_key,
        criterion_points.scorecard_key,
        'criterion' as entry_type,
        criterion_points.criterion_key,
        cast(null as {{ dbt.type_string() }}) as group_id,
        cast(null as {{ dbt.type_string() }}) as dimension,
        criterion_points.points,
        criterion_points.measure_value,
        criterion_points.matched_value_key,
        criterion_points.evidence_count,
        criterion_points.first_evidence_at,
        criterion_points.last_evidence_at
    from {{ ref('int_scoring__criterion_points') }} as criterion_points

)

select
    entries.scorecard_key,
    moments.lead_key,
    entries.entry_type,
    entries.criterion_key,
    entries.group_id,
    entries.dimension,
    cast(entries.points as decimal(38, 2)) as points,
    entries.measure_value,
    entries.matched_value_key,
    entries.evidence_count,
    entries.first_evidence_at,
    entries.last_evidence_at
from entries
inner join {{ ref('int_scoring__moments') }} as moments
    on entries.moment_key = moments.moment_key
where moments.moment_set = 'live'
