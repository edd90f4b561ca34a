{{ config(materialized=stateful(), incremental_strategy='arrived_events', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__touched_leads') }}
-- depends_on: {{ ref('int_facts__arrived_events') }}
-- depends_on: {{ ref('int_facts__judged_events') }}
-- The narrow events: whole numbers and times, no policy. A change of policy reads these and never the raw text.
-- Refused rows stand here too, with the reason, and with their text.
{% set plan = run_state() %}
{% set columns = event_fact_columns(declared_properties(var('event_properties'))) %}

select
    {{ columns | join(',\n    ') }}
from {{ ref('int_facts__judged_events') if plan.is_full else ref('int_facts__arrived_events') }}
