-- The live result of every scorecard, live or draft, as the marts show it.
{{ config(materialized='view') }}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}

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
{% if mart_columns %}
left join {{ ref('stg_crm__leads') }} as staged_leads
    on leads.lead_id = staged_leads.lead_id
{% endif %}
