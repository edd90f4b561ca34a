-- known_at is the only filter by which a score for an earlier moment leaves out what was not known then.
select
    'events' as source_name,
    cast(lead_key as {{ dbt.type_string() }}) as lead_id,
    occurred_at,
    known_at
from {{ ref('int_facts__events') }}
where known_at < occurred_at

union all

select
    'outcomes' as source_name,
    lead_id,
    occurred_at,
    known_at
from {{ ref('stg_crm__outcomes') }}
where known_at < occurred_at
