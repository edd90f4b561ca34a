{#
    HubSpot's contacts as raw leads: a row per contact that is not deleted.
    Columns: lead_id, account_id, email, email_domain, the attributes, created_at, updated_at.
    Args:
        contacts    Fivetran's `contact` or Airbyte's `contacts`
        attributes  a dict of the column to make to the contact's property, or a list of properties
#}
{% macro hubspot_leads(contacts, attributes=none) %}
{%- set contact = leadscore.landed_table(contacts) -%}
{%- set usual = {
    'title': 'jobtitle',
    'company': 'company',
    'industry': 'industry',
    'country': 'country',
    'employees': 'numemployees',
    'annual_revenue': 'annualrevenue',
    'lead_source': 'hs_analytics_source',
    'lifecycle_stage': 'lifecyclestage',
    'opted_out': 'hs_email_optout',
} -%}
{%- set extras = leadscore.landed_extras(
    contact, attributes if attributes is not none else usual, leadscore.hubspot_prefixes(), attributes is not none
) -%}
with standing_contacts as (
    select
        -- ids
        {{ leadscore.landed_text(contact, ['id', 'vid', 'contact_id']) }} as lead_id,
        {{ leadscore.landed_text(contact, leadscore.hubspot_places('associatedcompanyid')) }} as account_id,

        -- text
        {{ leadscore.landed_text(contact, leadscore.hubspot_places('email')) }} as email,
        {%- for extra in extras %}
        {{ extra.text }} as {{ extra.alias }},
        {%- endfor %}

        -- times
        {{ leadscore.landed_time(contact, leadscore.hubspot_places('createdate') + ['createdat']) }} as created_at,
        {{ leadscore.landed_time(contact, leadscore.hubspot_places('lastmodifieddate') + ['updatedat', '_fivetran_synced', '_airbyte_extracted_at']) }} as updated_at
    from {{ contact.relation }}
    where {{ leadscore.landed_row_stands(contact) }}
)

select
    lead_id,
    account_id,
    email,
    {{ leadscore.email_domain('email') }} as email_domain,
    {%- for extra in extras %}
    {{ extra.alias }},
    {%- endfor %}
    created_at,
    updated_at
from standing_contacts
{% endmacro %}


{# What the loaders put before the name of a property of HubSpot: Fivetran, Airbyte, Airbyte's JSON column. #}
{% macro hubspot_prefixes() %}
    {{ return(['property_', 'properties_', 'properties:$.']) }}
{% endmacro %}

{# The columns that may hold a property of HubSpot. Args: property, its name in HubSpot. #}
{% macro hubspot_places(property) %}
    {% set places = [] %}
    {% for prefix in leadscore.hubspot_prefixes() %}{% do places.append(prefix ~ property) %}{% endfor %}
    {{ return(places) }}
{% endmacro %}
