-- The live result of every scorecard, live or draft, as the marts show it.
{{ config(materialized='view') }}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set exploring = exploration(var('exploration_share')) %}
{% set exploration_bands = var('exploration_bands') %}

select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    leads.lead_id,
    leads.account_id,
    scores.score_status,
    scores.score,
    scores.fit_score,
    scores.engagement_score,
    scores.band,
    scores.fit_band,
    scores.engagement_band,
    scores.grade,
    cast(ranks.score_rank as bigint) as score_rank,
    ranks.score_percentile,
    scores.score_change,
    actions.action as recommended_action,
    actions.sla_hours as action_sla_hours,
    actions.team as action_team,
    scores.top_reasons,
    scores.top_drags,
    scores.disqualified_by,
    scores.criteria_met,
    scores.data_coverage,
    scores.first_event_at,
    scores.last_event_at,
    scores.latest_outcome,
    probabilities.probability as conversion_probability,
    probabilities.probability_low as conversion_probability_low,
    probabilities.probability_high as conversion_probability_high,
    {%- if exploring.is_on %}
    scores.score_status <> 'disqualified'
    and not scores.is_converted
    and {{ is_explored_band('scores.band', 'lowest_bands.band', exploration_bands) }}
    and {{ is_marked('scorecards.scorecard_id', 'leads.lead_id', exploring.marked) }} as is_exploration,
    {%- else %}
    false as is_exploration,
    {%- endif %}
    scorecards.policy_version,
    this_run.as_of as scored_at{% for column in mart_columns %},
    staged_leads.{{ column.alias }}
    {%- endfor %}
from {{ ref('int_scoring__results') }} as scores
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on scores.scorecard_key = scorecards.scorecard_key
inner join {{ ref('int_facts__leads') }} as leads
    on scores.lead_key = leads.lead_key
cross join {{ ref('int_state__run') }} as this_run
left join {{ ref('int_scoring__ranks') }} as ranks
    on
        scores.scorecard_key = ranks.scorecard_key
        and scores.lead_key = ranks.lead_key
left join {{ ref('int_scoring__actions') }} as actions
    on
        scores.scorecard_key = actions.scorecard_key
        and scores.score_status = actions.score_status
        and scores.band is not distinct from actions.band
        and scores.fit_band is not distinct from actions.fit_band
        and scores.engagement_band is not distinct from actions.engagement_band
        and not scores.is_converted
left join {{ ref('int_performance__probabilities') }} as probabilities
    on
        scores.scorecard_key = probabilities.scorecard_key
        and scores.score = probabilities.score
        and scores.score_status = 'scored'
        and not scores.is_converted
left join {{ ref('int_performance__lowest_bands') }} as lowest_bands
    on scores.scorecard_key = lowest_bands.scorecard_key
{% if mart_columns %}
left join {{ ref('stg_crm__leads') }} as staged_leads
    on leads.lead_id = staged_leads.lead_id
{% endif %}
