-- The leads that can be scored, with the whole numbers by which the wide tables know them.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set columns = ['leads.account_id', 'leads.created_at'] %}
{% for item in attributes + mart_columns %}{% do columns.append('leads.' ~ item.alias) %}{% endfor %}

select
    owners.owner_key as lead_key,
    leads.lead_id,
    leads.account_id,
    leads.created_at,
    -- differs when anything about the lead does
    {{ passing_hash(fingerprint(columns)) }} as lead_hash
from {{ ref('stg_crm__leads') }} as leads
inner join {{ ref('int_dictionary__owners') }} as owners
    on {{ owner_name('lead', 'leads.lead_id') }} = owners.owner_name
