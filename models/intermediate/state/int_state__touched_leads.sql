{{ config(materialized=stateful(), incremental_strategy='queued_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_scoring__value_matches') }}
-- depends_on: {{ ref('int_facts__outcomes') }}
-- depends_on: {{ ref('int_facts__leads') }}
-- depends_on: {{ ref('int_facts__arrived_events') }}
-- depends_on: {{ ref('int_state__changed_owners') }}
-- The queue of leads whose score may have become another one, filled before anything that they are scored from changes.
-- A run that dies leaves its leads here, and the next one scores them too.
{% set properties = declared_properties(var('event_properties')) %}
{% set plan = run_state() %}
{% set event_columns = ['event_hash', 'lead_key', 'event_name_key', 'occurred_at', 'known_at'] %}
{% for property in properties %}{% do event_columns.append(property.alias ~ '_key') %}{% endfor %}

{% if plan.is_full -%}
-- nothing is kept, so that every lead is scored anyway
select
    {{ plan.run_number }} as run_number,
    leads.lead_key,
    cast(null as {{ dbt.type_string() }}) as cause,
    true as is_measured
from {{ ref('int_facts__leads') }} as leads
where 1 = 0
{%- else -%}
with

this_run as (

    select
        as_of,
        trend_at,
        last_as_of,
        last_trend_at
    from {{ ref('int_state__run') }}

),

events_now as (

    select {{ event_columns | join(', ') }}
    from {{ ref('int_facts__arrived_events') }}
    where reason is null

),

events_before as (

    select {{ event_columns | join(', ') }}
    from {{ state_relation('int_facts__events') }}
    where
        reason is null
        {%- if not plan.reads_all %}
        and {{ is_stored_anew('', plan, ref('int_state__changed_owners')) }}
        {%- endif %}

),

leads_now as (

    select
        lead_key,
        lead_hash
    from {{ ref('int_facts__leads') }}

),

leads_before as (

    select
        lead_key,
        lead_hash
    from {{ state_relation('int_state__leads_before') }}

),

outcomes_now as (

    select
        lead_key,
        outcome,
        occurred_at,
        known_at
    from {{ ref('int_facts__outcomes') }}

),

outcomes_before as (

    select
        lead_key,
        outcome,
        occurred_at,
        known_at
    from {{ state_relation('int_state__outcomes_before') }}

),

touched_leads as (

    {% for facts in ['events', 'leads', 'outcomes'] %}
    select
        changed_{{ facts }}.lead_key,
        '{{ facts }}' as cause
    from (
        (select * from {{ facts }}_now except select * from {{ facts }}_before)
        union all
        (select * from {{ facts }}_before except select * from {{ facts }}_now)
    ) as changed_{{ facts }}

    union all

    {% endfor %}
    select
        changed_owners.lead_key,
        'identity' as cause
    from {{ ref('int_state__changed_owners') }} as changed_owners

    union all

    -- what lay in the future
    select
        leads.lead_key,
        'time' as cause
    from {{ ref('int_facts__leads') }} as leads
    cross join this_run
    where
        (leads.created_at > this_run.last_as_of and leads.created_at <= this_run.as_of)
        or (leads.created_at > this_run.last_trend_at and leads.created_at <= this_run.trend_at)
        or (leads.backtest_at > this_run.last_as_of and leads.backtest_at <= this_run.as_of)

    union all

    select
        outcomes.lead_key,
        'time' as cause
    from outcomes_now as outcomes
    cross join this_run
    where outcomes.known_at > this_run.last_as_of and outcomes.known_at <= this_run.as_of

    union all

    select
        activity.lead_key,
        'time' as cause
    from {{ state_relation('int_scoring__activity') }} as activity
    cross join this_run
    where
        activity.next_event_at <= {{ moved_moment('activity.moment_key', 'this_run') }}

    union all

    -- windows that end, and ages that grow by a day
    select
        {{ lead_of_moment('measures.moment_key') }} as lead_key,
        'time' as cause
    from {{ state_relation('int_scoring__event_measures') }} as measures
    cross join this_run
    where measures.next_change_at <= {{ moved_moment('measures.moment_key', 'this_run') }}

    union all

    -- dates of attributes that come into a range of days, or leave it
    select
        lead_values.lead_key,
        'time' as cause
    from {{ ref('int_scoring__value_matches') }} as value_matches
    inner join {{ state_relation('int_facts__lead_values') }} as lead_values
        on value_matches.value_key = lead_values.value_key
    cross join this_run
    where
        value_matches.value_date is not null
        and (
            {%- for last, now in [('last_as_of', 'as_of'), ('last_trend_at', 'trend_at')] %}
            {{ range_is_crossed(
                'value_matches', 'cast(this_run.' ~ last ~ ' as date)', 'cast(this_run.' ~ now ~ ' as date)'
            ) }}
            {{ 'or' if not loop.last }}
            {%- endfor %}
        )

    {%- if plan.scores_all %}

    union all

    select
        leads.lead_key,
        '{{ 'moment' if plan.measures_all else 'policy' }}' as cause
    from (select lead_key from leads_now union select lead_key from leads_before) as leads
    {%- endif %}

)

select distinct
    {{ plan.run_number }} as run_number,
    touched_leads.lead_key,
    touched_leads.cause,
    touched_leads.cause <> 'policy' as is_measured
from touched_leads
where touched_leads.lead_key is not null
{%- endif %}
