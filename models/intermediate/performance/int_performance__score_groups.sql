-- The histogram that the statistics are worked out from: how many leads, and how many of them converted, have a score
-- and belong to a group of the jackknife. Its size does not grow with the leads.
{% set exploring = exploration(var('exploration_share')) %}

select
    leads.scorecard_id,
    'plain' as weighting,
    leads.score,
    leads.group_number,
    cast(count(*) as bigint) as leads,
    cast(sum(case when leads.is_converted then 1 else 0 end) as bigint) as conversions
from {{ ref('int_performance__leads') }} as leads
group by leads.scorecard_id, leads.score, leads.group_number
{%- if exploring.is_on %}

union all

select
    leads.scorecard_id,
    'weighted' as weighting,
    leads.score,
    leads.group_number,
    cast(sum(leads.weight) as bigint) as leads,
    cast(sum(case when leads.is_converted then leads.weight else 0 end) as bigint) as conversions
from {{ ref('int_performance__leads') }} as leads
where leads.weight > 0
group by leads.scorecard_id, leads.score, leads.group_number
{%- endif %}
