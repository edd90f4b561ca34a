-- depends_on: {{ ref('int_facts__events') }}
-- Whose events they were by the last run that looked, for the next one to compare with.
select
    owner_key,
    owner_name,
    lead_key,
    known_from,
    span_from,
    span_to
from {{ ref('int_identity__owners') }}
