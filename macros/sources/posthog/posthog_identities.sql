{#
    Which distinct id is which person, as raw identities. Each distinct id is the visitor of its events. It was
    identified when $identify, $create_alias or $merge_dangerously first named it; where no event says so, when
    the person was created.
    Args:
        persons        the persons of a batch export (a row per distinct id) or of Airbyte (a row per person,
                       with an array of distinct ids)
        events         the landed events
        identified_by  as for `posthog_leads`: distinct ids of nobody's stay unidentified
#}
{% macro posthog_identities(persons, events, identified_by=['email']) %}
{%- set person = leadscore.landed_table(persons) -%}
{%- set event = leadscore.landed_table(events) -%}
{%- set merging = "('$identify', '$create_alias', '$merge_dangerously')" -%}
with read_persons as (
    select
        {{ leadscore.landed_text(person, ['person_id', 'uuid', 'id']) }} as lead_id,
        {{ leadscore.landed_text(person, ['distinct_id']) }} as distinct_id,
        {{ leadscore.landed_text(person, ['distinct_ids']) }} as distinct_ids,
        {{ leadscore._posthog_version(person, 'person_version') }} as person_version,
        {{ leadscore._posthog_version(person, 'person_distinct_id_version') }} as mapping_version,
        {{ leadscore.landed_time(person, ['created_at']) }} as created_at,
        {{ leadscore.posthog_is_lead(person, identified_by) }} as is_lead
    from {{ person.relation }}
    where {{ leadscore.landed_row_stands(person) }}
),

named_ids as (
    select
        lead_id,
        distinct_id,
        mapping_version,
        created_at
    from read_persons
    where distinct_id is not null

    union all

    select
        read_persons.lead_id,
        {{ leadscore.regex_replaced('listed.part', "'^\"|\"$'", "''") }} as distinct_id,
        read_persons.mapping_version,
        read_persons.created_at
    from read_persons
    {{ leadscore.join_each_match('read_persons.distinct_ids', "'\"[^\"]+\"'", 'listed') }}
),

-- where an export was appended to: the newest mapping of a distinct id
numbered_ids as (
    select
        lead_id,
        distinct_id,
        created_at,
        row_number() over (
            partition by distinct_id
            order by mapping_version desc, {{ leadscore.by_bytes('lead_id') }} desc
        ) as position
    from named_ids
),

-- a row that was exported before the person told who it is does not know that it is a lead
numbered_persons as (
    select
        lead_id,
        is_lead,
        row_number() over (
            partition by lead_id
            order by person_version desc, {{ leadscore.by_bytes('distinct_id') }} desc
        ) as position
    from read_persons
),

lead_persons as (
    select lead_id
    from numbered_persons
    where position = 1 and is_lead
),

merging_events as (
    select
        {{ leadscore.landed_text(event, ['distinct_id']) }} as distinct_id,
        {{ leadscore.landed_text(event, ['properties:$.$anon_distinct_id', 'properties:$.alias']) }} as other_id,
        {{ leadscore.landed_time(event, ['timestamp']) }} as occurred_at
    from {{ event.relation }}
    where {{ leadscore.landed_text(event, ['event']) }} in {{ merging }}
),

naming_moments as (
    select
        distinct_id,
        occurred_at
    from merging_events

    union all

    select
        other_id as distinct_id,
        occurred_at
    from merging_events
),

first_moments as (
    select
        distinct_id,
        min(occurred_at) as identified_at
    from naming_moments
    where distinct_id is not null
    group by 1
)

select
    numbered_ids.distinct_id as anonymous_id,
    numbered_ids.lead_id,
    coalesce(first_moments.identified_at, numbered_ids.created_at) as identified_at
from numbered_ids
inner join lead_persons on numbered_ids.lead_id = lead_persons.lead_id
left join first_moments on numbered_ids.distinct_id = first_moments.distinct_id
where numbered_ids.position = 1
{% endmacro %}
