-- What every event criterion measures over the events that match it, for each lead and moment that has any.
-- The wide joins and groups carry whole numbers and times only; text and decimals come in once the events are few.
{% set properties = declared_properties(var('event_properties')) %}
{% set rule_columns = [
    'events.lead_key',
    'events.occurred_at',
    'events.known_at',
    'rules.criterion_key',
    'rules.window_microseconds',
    'rules.value_date',
    'rules.low_days',
    'rules.high_days',
] %}
{% set measured_value_key = measured_property_key('rules.measured_item', properties) %}

with

rules as (

    select
        event_rules.criterion_key,
        event_rules.event_name_key,
        event_rules.property_name,
        event_rules.value_key,
        event_rules.value_date,
        event_rules.low_days,
        event_rules.high_days,
        case event_rules.role when 'base' then 1 else 0 end as base_weight,
        {{ window_microseconds('criteria.window_days') }} as window_microseconds,
        {{ step_kind('criteria') }} as step_kind,
        case
            when criteria.measure_property is null then cast(null as integer)
            {%- for property in properties %}
            when criteria.measure_property = {{ text_literal(property.name) }} then {{ loop.index }}
            {%- endfor %}
        end as measured_item
    from {{ ref('int_scoring__event_rules') }} as event_rules
    inner join {{ ref('int_policy__criteria') }} as criteria
        on event_rules.criterion_key = criteria.criterion_key

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
    {{ fitting_events(ref('int_facts__events'), 'plain_rules', properties, rule_columns + ['rules.base_weight']) }}
),

stepped_events as (
    {{ fitting_events(
        ref('int_facts__events'), 'stepped_rules', properties,
        rule_columns + ['rules.step_kind', measured_value_key ~ ' as measured_value_key'],
    ) }}
),

tested_events as (
    {{ fitting_events(
        ref('int_facts__events'), 'tested_rules', properties,
        rule_columns + ['events.event_id', 'rules.value_key'],
    ) }}
),

plain_measures as (

    select
        moments.moment_key,
        plain_events.criterion_key,
        count(*) - sum(plain_events.base_weight) as event_count,
        sum(plain_events.base_weight) as base_count,
        min(case when plain_events.base_weight = 0 then plain_events.occurred_at end) as first_event_at,
        max(case when plain_events.base_weight = 0 then plain_events.occurred_at end) as last_event_at
    from plain_events
    inner join {{ ref('int_scoring__moments') }} as moments
        on plain_events.lead_key = moments.lead_key
    where {{ counts_at_moment('plain_events', 'moments.scored_at') }}
    group by 1, 2

),

-- events that a measure need not tell apart are one step: those of a day, of a value, of an age
steps as (

    select
        moments.moment_key,
        stepped_events.criterion_key,
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
    inner join {{ ref('int_scoring__moments') }} as moments
        on stepped_events.lead_key = moments.lead_key
    where {{ counts_at_moment('stepped_events', 'moments.scored_at') }}
    group by 1, 2, 3, 4

),

-- decay is worked out once for each criterion and age
decayed_steps as (

    select
        distinct_steps.criterion_key,
        distinct_steps.step,
        {{ decayed_points('criteria.points', 'criteria.decay', 'criteria.decay_days', 'distinct_steps.step') }}
            as decayed_points
    from (
        select distinct
            steps.criterion_key,
            steps.step
        from steps
        where steps.step_kind = {{ step_kinds().age }}
    ) as distinct_steps
    inner join {{ ref('int_policy__criteria') }} as criteria
        on distinct_steps.criterion_key = criteria.criterion_key

),

stepped_measures as (

    select
        steps.moment_key,
        steps.criterion_key,
        sum(steps.event_count) as event_count,
        min(steps.first_event_at) as first_event_at,
        max(steps.last_event_at) as last_event_at,
        count(*) as step_count,
        cast(null as bigint) as value_count,
        cast(null as decimal(38, 6)) as number_sum,
        sum(steps.event_count * decayed_steps.decayed_points) as decayed_points
    from steps
    left join decayed_steps
        on
            steps.criterion_key = decayed_steps.criterion_key
            and steps.step = decayed_steps.step
            and steps.step_kind = {{ step_kinds().age }}
    where steps.step_kind <> {{ step_kinds().value }}
    group by 1, 2

    union all

    select
        steps.moment_key,
        steps.criterion_key,
        sum(steps.event_count) as event_count,
        min(steps.first_event_at) as first_event_at,
        max(steps.last_event_at) as last_event_at,
        cast(null as bigint) as step_count,
        count(distinct measured_values.folded_key) as value_count,
        sum(steps.event_count * measured_values.value_number) as number_sum,
        cast(null as decimal(38, 6)) as decayed_points
    from steps
    inner join {{ ref('int_dictionary__values') }} as measured_values
        on steps.step = measured_values.value_key
    where steps.step_kind = {{ step_kinds().value }}
    group by 1, 2

),

measures as (

    select
        plain_measures.moment_key,
        plain_measures.criterion_key,
        plain_measures.event_count,
        plain_measures.base_count,
        plain_measures.first_event_at,
        plain_measures.last_event_at,
        cast(null as bigint) as step_count,
        cast(null as bigint) as value_count,
        cast(null as decimal(38, 6)) as number_sum,
        cast(null as decimal(38, 6)) as decayed_points
    from plain_measures

    union all

    select
        stepped_measures.moment_key,
        stepped_measures.criterion_key,
        stepped_measures.event_count,
        0 as base_count,
        stepped_measures.first_event_at,
        stepped_measures.last_event_at,
        stepped_measures.step_count,
        stepped_measures.value_count,
        stepped_measures.number_sum,
        stepped_measures.decayed_points
    from stepped_measures

),

youngest_values as (

    select
        measures.moment_key,
        measures.criterion_key,
        {{ value_of_evidence('max(' ~ evidence_order('tested_events.event_id', 'tested_events.value_key') ~ ')') }}
            as matched_value_key
    from tested_events
    inner join {{ ref('int_scoring__moments') }} as moments
        on tested_events.lead_key = moments.lead_key
    inner join measures
        on
            moments.moment_key = measures.moment_key
            and tested_events.criterion_key = measures.criterion_key
            and tested_events.occurred_at = measures.last_event_at
    where {{ counts_at_moment('tested_events', 'moments.scored_at') }}
    group by 1, 2

)

select
    measures.moment_key,
    measures.criterion_key,
    {{ measure_value(
        'criteria.measure', 'measures', age_in_days('measures.last_event_at', 'moments.scored_at')
    ) }} as measure_value,
    cast(measures.event_count as bigint) as event_count,
    measures.first_event_at,
    measures.last_event_at,
    youngest_values.matched_value_key,
    -- what decay leaves of the points, before any limit; null without decay
    case
        when criteria.decay = 'none' then null
        when criteria.frequency = 'every' then cast(measures.decayed_points as decimal(38, 6))
        else {{ decayed_points(
            'criteria.points', 'criteria.decay', 'criteria.decay_days',
            age_in_days('measures.last_event_at', 'moments.scored_at'),
        ) }}
    end as decayed_points
from measures
inner join {{ ref('int_policy__criteria') }} as criteria
    on measures.criterion_key = criteria.criterion_key
inner join {{ ref('int_scoring__moments') }} as moments
    on measures.moment_key = moments.moment_key
left join youngest_values
    on
        measures.moment_key = youngest_values.moment_key
        and measures.criterion_key = youngest_values.criterion_key
