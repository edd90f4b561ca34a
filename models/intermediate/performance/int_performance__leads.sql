-- The leads of the back-test that count, with what performance is measured by.
{% set exploring = exploration(var('exploration_share')) %}
{% set exploration_bands = var('exploration_bands') %}

with

counting_leads as (

    select
        scores.scorecard_id,
        scores.lead_id,
        scores.score_status,
        scores.score,
        scores.band,
        scores.fit_band,
        scores.engagement_band,
        scores.is_converted,
        scores.amount
    from {{ ref('backtest_scores') }} as scores
    where scores.exclusion_reason is null

)

select
    scorecards.scorecard_key,
    counting_leads.scorecard_id,
    leads.lead_key,
    counting_leads.lead_id,
    counting_leads.score_status,
    counting_leads.score,
    counting_leads.band,
    counting_leads.fit_band,
    counting_leads.engagement_band,
    counting_leads.is_converted,
    counting_leads.amount,
    {{ jackknife_group('counting_leads.lead_id') }} as group_number,
    -- the inverse of the chance that the lead was worked, in whole numbers
    cast(
        {%- if exploring.is_on %}
        case
            when counting_leads.score_status = 'disqualified' then 0
            when
                not {{ is_explored_band('counting_leads.band', 'lowest_bands.band', exploration_bands) }}
                then {{ exploring.worked_weight }}
            when
                {{ is_marked('counting_leads.scorecard_id', 'counting_leads.lead_id', exploring.marked) }}
                then {{ exploring.explored_weight }}
            else 0
        end
        {%- else %}
        1
        {%- endif %}
        as integer
    ) as weight
from counting_leads
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on counting_leads.scorecard_id = scorecards.scorecard_id
inner join {{ ref('int_facts__leads') }} as leads
    on counting_leads.lead_id = leads.lead_id
left join {{ ref('int_performance__lowest_bands') }} as lowest_bands
    on scorecards.scorecard_key = lowest_bands.scorecard_key
