-- What every event criterion measures over the events that match it, for each lead and moment that has any.
{% set properties = declared_properties(var('event_properties')) %}

with

-- one row per event and rule that it fits, by name and property alone
fitting_events as (

    select
        events.lead_key,
        events.occurred_at,
        events.known_at,
        events.event_id,
        {%- for property in properties %}
        events.{{ property.alias }}_key,
        {%- endfor %}
        rules.criterion_key,
        rules.role,
        rules.value_key as tested_value_key,
        rules.value_date,
        rules.low_days,
        rules.high_days
    from {{ ref('int_facts__events') }} as events
    inner join {{ ref('int_scoring__event_rules') }} as rules
        on events.event_name_key = rules.event_name_key
    where rules.property_name is null

    {% for property in properties %}
    union all

    select
        events.lead_key,
        events.occurred_at,
        events.known_at,
        events.event_id,
        {%- for other_property in properties %}
        events.{{ other_property.alias }}_key,
        {%- endfor %}
        rules.criterion_key,
        rules.role,
        rules.value_key as tested_value_key,
        rules.value_date,
        rules.low_days,
        rules.high_days
    from {{ ref('int_facts__events') }} as events
    inner join {{ ref('int_scoring__event_rules') }} as rules
        on
            events.event_name_key = rules.event_name_key
            and events.{{ property.alias }}_key = rules.value_key
    where rules.property_name = {{ text_literal(property.name) }}

    {% endfor %}
),

-- the same at each moment: known by then, young enough, and passing what hangs on the moment
matching_events as (

    select
        moments.moment_key,
        fitting_events.criterion_key,
        fitting_events.role,
        fitting_events.occurred_at,
        fitting_events.event_id,
        fitting_events.tested_value_key,
        {{ age_in_days('fitting_events.occurred_at', 'moments.scored_at') }} as age_days,
        case
            when criteria.measure_property is null then cast(null as integer)
            {%- for property in properties %}
            when criteria.measure_property = {{ text_literal(property.name) }}
                then fitting_events.{{ property.alias }}_key
            {%- endfor %}
        end as measured_value_key
    from fitting_events
    inner join {{ ref('int_policy__criteria') }} as criteria
        on fitting_events.criterion_key = criteria.criterion_key
    inner join {{ ref('int_scoring__moments') }} as moments
        on fitting_events.lead_key = moments.lead_key
    where
        fitting_events.known_at <= moments.scored_at
        and {{ is_younger_than('fitting_events.occurred_at', 'moments.scored_at', 'criteria.window_days') }}
        and {{ days_from_now_holds('fitting_events', 'moments.scored_at') }}

),

-- events that a measure need not tell apart are one row: those of a day, of a value, of an age
event_steps as (

    select
        matching_events.moment_key,
        matching_events.criterion_key,
        matching_events.role,
        {{ measure_step(
            'criteria',
            'cast(matching_events.occurred_at as date)',
            'measured_values.folded_key',
            'matching_events.age_days'
        ) }} as step,
        count(*) as event_count,
        min(matching_events.age_days) as least_age_days,
        min(matching_events.occurred_at) as first_event_at,
        max(matching_events.occurred_at) as last_event_at,
        sum(measured_values.value_number) as number_sum,
        max(case
            when matching_events.tested_value_key is not null
                then {{ evidence_order(
                    'matching_events.occurred_at', 'matching_events.event_id', 'matching_events.tested_value_key'
                ) }}
        end) as youngest_evidence
    from matching_events
    inner join {{ ref('int_policy__criteria') }} as criteria
        on matching_events.criterion_key = criteria.criterion_key
    left join {{ ref('int_dictionary__values') }} as measured_values
        on matching_events.measured_value_key = measured_values.value_key
    group by 1, 2, 3, 4

),

measured_events as (

    select
        event_steps.moment_key,
        event_steps.criterion_key,
        sum(case when event_steps.role = 'match' then event_steps.event_count else 0 end) as event_count,
        sum(case when event_steps.role = 'base' then event_steps.event_count else 0 end) as base_count,
        count(case when event_steps.role = 'match' then event_steps.step end) as step_count,
        sum(event_steps.number_sum) as number_sum,
        min(case when event_steps.role = 'match' then event_steps.least_age_days end) as least_age_days,
        min(case when event_steps.role = 'match' then event_steps.first_event_at end) as first_event_at,
        max(case when event_steps.role = 'match' then event_steps.last_event_at end) as last_event_at,
        max(event_steps.youngest_evidence) as youngest_evidence,
        sum(
            event_steps.event_count
            * {{ decayed_points('criteria.points', 'criteria.decay', 'criteria.decay_days', 'event_steps.step') }}
        ) as decayed_points_of_each
    from event_steps
    inner join {{ ref('int_policy__criteria') }} as criteria
        on event_steps.criterion_key = criteria.criterion_key
    group by 1, 2

)

select
    measured_events.moment_key,
    measured_events.criterion_key,
    {{ measure_value('criteria.measure', 'measured_events') }} as measure_value,
    cast(measured_events.event_count as bigint) as event_count,
    measured_events.first_event_at,
    measured_events.last_event_at,
    {{ value_of_evidence('measured_events.youngest_evidence') }} as matched_value_key,
    -- what decay leaves of the points, before any limit; null without decay
    case
        when criteria.decay = 'none' then null
        when criteria.frequency = 'every' then measured_events.decayed_points_of_each
        when measured_events.least_age_days is not null
            then {{ decayed_points(
                'criteria.points', 'criteria.decay', 'criteria.decay_days', 'measured_events.least_age_days'
            ) }}
    end as decayed_points
from measured_events
inner join {{ ref('int_policy__criteria') }} as criteria
    on measured_events.criterion_key = criteria.criterion_key
