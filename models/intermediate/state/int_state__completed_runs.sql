{{ config(materialized=stateful(), incremental_strategy='append', on_schema_change='append_new_columns') }}
{%- for model_name in [
    'int_state__run', 'int_state__owners_before', 'int_state__leads_before', 'int_state__outcomes_before',
    'scored_leads', 'scored_leads_draft', 'lead_score_contributions', 'lead_score_contributions_draft',
    'scored_accounts', 'backtest_scores', 'rejected_rows', 'run_audit',
] %}
-- depends_on: {{ ref(model_name) }}
{%- endfor %}
-- The runs that came to their end; the next one builds on the last of them. The last model of all.
{% set started_at = run_start() %}

select
    this_run.run_number,
    this_run.as_of,
    this_run.trend_at,
    this_run.policy_fingerprint,
    {{ text_literal(settings_signature()) }} as settings_signature,
    -- a load time in the future would hide all that arrives until then
    max(case
        when
            events.has_load_time
            and events.loaded_at <= this_run.as_of
            and events.loaded_at <= {{ scoring_moment(started_at) }}
            then events.loaded_at
    end) as loaded_until
from {{ ref('int_state__run') }} as this_run
left join {{ ref('int_facts__events') }} as events
    on 1 = 1
group by 1, 2, 3, 4, 5
