{#
    Salesforce's leads as raw leads: a row per Lead that is not deleted. A converted one stays, so that it
    is known what its score was.
    Columns: lead_id, account_id, email, email_domain, the attributes, created_at, updated_at.
    Args:
        leads            the landed Lead
        attributes       a dict of the column to make to the field of Lead, or a list of fields; custom
                         fields as the loader writes them, with or without `__`
        account_columns  the fields that may say which company it is, the first known counts
#}
{% macro salesforce_leads(leads, attributes=none, account_columns=['converted_account_id']) %}
{%- set lead = leadscore.landed_table(leads) -%}
{%- set usual = {
    'title': 'title',
    'company': 'company',
    'industry': 'industry',
    'country': 'country',
    'employees': 'number_of_employees',
    'annual_revenue': 'annual_revenue',
    'lead_source': 'lead_source',
    'lead_status': 'status',
    'opted_out': 'has_opted_out_of_email',
} -%}
{%- set extras = leadscore.landed_extras(
    lead, attributes if attributes is not none else usual, is_given=attributes is not none
) -%}
with standing_leads as (
    select
        -- ids
        {{ leadscore.landed_text(lead, ['id']) }} as lead_id,
        {{ leadscore.landed_text(lead, account_columns) }} as account_id,

        -- text
        {{ leadscore.landed_text(lead, ['email']) }} as email,
        {%- for extra in extras %}
        {{ extra.text }} as {{ extra.alias }},
        {%- endfor %}

        -- times
        {{ leadscore.landed_time(lead, ['created_date']) }} as created_at,
        {{ leadscore.landed_time(lead, ['system_modstamp', 'last_modified_date']) }} as updated_at
    from {{ lead.relation }}
    where {{ leadscore.landed_row_stands(lead) }}
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
from standing_leads
{% endmacro %}
