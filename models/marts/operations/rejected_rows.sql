-- depends_on: {{ ref('int_policy__gate') }}
-- Every row that is not staged, so that nothing is lost silently.
with rejected_leads as (
    select
        lead_id as row_id,
        reason,
        row_json
    from {{ ref('int_identity__judged_leads') }}
    where reason is not null
),

rejected_events as (
    select
        refused_event_id as row_id,
        reason,
        refused_row as row_json
    from {{ ref('int_facts__events') }}
    where reason is not null
),

rejected_outcomes as (
    select
        named_lead_id as row_id,
        reason,
        row_json
    from {{ ref('int_identity__judged_outcomes') }}
    where reason is not null
),

rejected_identities as (
    select
        coalesce(anonymous_id, merged_lead_id) as row_id,
        reason,
        row_json
    from {{ ref('int_identity__judged_identities') }}
    where reason is not null
)

select
    'leads' as source_name,
    row_id,
    reason,
    row_json as {{ adapter.quote('row') }}
from rejected_leads

union all

select
    'events' as source_name,
    row_id,
    reason,
    row_json as {{ adapter.quote('row') }}
from rejected_events

union all

select
    'outcomes' as source_name,
    row_id,
    reason,
    row_json as {{ adapter.quote('row') }}
from rejected_outcomes

union all

select
    'identities' as source_name,
    row_id,
    reason,
    row_json as {{ adapter.quote('row') }}
from rejected_identities
