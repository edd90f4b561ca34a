-- What other systems need to know of each lead, and a hash that changes only when they need to hear of it again.
{{ config(materialized=mart_view()) }}
{% set has_email = 'email' in declared_mart_columns(var('lead_columns_in_mart')) | map(attribute='column') %}

with

ranked_hand_offs as (
    select
        scorecard_id,
        lead_id,
        to_band,
        due_at,
        row_number() over (
            partition by scorecard_id, lead_id
            order by handed_off_at desc, hand_off_id asc
        ) as recency
    from {{ ref('hand_offs') }}
),

live_leads as (
    select
        leads.scorecard_id,
        leads.lead_id,
        leads.account_id,
        {% if has_email -%}
        leads.{{ adapter.quote('email') }} as email,
        {%- else -%}
        cast(null as {{ dbt.type_string() }}) as email,
        {%- endif %}
        leads.score_status,
        leads.score,
        leads.fit_score,
        leads.engagement_score,
        leads.band,
        leads.grade,
        leads.recommended_action,
        leads.action_sla_hours,
        leads.action_team,
        leads.top_reasons,
        leads.top_drags,
        leads.disqualified_by,
        case when leads.action_sla_hours is not null then hand_offs.due_at end as action_due_at,
        leads.scored_at
    from {{ ref('scored_leads') }} as leads
    left join ranked_hand_offs as hand_offs
        on
            leads.scorecard_id = hand_offs.scorecard_id
            and leads.lead_id = hand_offs.lead_id
            and leads.band = hand_offs.to_band
            and hand_offs.recency = 1
)

select
    {{ dbt.hash(fingerprint(['scorecard_id', 'lead_id'])) }} as sync_id,
    scorecard_id,
    lead_id,
    account_id,
    email,
    score_status,
    score,
    fit_score,
    engagement_score,
    band,
    grade,
    recommended_action,
    action_sla_hours,
    action_team,
    top_reasons,
    top_drags,
    disqualified_by,
    action_due_at,
    {{ dbt.hash(fingerprint([
        'account_id',
        'email',
        'score_status',
        plain_number('score'),
        plain_number('fit_score'),
        plain_number('engagement_score'),
        'band',
        'grade',
        'recommended_action',
        'action_sla_hours',
        'action_team',
        'top_reasons',
        'top_drags',
        'disqualified_by',
        'action_due_at',
    ])) }} as row_hash,
    scored_at
from live_leads
