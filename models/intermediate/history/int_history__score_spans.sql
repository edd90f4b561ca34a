-- A row per scorecard, lead and span with the same score, band, status and policy version, and a row without a
-- lead per moment that was observed. A run adds what it observed, whether its moment is the newest or lies
-- between others: the spans are those that would have come out in the order of the moments. A moment that was
-- observed before changes nothing.
{{ config(
    materialized=stateful(),
    incremental_strategy='spans',
    unique_key=['scorecard_id', 'lead_id', 'valid_from'],
    full_refresh=false,
    tags=['history']
) }}

with stored_spans as (
    {%- if has_stored_rows() %}
    select
        scorecard_id,
        lead_id,
        score,
        score_status,
        band,
        policy_version,
        valid_from,
        valid_to
    from {{ this }}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as scorecard_id,
        cast(null as {{ dbt.type_string() }}) as lead_id,
        cast(null as decimal(38, 2)) as score,
        cast(null as {{ dbt.type_string() }}) as score_status,
        cast(null as {{ dbt.type_string() }}) as band,
        cast(null as {{ dbt.type_string() }}) as policy_version,
        cast(null as {{ dbt.type_timestamp() }}) as valid_from,
        cast(null as {{ dbt.type_timestamp() }}) as valid_to
    where false
    {%- endif %}
),

-- the moment that the scores speak for; without any score, the one that was asked for
scored_moment as (
    select coalesce(max(scored_at), {{ scoring_moment(var('as_of')) }}) as moment
    from {{ ref('scored_leads') }}
),

-- no row when it was observed before; the moment after it is null when it is the newest
new_moment as (
    select
        scored_moment.moment,
        min(stored_spans.valid_from) as next_moment
    from scored_moment
    left join stored_spans
        on stored_spans.lead_id is null and scored_moment.moment <= stored_spans.valid_from
    group by scored_moment.moment
    having min(stored_spans.valid_from) is null or min(stored_spans.valid_from) > scored_moment.moment
),

observed_scores as (
    select
        scored_leads.scorecard_id,
        scored_leads.lead_id,
        scored_leads.score,
        scored_leads.score_status,
        scored_leads.band,
        scored_leads.policy_version
    from {{ ref('scored_leads') }} as scored_leads
    inner join new_moment on scored_leads.scored_at = new_moment.moment
),

-- what held at the moment by all that was observed before
carried_spans as (
    select
        stored_spans.scorecard_id,
        stored_spans.lead_id,
        stored_spans.score,
        stored_spans.score_status,
        stored_spans.band,
        stored_spans.policy_version,
        stored_spans.valid_from,
        stored_spans.valid_to
    from stored_spans
    inner join new_moment
        on
            stored_spans.valid_from < new_moment.moment
            and (stored_spans.valid_to is null or stored_spans.valid_to > new_moment.moment)
    where stored_spans.lead_id is not null
),

-- the leads of which something else was observed; null on the side that does not have them
changes as (
    select
        coalesce(observed_scores.scorecard_id, carried_spans.scorecard_id) as scorecard_id,
        coalesce(observed_scores.lead_id, carried_spans.lead_id) as lead_id,
        observed_scores.lead_id is not null as is_observed,
        observed_scores.score as observed_score,
        observed_scores.score_status as observed_status,
        observed_scores.band as observed_band,
        observed_scores.policy_version as observed_version,
        carried_spans.lead_id is not null as is_carried,
        carried_spans.score as carried_score,
        carried_spans.score_status as carried_status,
        carried_spans.band as carried_band,
        carried_spans.policy_version as carried_version,
        carried_spans.valid_from as carried_from,
        carried_spans.valid_to as carried_to
    from observed_scores
    full outer join carried_spans
        on
            observed_scores.scorecard_id = carried_spans.scorecard_id
            and observed_scores.lead_id = carried_spans.lead_id
    where
        observed_scores.score is distinct from carried_spans.score
        or observed_scores.score_status is distinct from carried_spans.score_status
        or observed_scores.band is distinct from carried_spans.band
        or observed_scores.policy_version is distinct from carried_spans.policy_version
),

dated_changes as (
    select
        changes.scorecard_id,
        changes.lead_id,
        changes.is_observed,
        changes.observed_score,
        changes.observed_status,
        changes.observed_band,
        changes.observed_version,
        changes.is_carried,
        changes.carried_score,
        changes.carried_status,
        changes.carried_band,
        changes.carried_version,
        changes.carried_from,
        changes.carried_to,
        new_moment.moment,
        new_moment.next_moment,
        -- the same began at the next moment, and now begins at this one
        following_spans.lead_id is not null as is_followed_by_equal,
        following_spans.valid_to as following_to
    from changes
    cross join new_moment
    left join stored_spans as following_spans
        on
            changes.scorecard_id = following_spans.scorecard_id
            and changes.lead_id = following_spans.lead_id
            and new_moment.next_moment = following_spans.valid_from
            and changes.is_observed
            and changes.observed_score = following_spans.score
            and changes.observed_status = following_spans.score_status
            and changes.observed_band is not distinct from following_spans.band
            and changes.observed_version = following_spans.policy_version
),

ended_spans as (
    select
        scorecard_id,
        lead_id,
        carried_score as score,
        carried_status as score_status,
        carried_band as band,
        carried_version as policy_version,
        carried_from as valid_from,
        moment as valid_to
    from dated_changes
    where is_carried
),

-- what held before holds again from the next moment, of which it was observed
resumed_spans as (
    select
        scorecard_id,
        lead_id,
        carried_score as score,
        carried_status as score_status,
        carried_band as band,
        carried_version as policy_version,
        next_moment as valid_from,
        carried_to as valid_to
    from dated_changes
    where is_carried and next_moment is not null and (carried_to is null or carried_to > next_moment)
),

begun_spans as (
    select
        scorecard_id,
        lead_id,
        observed_score as score,
        observed_status as score_status,
        observed_band as band,
        observed_version as policy_version,
        moment as valid_from,
        case when is_followed_by_equal then following_to else next_moment end as valid_to
    from dated_changes
    where is_observed
),

-- in place of the spans that begin earlier now; the strategy takes them away
emptied_spans as (
    select
        scorecard_id,
        lead_id,
        observed_score as score,
        observed_status as score_status,
        observed_band as band,
        observed_version as policy_version,
        next_moment as valid_from,
        next_moment as valid_to
    from dated_changes
    where is_followed_by_equal
),

observed_moments as (
    select
        cast(null as {{ dbt.type_string() }}) as scorecard_id,
        cast(null as {{ dbt.type_string() }}) as lead_id,
        cast(null as decimal(38, 2)) as score,
        cast(null as {{ dbt.type_string() }}) as score_status,
        cast(null as {{ dbt.type_string() }}) as band,
        cast(null as {{ dbt.type_string() }}) as policy_version,
        moment as valid_from,
        cast(null as {{ dbt.type_timestamp() }}) as valid_to
    from new_moment
),

changed_rows as (
    select * from ended_spans
    union all
    select * from resumed_spans
    union all
    select * from begun_spans
    union all
    select * from emptied_spans
    union all
    select * from observed_moments
)

select
    scorecard_id,
    lead_id,
    score,
    score_status,
    band,
    policy_version,
    valid_from,
    valid_to
from changed_rows
