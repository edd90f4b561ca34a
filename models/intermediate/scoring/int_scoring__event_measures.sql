{{ config(materialized=stateful(), incremental_strategy='measures', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- What every rule for events measures over the events that match it, for each lead and moment that has any.
-- A row without a moment says that a rule has been measured for every lead, and by when.
-- The wide joins and groups carry whole numbers and times only; text and decimals come in once the events are few.
{% set properties = declared_properties(var('event_properties')) %}
{% set plan = run_state() %}
{% set rule_columns = [
    'events.lead_key',
    'events.occurred_at',
    'events.known_at',
    'rules.rule_number',
    'rules.window_microseconds',
    'rules.value_date',
    'rules.low_days',
    'rules.high_days',
] %}
{% if not plan.measures_all %}{% do rule_columns.append('rules.is_new') %}{% endif %}
{#- refused rows have no lead; a query that is named here instead would be kept in memory -#}
{% set sought_events = ref('int_facts__events') if plan.measures_all else 'sought_events' %}
{% set measured_value_key = measured_property_key('rules.measured_item', properties) %}

with

policy_rules as (

    select distinct
        rules.rule_key,
        rules.measure,
        rules.measure_property,
        rules.window_days,
        rules.decay,
        case when rules.decay <> 'none' then rules.points end as points,
        case when rules.decay <> 'none' then rules.decay_days end as decay_days,
        case when rules.decay <> 'none' then rules.frequency end as frequency
    from {{ ref('int_policy__rules') }} as rules

),

{% if not plan.measures_all -%}
-- a rule that compares dates is measured anew on every day
kept_rules as (

    select stored.rule_key
    from {{ this }} as stored
    left join (
        select distinct rule_key
        from {{ ref('int_scoring__event_rules') }}
        where value_date is not null
    ) as dated_rules
        on stored.rule_key = dated_rules.rule_key
    where
        stored.moment_key is null
        and stored.last_event_at <= {{ scoring_moment(var('as_of')) }}
        and (
            dated_rules.rule_key is null
            or cast(stored.last_event_at as date) = cast({{ scoring_moment(var('as_of')) }} as date)
        )

),

{% endif -%}
numbered_rules as (

    select
        policy_rules.*,
        {{ 'true' if plan.measures_all else 'kept_rules.rule_key is null' }} as is_new,
        cast(row_number() over (order by policy_rules.rule_key) as integer) as rule_number,
        {{ window_microseconds('policy_rules.window_days') }} as window_microseconds,
        {{ step_kind('policy_rules') }} as step_kind
    from policy_rules
    {%- if not plan.measures_all %}
    left join kept_rules
        on policy_rules.rule_key = kept_rules.rule_key
    {%- endif %}

),

{% if not plan.measures_all -%}
-- the leads whose events are looked at: all of them only for a rule that is new
sought_moments as (

    select
        moments.moment_key,
        moments.lead_key,
        moments.scored_at,
        moments.is_measured
    from {{ ref('int_scoring__moments') }} as moments
    where
        moments.is_measured
        or exists (select 1 from numbered_rules where numbered_rules.is_new)

),

sought_events as (

    select events.*
    from {{ ref('int_facts__events') }} as events
    where events.lead_key in (select sought_moments.lead_key from sought_moments)

),
{%- else -%}
sought_moments as (

    select
        moments.moment_key,
        moments.lead_key,
        moments.scored_at
    from {{ ref('int_scoring__moments') }} as moments

),
{%- endif %}

rules as (

    select
        numbered_rules.rule_number,
        numbered_rules.is_new,
        event_rules.event_name_key,
        event_rules.property_name,
        event_rules.value_key,
        event_rules.value_date,
        event_rules.low_days,
        event_rules.high_days,
        case event_rules.role when 'base' then 1 else 0 end as base_weight,
        numbered_rules.window_microseconds,
        numbered_rules.step_kind,
        case
            when numbered_rules.measure_property is null then cast(null as integer)
            {%- for property in properties %}
            when numbered_rules.measure_property = {{ text_literal(property.name) }} then {{ loop.index }}
            {%- endfor %}
        end as measured_item
    from {{ ref('int_scoring__event_rules') }} as event_rules
    inner join numbered_rules
        on event_rules.rule_key = numbered_rules.rule_key
    {%- if not plan.measures_all %}
    where
        numbered_rules.is_new
        or exists (select 1 from {{ ref('int_scoring__moments') }} as moments where moments.is_measured)
    {%- endif %}

),

plain_rules as (

    select rules.*
    from rules
    where rules.step_kind = {{ step_kinds().none }}

),

stepped_rules as (

    select rules.*
    from rules
    where rules.step_kind <> {{ step_kinds().none }}

),

tested_rules as (

    select rules.*
    from rules
    where rules.value_key is not null

),

plain_events as (
    {{ fitting_events(sought_events, 'plain_rules', properties, rule_columns + ['rules.base_weight']) }}
),

stepped_events as (
    {{ fitting_events(
        sought_events, 'stepped_rules', properties,
        rule_columns + ['rules.step_kind', measured_value_key ~ ' as measured_value_key'],
    ) }}
),

tested_events as (
    {{ fitting_events(
        sought_events, 'tested_rules', properties,
        rule_columns + ['rules.value_key'],
    ) }}
),

plain_measures as (

    select
        moments.moment_key,
        plain_events.rule_number,
        count(*) - sum(plain_events.base_weight) as event_count,
        sum(plain_events.base_weight) as base_count,
        min(plain_events.occurred_at) as first_counted_at,
        min(case when plain_events.base_weight = 0 then plain_events.occurred_at end) as first_event_at,
        max(case when plain_events.base_weight = 0 then plain_events.occurred_at end) as last_event_at
    from plain_events
    inner join sought_moments as moments
        on plain_events.lead_key = moments.lead_key
    where {{ counts_at_moment('plain_events', 'moments.scored_at') }}
    {%- if not plan.measures_all %}
        and (moments.is_measured or plain_events.is_new)
    {%- endif %}
    group by 1, 2

),

-- events that a measure need not tell apart are one step: those of a day, of a value, of an age
steps as (

    select
        moments.moment_key,
        stepped_events.rule_number,
        stepped_events.step_kind,
        {{ measure_step(
            'stepped_events.step_kind',
            'stepped_events.occurred_at',
            'stepped_events.measured_value_key',
            'moments.scored_at'
        ) }} as step,
        count(*) as event_count,
        min(stepped_events.occurred_at) as first_event_at,
        max(stepped_events.occurred_at) as last_event_at
    from stepped_events
    inner join sought_moments as moments
        on stepped_events.lead_key = moments.lead_key
    where {{ counts_at_moment('stepped_events', 'moments.scored_at') }}
    {%- if not plan.measures_all %}
        and (moments.is_measured or stepped_events.is_new)
    {%- endif %}
    group by 1, 2, 3, 4

),

-- decay is worked out once for each rule and age: a power in whole numbers takes its time
decayed_steps as (

    select
        distinct_steps.rule_number,
        distinct_steps.step,
        {{ decayed_points(
            'numbered_rules.points', 'numbered_rules.decay', 'numbered_rules.decay_days', 'distinct_steps.step'
        ) }} as decayed_points
    from (
        select distinct
            steps.rule_number,
            steps.step
        from steps
        where steps.step_kind = {{ step_kinds().age }}
    ) as distinct_steps
    inner join numbered_rules
        on distinct_steps.rule_number = numbered_rules.rule_number

),

stepped_measures as (

    select
        steps.moment_key,
        steps.rule_number,
        sum(steps.event_count) as event_count,
        min(steps.first_event_at) as first_event_at,
        max(steps.last_event_at) as last_event_at,
        count(*) as step_count,
        cast(null as bigint) as value_count,
        cast(null as decimal(38, 6)) as number_sum,
        sum(steps.event_count * decayed_steps.decayed_points) as decayed_points,
        min(case
            when steps.step_kind = {{ step_kinds().age }}
                then {{ day_later('steps.first_event_at', 'steps.step') }}
        end) as next_day_at
    from steps
    left join decayed_steps
        on
            steps.rule_number = decayed_steps.rule_number
            and steps.step = decayed_steps.step
            and steps.step_kind = {{ step_kinds().age }}
    where steps.step_kind <> {{ step_kinds().value }}
    group by 1, 2

    union all

    select
        steps.moment_key,
        steps.rule_number,
        sum(steps.event_count) as event_count,
        min(steps.first_event_at) as first_event_at,
        max(steps.last_event_at) as last_event_at,
        cast(null as bigint) as step_count,
        count(distinct measured_values.folded_key) as value_count,
        sum(steps.event_count * measured_values.value_number) as number_sum,
        cast(null as decimal(38, 6)) as decayed_points,
        cast(null as {{ dbt.type_timestamp() }}) as next_day_at
    from steps
    inner join {{ ref('int_dictionary__values') }} as measured_values
        on steps.step = measured_values.value_key
    where steps.step_kind = {{ step_kinds().value }}
    group by 1, 2

),

measures as (

    select
        plain_measures.moment_key,
        plain_measures.rule_number,
        plain_measures.event_count,
        plain_measures.base_count,
        plain_measures.first_event_at,
        plain_measures.last_event_at,
        cast(null as bigint) as step_count,
        cast(null as bigint) as value_count,
        cast(null as decimal(38, 6)) as number_sum,
        cast(null as decimal(38, 6)) as decayed_points,
        plain_measures.first_counted_at,
        cast(null as {{ dbt.type_timestamp() }}) as next_day_at
    from plain_measures

    union all

    select
        stepped_measures.moment_key,
        stepped_measures.rule_number,
        stepped_measures.event_count,
        0 as base_count,
        stepped_measures.first_event_at,
        stepped_measures.last_event_at,
        stepped_measures.step_count,
        stepped_measures.value_count,
        stepped_measures.number_sum,
        stepped_measures.decayed_points,
        stepped_measures.first_event_at as first_counted_at,
        stepped_measures.next_day_at
    from stepped_measures

),

-- the rules whose points decay by the age of the youngest event
youngest_ages as (

    select
        measures.moment_key,
        measures.rule_number,
        {{ age_in_days('measures.last_event_at', 'moments.scored_at') }} as age_days
    from measures
    inner join numbered_rules
        on measures.rule_number = numbered_rules.rule_number
    inner join sought_moments as moments
        on measures.moment_key = moments.moment_key
    where
        numbered_rules.decay <> 'none'
        and numbered_rules.frequency <> 'every'

),

decayed_ages as (

    select
        distinct_ages.rule_number,
        distinct_ages.age_days,
        {{ decayed_points(
            'numbered_rules.points', 'numbered_rules.decay', 'numbered_rules.decay_days', 'distinct_ages.age_days'
        ) }} as decayed_points
    from (
        select distinct
            youngest_ages.rule_number,
            youngest_ages.age_days
        from youngest_ages
    ) as distinct_ages
    inner join numbered_rules
        on distinct_ages.rule_number = numbered_rules.rule_number

),

youngest_events as (

    select
        measures.moment_key,
        measures.rule_number,
        tested_events.value_key
    from tested_events
    inner join sought_moments as moments
        on tested_events.lead_key = moments.lead_key
    inner join measures
        on
            moments.moment_key = measures.moment_key
            and tested_events.rule_number = measures.rule_number
            and tested_events.occurred_at = measures.last_event_at
    where {{ counts_at_moment('tested_events', 'moments.scored_at') }}
    {%- if not plan.measures_all %}
        and (moments.is_measured or tested_events.is_new)
    {%- endif %}

),

youngest_values as (

    select
        youngest_events.moment_key,
        youngest_events.rule_number,
        max(youngest_events.value_key) as value_key,
        -- events of the same microsecond with different values: int_scoring__tied_values decides by their ids
        min(youngest_events.value_key) <> max(youngest_events.value_key) as is_tied
    from youngest_events
    group by 1, 2

)

select
    measures.moment_key,
    numbered_rules.rule_key,
    {{ measure_value(
        'numbered_rules.measure', 'measures', age_in_days('measures.last_event_at', 'moments.scored_at')
    ) }} as measure_value,
    cast(measures.event_count as bigint) as event_count,
    measures.first_event_at,
    measures.last_event_at,
    youngest_values.value_key as matched_value_key,
    coalesce(youngest_values.is_tied, false) as is_tied,
    -- what decay leaves of the points, before any limit; null without decay
    cast(
        case
            when numbered_rules.decay = 'none' then null
            when numbered_rules.frequency = 'every' then measures.decayed_points
            else decayed_ages.decayed_points
        end as decimal(38, 6)
    ) as decayed_points,
    -- when time alone gives another measure: the oldest event leaves the window, or an age grows by a day
    {{ earlier_of(
        'case when numbered_rules.window_days is not null then '
            ~ microseconds_later('measures.first_counted_at', 'numbered_rules.window_microseconds') ~ ' end',
        earlier_of(
            'measures.next_day_at',
            "case when numbered_rules.measure = 'days_since_last' or numbered_rules.frequency <> 'every' then "
                ~ day_later('measures.last_event_at', age_in_days('measures.last_event_at', 'moments.scored_at'))
                ~ ' end'
        )
    ) }} as next_change_at
from measures
inner join numbered_rules
    on measures.rule_number = numbered_rules.rule_number
inner join sought_moments as moments
    on measures.moment_key = moments.moment_key
left join youngest_values
    on
        measures.moment_key = youngest_values.moment_key
        and measures.rule_number = youngest_values.rule_number
left join decayed_ages
    on
        measures.rule_number = decayed_ages.rule_number
        and numbered_rules.decay <> 'none'
        and {{ age_in_days('measures.last_event_at', 'moments.scored_at') }} = decayed_ages.age_days

union all

select
    cast(null as integer) as moment_key,
    numbered_rules.rule_key,
    cast(null as decimal(38, 6)) as measure_value,
    cast(null as bigint) as event_count,
    cast(null as {{ dbt.type_timestamp() }}) as first_event_at,
    {{ scoring_moment(var('as_of')) }} as last_event_at,
    cast(null as integer) as matched_value_key,
    false as is_tied,
    cast(null as decimal(38, 6)) as decayed_points,
    cast(null as {{ dbt.type_timestamp() }}) as next_change_at
from numbered_rules
where numbered_rules.is_new
