-- depends_on: {{ ref('int_state__touched_leads') }}
-- The outcomes as the last run that looked found them, for the next one to compare with.
select
    lead_key,
    outcome,
    occurred_at,
    known_at
from {{ ref('int_facts__outcomes') }}
