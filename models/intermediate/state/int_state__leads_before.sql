-- depends_on: {{ ref('int_state__touched_leads') }}
-- The leads as the last run that looked found them, for the next one to compare with.
select
    lead_key,
    lead_hash
from {{ ref('int_facts__leads') }}
