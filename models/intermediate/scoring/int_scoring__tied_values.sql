{{ config(materialized=stateful(), incremental_strategy='tied_values', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_state__touched_leads') }}
-- depends_on: {{ ref('base_tracking__events') }}
-- The value of the youngest event where several of the same microsecond hold different ones: the greatest event id
-- decides. Ids are long and seldom needed, so the stored events do not hold them. Without a tie no raw event is read.
{% set properties = declared_properties(var('event_properties')) %}
{% set plan = run_state() %}
{#- decided ties stay so, but for leads that were measured anew and for rules that compare dates -#}
{% set tied_condition %}
measures.is_tied
{%- if has_stored_rows() and not plan.measures_all %}
and (
    measures.moment_key in (
        select moments.moment_key from {{ ref('int_scoring__moments') }} as moments where moments.is_measured
    )
    or measures.rule_key in (
        select rules.rule_key from {{ ref('int_scoring__event_rules') }} as rules where rules.value_date is not null
    )
    or not exists (
        select 1
        from {{ this }} as decided
        where
            decided.moment_key = measures.moment_key
            and decided.rule_key = measures.rule_key
            and decided.decided_at = measures.last_event_at
    )
)
{%- endif %}
{% endset %}
{% set has_ties = true %}
{% if is_running_a_model() %}
    {% set has_ties = run_query(
        'select 1 as found from ' ~ ref('int_scoring__event_measures') ~ ' as measures where ' ~ tied_condition ~ ' limit 1'
    ).rows | length > 0 %}
{% endif %}

with

tied_measures as (

    select
        measures.moment_key,
        measures.rule_key,
        {{ lead_of_moment('measures.moment_key') }} as lead_key,
        measures.last_event_at
    from {{ ref('int_scoring__event_measures') }} as measures
    where {{ tied_condition if has_ties else '1 = 0' }}

)

{%- if has_ties -%}
,

tied_events as (

    select
        tied_measures.moment_key,
        tied_measures.rule_key,
        tied_measures.last_event_at,
        events.event_hash,
        rules.value_key
    from tied_measures
    inner join {{ ref('int_facts__events') }} as events
        on
            tied_measures.lead_key = events.lead_key
            and tied_measures.last_event_at = events.occurred_at
    inner join {{ ref('int_scoring__moments') }} as moments
        on
            tied_measures.moment_key = moments.moment_key
            and events.known_at <= moments.scored_at
    inner join {{ ref('int_scoring__event_rules') }} as rules
        on
            tied_measures.rule_key = rules.rule_key
            and events.event_name_key = rules.event_name_key
            and rules.value_key = case rules.property_name
                {%- for property in properties %}
                when {{ text_literal(property.name) }} then events.{{ property.alias }}_key
                {%- endfor %}
            end
    where
        events.reason is null
        and rules.role = 'match'
        and {{ days_from_now_holds('rules', 'moments.scored_at') }}

),

event_ids as (

    select distinct
        {{ text_hash('events.event_id') }} as event_hash,
        events.event_id
    from {{ ref('base_tracking__events') }} as events
    where {{ text_hash('events.event_id') }} in (select tied_events.event_hash from tied_events)

)

select
    tied_events.moment_key,
    tied_events.rule_key,
    -- where the raw rows are gone, the greatest key stands for the greatest id
    coalesce(
        {{ value_of_evidence(
            'max(case when event_ids.event_id is not null then '
            ~ evidence_order('event_ids.event_id', 'tied_events.value_key') ~ ' end)'
        ) }},
        max(tied_events.value_key)
    ) as value_key,
    tied_events.last_event_at as decided_at
from tied_events
left join event_ids
    on tied_events.event_hash = event_ids.event_hash
group by
    tied_events.moment_key,
    tied_events.rule_key,
    tied_events.last_event_at
{%- else %}

select
    tied_measures.moment_key,
    tied_measures.rule_key,
    cast(null as integer) as value_key,
    tied_measures.last_event_at as decided_at
from tied_measures
{%- endif %}
