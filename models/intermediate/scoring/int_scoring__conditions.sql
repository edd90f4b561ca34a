-- depends_on: {{ ref('int_state__run') }}
-- The criteria whose condition holds, whether they are active and valid or not, with the evidence.
{% set plan = run_state() %}

with

event_measures as (

    select
        measures.moment_key,
        rules.criterion_key,
        measures.measure_value,
        coalesce(tied_values.value_key, measures.matched_value_key) as matched_value_key,
        measures.event_count,
        measures.first_event_at,
        measures.last_event_at,
        measures.decayed_points
    from {{ ref('int_scoring__event_measures') }} as measures
    inner join {{ ref('int_policy__rules') }} as rules
        on measures.rule_key = rules.rule_key
    left join {{ ref('int_scoring__tied_values') }} as tied_values
        on
            measures.is_tied
            and measures.moment_key = tied_values.moment_key
            and measures.rule_key = tied_values.rule_key
    {%- if not plan.scores_all %}
    where measures.moment_key in (select moments.moment_key from {{ ref('int_scoring__moments') }} as moments)
    {%- endif %}

),

attribute_conditions as (

    select
        moments.moment_key,
        criteria.criterion_key,
        criteria.scorecard_key,
        lead_values.value_key as matched_value_key
    from {{ ref('int_policy__criteria') }} as criteria
    inner join {{ ref('int_scoring__value_matches') }} as value_matches
        on criteria.test_key = value_matches.test_key
    inner join {{ ref('int_facts__lead_values') }} as lead_values
        on value_matches.value_key = lead_values.value_key
    inner join {{ ref('int_scoring__moments') }} as moments
        on lead_values.lead_key = moments.lead_key
    where
        criteria.signal = 'attribute'
        and {{ days_from_now_holds('value_matches', 'moments.scored_at') }}

),

event_conditions as (

    select
        measures.moment_key,
        criteria.criterion_key,
        criteria.scorecard_key,
        measures.matched_value_key,
        measures.measure_value,
        measures.event_count,
        measures.first_event_at,
        measures.last_event_at,
        measures.decayed_points
    from event_measures as measures
    inner join {{ ref('int_policy__criteria') }} as criteria
        on measures.criterion_key = criteria.criterion_key
    where
        measures.measure_value is not null
        and {{ lies_within('measures.measure_value', 'criteria.at_least', 'criteria.at_most') }}

),

-- criteria that hold for whoever has no matching event
absence_conditions as (

    select
        subjects.moment_key,
        criteria.criterion_key,
        criteria.scorecard_key
    from {{ ref('int_policy__criteria') }} as criteria
    inner join {{ ref('int_scoring__subjects') }} as subjects
        on criteria.scorecard_key = subjects.scorecard_key
    left join event_measures as measures
        on
            subjects.moment_key = measures.moment_key
            and criteria.criterion_key = measures.criterion_key
    where
        {{ holds_without_events('criteria') }}
        and measures.criterion_key is null

),

conditions as (

    select
        attribute_conditions.moment_key,
        attribute_conditions.criterion_key,
        attribute_conditions.scorecard_key,
        attribute_conditions.matched_value_key,
        cast(null as decimal(38, 6)) as measure_value,
        cast(1 as bigint) as evidence_count,
        cast(null as timestamp) as first_evidence_at,
        cast(null as timestamp) as last_evidence_at,
        cast(null as decimal(38, 6)) as decayed_points
    from attribute_conditions

    union all

    select
        event_conditions.moment_key,
        event_conditions.criterion_key,
        event_conditions.scorecard_key,
        event_conditions.matched_value_key,
        event_conditions.measure_value,
        event_conditions.event_count as evidence_count,
        event_conditions.first_event_at as first_evidence_at,
        event_conditions.last_event_at as last_evidence_at,
        event_conditions.decayed_points
    from event_conditions

    union all

    select
        absence_conditions.moment_key,
        absence_conditions.criterion_key,
        absence_conditions.scorecard_key,
        cast(null as integer) as matched_value_key,
        cast(0 as decimal(38, 6)) as measure_value,
        cast(0 as bigint) as evidence_count,
        cast(null as timestamp) as first_evidence_at,
        cast(null as timestamp) as last_evidence_at,
        cast(0 as decimal(38, 6)) as decayed_points
    from absence_conditions

)

select
    conditions.moment_key,
    conditions.scorecard_key,
    conditions.criterion_key,
    conditions.measure_value,
    conditions.matched_value_key,
    conditions.evidence_count,
    conditions.first_evidence_at,
    conditions.last_evidence_at,
    conditions.decayed_points
from conditions
inner join {{ ref('int_scoring__subjects') }} as subjects
    on
        conditions.moment_key = subjects.moment_key
        and conditions.scorecard_key = subjects.scorecard_key
