{{ config(
    post_hook="{{ leadscore.reader_access(this.schema, var('reader_roles', []), var('schema_suffix', '')) }}"
) }}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}

select
    leads.scorecard_id,
    leads.lead_id,
    leads.account_id,
    leads.score_status,
    leads.score,
    leads.fit_score,
    leads.engagement_score,
    leads.band,
    leads.fit_band,
    leads.engagement_band,
    leads.grade,
    leads.score_rank,
    leads.score_percentile,
    leads.score_change,
    leads.recommended_action,
    leads.action_sla_hours,
    leads.action_team,
    leads.top_reasons,
    leads.top_drags,
    leads.disqualified_by,
    leads.criteria_met,
    leads.data_coverage,
    leads.first_event_at,
    leads.last_event_at,
    leads.latest_outcome,
    leads.conversion_probability,
    leads.conversion_probability_low,
    leads.conversion_probability_high,
    leads.is_exploration,
    leads.policy_version,
    leads.scored_at{% for column in mart_columns %},
    leads.{{ column.alias }} as {{ adapter.quote(("lead_" if column.column in model.columns else "") ~ column.column) }}
    {%- endfor %}
from {{ ref('int_scoring__scored_leads') }} as leads
where leads.scorecard_status = 'live'
