-- The band that each lead of a live scorecard had when last looked at, and the last hand-off that its moves gave.
-- Only leads whose band changed are written.
--
-- hand_offs is made from this table, after it. Both the new band and what is to be handed off are one row, so a run
-- that dies before this table is written has looked at no lead, and one that dies after it has left the hand-off
-- here, where the next run finds it: hand_offs takes whatever it does not hold yet. A later move that is no hand-off
-- leaves the waiting one in place; one that is, stands for both.
{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key=['scorecard_id', 'lead_id'],
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
{% set started_at = run_start() %}

with

known_leads as (
    {% if has_stored_rows() %}
    select
        scorecard_id,
        lead_id,
        band,
        band_points,
        hand_off_id,
        account_id,
        from_band,
        to_band,
        score,
        top_reasons,
        recommended_action,
        action_sla_hours,
        action_team,
        handed_off_at,
        due_at
    from {{ this }}
    {% else %}
    select
        cast(null as {{ dbt.type_string() }}) as scorecard_id,
        cast(null as {{ dbt.type_string() }}) as lead_id,
        cast(null as {{ dbt.type_string() }}) as band,
        cast(null as decimal(38, 2)) as band_points,
        cast(null as {{ dbt.type_string() }}) as hand_off_id,
        cast(null as {{ dbt.type_string() }}) as account_id,
        cast(null as {{ dbt.type_string() }}) as from_band,
        cast(null as {{ dbt.type_string() }}) as to_band,
        cast(null as decimal(38, 2)) as score,
        cast(null as {{ dbt.type_string() }}) as top_reasons,
        cast(null as {{ dbt.type_string() }}) as recommended_action,
        cast(null as decimal(38, 6)) as action_sla_hours,
        cast(null as {{ dbt.type_string() }}) as action_team,
        cast(null as timestamp) as handed_off_at,
        cast(null as timestamp) as due_at
    where false
    {% endif %}
),

-- One without any lead here is new: its leads did not move, they were not looked at before.
known_scorecards as (
    select distinct scorecard_id
    from known_leads
),

-- the latest moment that any run scored at; those in the future were a look ahead
latest_moments as (
    select max(as_of) as as_of
    from {{ ref('run_audit') }}
    where as_of <= {{ scoring_moment(started_at) }}
),

-- A run at an earlier moment, or at one to come, says nothing about what leads do now.
scored_now as (
    select
        scored_leads.scorecard_id,
        scored_leads.lead_id,
        scored_leads.band
    from {{ ref('scored_leads') }} as scored_leads
    cross join latest_moments
    where
        scored_leads.scored_at <= {{ scoring_moment(started_at) }}
        and (latest_moments.as_of is null or scored_leads.scored_at >= latest_moments.as_of)
),

changed_leads as (
    select
        scored_now.scorecard_id,
        scored_now.lead_id,
        known_leads.band as from_band,
        known_leads.band_points as from_points,
        known_scorecards.scorecard_id is not null as is_known_scorecard
    from scored_now
    left join known_leads
        on
            scored_now.scorecard_id = known_leads.scorecard_id
            and scored_now.lead_id = known_leads.lead_id
    left join known_scorecards
        on scored_now.scorecard_id = known_scorecards.scorecard_id
    where
        known_leads.lead_id is null
        or scored_now.band is distinct from known_leads.band
),

-- The lowest band may have no points that it begins with; all points are above -1,000,000.
total_bands as (
    select
        scorecards.scorecard_id,
        bands.band,
        coalesce(bands.min_points, -1000000) as band_points
    from {{ ref('int_policy__bands') }} as bands
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on bands.scorecard_key = scorecards.scorecard_key
    where bands.scope = 'total'
),

-- What a former band is worth is judged by the bands of today; of one that is gone, by what it was worth then, so
-- that renaming a band moves nobody.
moves as (
    select
        scored_leads.scorecard_id,
        scored_leads.lead_id,
        scored_leads.account_id,
        scored_leads.band,
        total_bands.band_points,
        scored_leads.score,
        scored_leads.top_reasons,
        scored_leads.recommended_action,
        scored_leads.action_sla_hours,
        scored_leads.action_team,
        scored_leads.scored_at,
        changed_leads.from_band,
        changed_leads.is_known_scorecard
        and scored_leads.action_sla_hours is not null
        and total_bands.band_points is not null
        and (
            coalesce(former_bands.band_points, changed_leads.from_points) is null
            or total_bands.band_points > coalesce(former_bands.band_points, changed_leads.from_points)
        ) as is_handed_off
    from changed_leads
    inner join {{ ref('scored_leads') }} as scored_leads
        on
            changed_leads.scorecard_id = scored_leads.scorecard_id
            and changed_leads.lead_id = scored_leads.lead_id
    left join total_bands
        on
            scored_leads.scorecard_id = total_bands.scorecard_id
            and scored_leads.band = total_bands.band
            and scored_leads.score_status = 'scored'
    left join total_bands as former_bands
        on
            changed_leads.scorecard_id = former_bands.scorecard_id
            and changed_leads.from_band = former_bands.band
)

select
    scorecard_id,
    lead_id,
    band,
    band_points,
    {{ dbt.hash(fingerprint(['scorecard_id', 'lead_id', 'scored_at', 'band'])) }} as hand_off_id,
    account_id,
    from_band,
    band as to_band,
    score,
    top_reasons,
    recommended_action,
    cast(action_sla_hours as decimal(38, 6)) as action_sla_hours,
    action_team,
    scored_at as handed_off_at,
    -- in a thousand years at most, so that every number of hours gives a time
    {{ hours_later('scored_at', 'least(action_sla_hours, 8766000)') }} as due_at
from moves
where is_handed_off

union all

select
    moves.scorecard_id,
    moves.lead_id,
    moves.band,
    moves.band_points,
    known_leads.hand_off_id,
    known_leads.account_id,
    known_leads.from_band,
    known_leads.to_band,
    known_leads.score,
    known_leads.top_reasons,
    known_leads.recommended_action,
    cast(known_leads.action_sla_hours as decimal(38, 6)) as action_sla_hours,
    known_leads.action_team,
    known_leads.handed_off_at,
    known_leads.due_at
from moves
left join known_leads
    on
        moves.scorecard_id = known_leads.scorecard_id
        and moves.lead_id = known_leads.lead_id
where not moves.is_handed_off
