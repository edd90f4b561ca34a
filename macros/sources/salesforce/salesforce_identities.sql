{#
    Merged and converted leads of Salesforce, as raw identities.
    A lead that lost a merge is deleted and names the one that was kept in MasterRecordId. The contact that a
    lead was converted to is the lead's from the day of the conversion on, so that what it does then counts.
    Args: leads, the landed Lead, with its deleted rows.
#}
{% macro salesforce_identities(leads) %}
{%- set lead = leadscore.landed_table(leads) -%}
with newest_leads as (
    select
        {{ leadscore.landed_text(lead, ['id']) }} as lead_id,
        {{ leadscore.landed_text(lead, ['master_record_id']) }} as master_record_id,
        {{ leadscore.landed_text(lead, ['converted_contact_id']) }} as converted_contact_id,
        {{ leadscore.landed_time(lead, ['converted_date']) }} as converted_at,
        {{ leadscore.landed_time(lead, ['system_modstamp', 'last_modified_date']) }} as modified_at,
        {{ leadscore.landed_row_stands(lead) }} as is_standing
    from {{ lead.relation }}
    where {{ leadscore._landed_version_stands(lead) }}
),

merged_leads as (
    select
        lead_id as merged_lead_id,
        master_record_id as lead_id,
        -- when the row was changed last, which was its deletion
        modified_at as identified_at
    from newest_leads
    where master_record_id is not null
),

converted_leads as (
    select
        converted_contact_id as merged_lead_id,
        lead_id,
        converted_at as identified_at
    from newest_leads
    where is_standing and converted_contact_id is not null
)
{{ leadscore.union_of(['merged_leads', 'converted_leads'], ['merged_lead_id', 'lead_id', 'identified_at']) }}
{% endmacro %}
