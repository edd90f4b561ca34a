-- Leads that moved up into a band with an action that is due within hours: a run adds its rows, and none takes any
-- away. A hand-off that a run could not add before it died is still in int_operations__lead_bands, and is added now.
{{ config(
    materialized=stateful(),
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

with handed_off as (
    {% if has_stored_rows() %}
    select hand_off_id
    from {{ this }}
    {% else %}
    select cast(null as {{ dbt.type_string() }}) as hand_off_id
    where false
    {% endif %}
)

select
    leads.hand_off_id,
    leads.scorecard_id,
    leads.lead_id,
    leads.account_id,
    leads.from_band,
    leads.to_band,
    leads.score,
    leads.top_reasons,
    leads.recommended_action,
    leads.action_sla_hours,
    leads.action_team,
    leads.handed_off_at,
    leads.due_at
from {{ ref('int_operations__lead_bands') }} as leads
left join handed_off on leads.hand_off_id = handed_off.hand_off_id
where
    leads.hand_off_id is not null
    and handed_off.hand_off_id is null
