{{ config(materialized='view') }}
-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_state__touched_leads') }}
-- The leads that this run scores, at each moment of theirs. The moment is data: a further set of moments needs rows
-- here, a number in the macro moment_sets, and no other SQL.
{% set plan = run_state() %}
{% set as_of = scoring_moment(var('as_of')) %}
{% set moments = {
    'live': as_of,
    'trend': days_later(as_of, '-' ~ var('trend_days')),
} %}
{% if is_backtested(var('backtest'), var('has_outcomes')) %}
{% do moments.update({'backtest': 'leads.backtest_at'}) %}
{% endif %}

with

{% if not plan.measures_all -%}
queued_leads as (

    select
        queue.lead_key,
        max(case when queue.is_measured then 1 else 0 end) = 1 as is_measured
    from {{ ref('int_state__touched_leads') }} as queue
    group by queue.lead_key

),

{% endif -%}
lead_moments as (

    {% for moment_set, scored_at in moments.items() -%}
    select
        {{ moment_key_of('leads.lead_key', moment_set) }} as moment_key,
        '{{ moment_set }}' as moment_set,
        leads.lead_key,
        leads.created_at,
        {{ scored_at }} as scored_at
    from {{ ref('int_facts__leads') }} as leads
    {%- if not loop.last %}

    union all

    {% endif %}
    {%- endfor %}

)

select
    lead_moments.moment_key,
    lead_moments.moment_set,
    lead_moments.lead_key,
    lead_moments.scored_at,
    {{ 'true' if plan.measures_all else 'queued_leads.is_measured' }} as is_measured
from lead_moments
{%- if not plan.measures_all %}
inner join queued_leads
    on lead_moments.lead_key = queued_leads.lead_key
{%- endif %}
where
    (lead_moments.created_at is null or lead_moments.created_at <= lead_moments.scored_at)
    and lead_moments.scored_at <= {{ as_of }}
