{#
    PostHog's persons as raw leads: a row per person who told who it is.
    Columns: lead_id (the person's id), account_id, email, email_domain, the attributes, created_at, updated_at.
    Args:
        persons             the persons of a batch export (a row per distinct id) or of Airbyte (a row per person)
        attributes          a dict of the column to make to the person's property, or a list of properties
        account_properties  the properties that may say which company it is, the first known counts
        identified_by       a person is a lead when one of these properties is known; empty: every person is
#}
{% macro posthog_leads(persons, attributes=none, account_properties=['company_id', 'organization_id'], identified_by=['email']) %}
{%- set person = leadscore.landed_table(persons) -%}
{%- set usual = {
    'title': 'title',
    'company': 'company',
    'industry': 'industry',
    'country': '$initial_geoip_country_name',
    'employees': 'employees',
    'campaign': '$initial_utm_campaign',
} -%}
{%- set wanted = attributes if attributes is not none else usual -%}
{%- set extras = leadscore.landed_extras(person, wanted, ['properties:$.'], attributes is not none) -%}
with read_persons as (
    select
        {{ leadscore.landed_text(person, ['person_id', 'uuid', 'id']) }} as lead_id,
        {{ leadscore.landed_text(person, leadscore.posthog_places(account_properties)) }} as account_id,
        {{ leadscore.landed_text(person, ['properties:$.email']) }} as email,
        {%- for extra in extras %}
        {{ extra.text }} as {{ extra.alias }},
        {%- endfor %}
        {{ leadscore.landed_time(person, ['created_at']) }} as created_at,
        {{ leadscore._posthog_version(person, 'person_version') }} as person_version,
        {{ leadscore._posthog_version(person, 'person_distinct_id_version') }} as mapping_version,
        {{ leadscore.landed_text(person, ['distinct_id']) }} as distinct_id,
        {{ leadscore.posthog_is_lead(person, identified_by) }} as is_lead
    from {{ person.relation }}
    where {{ leadscore.landed_row_stands(person) }}
),

-- where an export was appended to: the newest person of a distinct id
numbered_mappings as (
    select
        lead_id,
        account_id,
        email,
        {%- for extra in extras %}
        {{ extra.alias }},
        {%- endfor %}
        created_at,
        person_version,
        distinct_id,
        is_lead,
        row_number() over (
            partition by coalesce(distinct_id, lead_id)
            order by mapping_version desc, {{ leadscore.by_bytes('lead_id') }} desc
        ) as mapping_position
    from read_persons
),

-- a person has a row per distinct id, some of them exported before the person's properties changed
numbered_persons as (
    select
        lead_id,
        account_id,
        email,
        {%- for extra in extras %}
        {{ extra.alias }},
        {%- endfor %}
        is_lead,
        min(created_at) over (partition by lead_id) as first_created_at,
        row_number() over (
            partition by lead_id
            order by person_version desc, {{ leadscore.by_bytes('distinct_id') }} desc
        ) as person_position
    from numbered_mappings
    where mapping_position = 1
)

select
    lead_id,
    account_id,
    email,
    {{ leadscore.email_domain('email') }} as email_domain,
    {%- for extra in extras %}
    {{ extra.alias }},
    {%- endfor %}
    first_created_at as created_at
from numbered_persons
where person_position = 1 and is_lead
{% endmacro %}


{# The places of several properties in PostHog's JSON column. #}
{% macro posthog_places(names) %}
    {% set places = [] %}
    {% for name in names %}{% do places.append('properties:$.' ~ name) %}{% endfor %}
    {{ return(places) }}
{% endmacro %}

{# SQL of whether a row of persons is a lead. Args: person, what `landed_table` returned; identified_by, as above. #}
{% macro posthog_is_lead(person, identified_by) -%}
    {%- if identified_by -%}
    {{ leadscore.landed_text(person, leadscore.posthog_places(identified_by)) }} is not null
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}

{# A version of PostHog as a number; 0 where the table has none. #}
{% macro _posthog_version(person, name) -%}
    coalesce({{ leadscore.parsed_number(leadscore.landed_text(person, [name])) }}, 0)
{%- endmacro %}
