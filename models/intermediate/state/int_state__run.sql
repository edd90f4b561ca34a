-- depends_on: {{ ref('int_policy__gate') }}
-- depends_on: {{ ref('base_tracking__events') }}
-- What this run has to do, in one row: how much of what earlier runs found still holds.
{%- set completed = none %}
{%- set is_kept = false %}
{%- if is_running_a_model() %}
    {%- set completed = state_relation('int_state__completed_runs') %}
    {%- set missing = [] %}
    {%- for name in stateful_models() if not state_relation(name) %}
        {%- do missing.append(name) %}
    {%- endfor %}
    {%- if completed and (flags.FULL_REFRESH or missing) %}
        {#- a full run begins by forgetting the completed ones: one that dies leaves a full run to do -#}
        {%- do adapter.drop_relation(completed) %}
        {%- set completed = none %}
    {%- endif %}
    {%- if completed %}
        {%- set found = run_query(
            'select settings_signature from ' ~ completed ~ ' order by run_number desc limit 1'
        ) %}
        {%- if found.rows | length == 1 and found.rows[0][0] == settings_signature() %}
            {%- set is_kept = true %}
        {%- else %}
            {%- do adapter.drop_relation(completed) %}
        {%- endif %}
    {%- endif %}
{%- endif %}
{%- set as_of = scoring_moment(var('as_of')) %}

with

last_completed as (

    {% if is_kept %}
    select
        completed.run_number,
        completed.as_of,
        completed.trend_at,
        completed.loaded_until,
        completed.policy_fingerprint
    from {{ completed }} as completed
    order by completed.run_number desc
    limit 1
    {% else %}
    select
        0 as run_number,
        cast(null as {{ dbt.type_timestamp() }}) as as_of,
        cast(null as {{ dbt.type_timestamp() }}) as trend_at,
        cast(null as {{ dbt.type_timestamp() }}) as loaded_until,
        cast(null as {{ dbt.type_string() }}) as policy_fingerprint
    {% endif %}

),

-- An event that does not say when it was loaded is read by every run. As a copy of one that is stored it may be the
-- one to stay, which only a look at all of them decides.
events_without_load_time as (

    {% if is_kept %}
    select count(*) as event_count
    from (
        select 1 as found
        from {{ state_relation('int_facts__events') }} as stored_events
        inner join {{ ref('base_tracking__events') }} as events
            on stored_events.event_hash = {{ text_hash('events.event_id') }}
        where
            events.loaded_at is null
            and stored_events.has_load_time
        limit 1
    ) as first_event
    {% else %}
    select 0 as event_count
    {% endif %}

)

select
    last_completed.run_number + 1 as run_number,
    {{ as_of }} as as_of,
    {{ days_later(as_of, '-' ~ var('trend_days')) }} as trend_at,
    last_completed.as_of as last_as_of,
    last_completed.trend_at as last_trend_at,
    fingerprints.policy_fingerprint,
    last_completed.as_of is null as is_full,
    last_completed.as_of is null
    or last_completed.loaded_until is null
    or events_without_load_time.event_count > 0 as reads_all,
    -- what was measured by then holds until the next moment that it names, but not for an earlier one
    last_completed.as_of is null or last_completed.as_of > {{ as_of }} as measures_all,
    last_completed.as_of is null
    or last_completed.as_of > {{ as_of }}
    or last_completed.policy_fingerprint <> fingerprints.policy_fingerprint as scores_all,
    {{ hours_later('last_completed.loaded_until', '-' ~ var('event_lookback_hours')) }} as read_from
from last_completed
cross join {{ ref('int_policy__fingerprint') }} as fingerprints
cross join events_without_load_time
