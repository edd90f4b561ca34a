-- The whole numbers by which the wide joins know a lead.
select
    cast(row_number() over (order by {{ by_bytes('leads.lead_id') }}) as integer) as lead_key,
    leads.lead_id,
    leads.account_id,
    leads.created_at
from {{ ref('stg_crm__leads') }} as leads
