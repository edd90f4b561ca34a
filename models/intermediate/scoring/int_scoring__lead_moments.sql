{{ config(materialized='view') }}
-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_state__touched_leads') }}
-- The leads that this run scores, at each moment of theirs. The moment is data: a further set of moments needs rows
-- here and no other SQL.
{% set plan = run_state() %}

with

moment_sets as (

    select
        'live' as moment_set,
        0 as set_number,
        {{ scoring_moment(var('as_of')) }} as scored_at

    union all

    select
        'trend' as moment_set,
        1 as set_number,
        {{ days_later(scoring_moment(var('as_of')), '-' ~ var('trend_days')) }} as scored_at

)

{%- if not plan.measures_all -%}
,

queued_leads as (

    select
        queue.lead_key,
        max(case when queue.is_measured then 1 else 0 end) = 1 as is_measured
    from {{ ref('int_state__touched_leads') }} as queue
    group by queue.lead_key

)
{%- endif %}

select
    leads.lead_key * 2 + moment_sets.set_number as moment_key,
    moment_sets.moment_set,
    leads.lead_key,
    moment_sets.scored_at,
    {{ 'true' if plan.measures_all else 'queued_leads.is_measured' }} as is_measured
from {{ ref('int_facts__leads') }} as leads
cross join moment_sets
{%- if not plan.measures_all %}
inner join queued_leads
    on leads.lead_key = queued_leads.lead_key
{%- endif %}
where leads.created_at is null or leads.created_at <= moment_sets.scored_at
