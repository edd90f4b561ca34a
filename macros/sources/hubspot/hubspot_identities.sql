{#
    Who a mail address is, and which contacts were merged, as raw identities.
    An address, in lower case, is the visitor of `hubspot_events`: it is the contact's from the creation of
    the contact on. Merges come from the property hs_calculated_merged_vids, and from the table of merges.
    Args:
        contacts       Fivetran's `contact` or Airbyte's `contacts`
        contact_merges Fivetran's `contact_merge_audit` or Airbyte's `contacts_merged_audit`, if you have it
#}
{% macro hubspot_identities(contacts, contact_merges=none) %}
{%- set contact = leadscore.landed_table(contacts) -%}
with standing_contacts as (
    select
        {{ leadscore.landed_text(contact, ['id', 'vid', 'contact_id']) }} as lead_id,
        lower({{ leadscore.landed_text(contact, leadscore.hubspot_places('email')) }}) as email,
        lower({{ leadscore.landed_text(contact, leadscore.hubspot_places('hs_additional_emails')) }}) as more_emails,
        {{ leadscore.landed_text(contact, leadscore.hubspot_places('hs_calculated_merged_vids')) }} as merges,
        {{ leadscore.landed_time(contact, leadscore.hubspot_places('createdate') + ['createdat']) }} as created_at
    from {{ contact.relation }}
    where {{ leadscore.landed_row_stands(contact) }}
),

first_addresses as (
    select
        email as anonymous_id,
        cast(null as {{ dbt.type_string() }}) as merged_lead_id,
        lead_id,
        created_at as identified_at
    from standing_contacts
    where email is not null
),

-- several addresses are separated by semicolons
further_addresses as (
    select
        address.part as anonymous_id,
        cast(null as {{ dbt.type_string() }}) as merged_lead_id,
        standing_contacts.lead_id,
        standing_contacts.created_at as identified_at
    from standing_contacts
    {{ leadscore.join_each_match('standing_contacts.more_emails', "'[^; ]+'", 'address') }}
),

-- 101:1700000000000;102:1710000000000 are two contacts and when each was merged into this one
noted_merges as (
    select
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        {{ leadscore.regex_replaced('merge.part', "':.*$'", "''") }} as merged_lead_id,
        standing_contacts.lead_id,
        {{ leadscore.time_of_milliseconds(leadscore.regex_replaced('merge.part', "'^.*:'", "''")) }} as identified_at
    from standing_contacts
    {{ leadscore.join_each_match('standing_contacts.merges', "'[0-9]+:[0-9]+'", 'merge') }}
)
{%- set parts = ['first_addresses', 'further_addresses', 'noted_merges'] -%}
{%- if contact_merges is not none -%}
{%- set audit = leadscore.landed_table(contact_merges) -%}
{%- do parts.append('audited_merges') -%}
,

audited_merges as (
    select
        cast(null as {{ dbt.type_string() }}) as anonymous_id,
        {{ leadscore.landed_text(audit, ['vid_to_merge']) }} as merged_lead_id,
        {{ leadscore.landed_text(audit, ['canonical_vid', 'contact_id']) }} as lead_id,
        {{ leadscore.landed_time(audit, ['timestamp']) }} as identified_at
    from {{ audit.relation }}
    where {{ leadscore.landed_row_stands(audit) }}
)
{%- endif %}
{{ leadscore.union_of(parts, ['anonymous_id', 'merged_lead_id', 'lead_id', 'identified_at']) }}
{% endmacro %}
