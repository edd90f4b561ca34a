-- depends_on: {{ ref('int_state__run') }}
-- Ids and visitors that stand for another lead than when the last run looked, from another moment on, or for none.
{% set plan = run_state() %}
{% set columns = ['owner_key', 'owner_name', 'lead_key', 'known_from', 'span_from', 'span_to'] %}

{% if plan.is_full -%}
select
    owners.owner_key,
    owners.owner_name,
    owners.lead_key
from {{ ref('int_identity__owners') }} as owners
where 1 = 0
{%- else -%}
with

owners as (

    select {{ columns | join(', ') }}
    from {{ ref('int_identity__owners') }}

),

owners_before as (

    select {{ columns | join(', ') }}
    from {{ state_relation('int_state__owners_before') }}

),

changed_spans as (

    (select * from owners except select * from owners_before)
    union all
    (select * from owners_before except select * from owners)

)

select distinct
    changed_spans.owner_key,
    changed_spans.owner_name,
    changed_spans.lead_key
from changed_spans
{%- endif %}
