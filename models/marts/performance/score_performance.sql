{% set statistics = [
    ('auc', 'auc', 'plain'),
    ('ks', 'ks', 'plain'),
    ('lift_10', 'lift_10', 'plain'),
    ('lift_20', 'lift_20', 'plain'),
    ('brier', 'brier', 'plain'),
    ('auc_weighted', 'auc', 'weighted'),
    ('lift_20_weighted', 'lift_20', 'weighted'),
] %}

with

-- leads with a moment in the back-test, by what became of them
score_counts as (

    select
        scores.scorecard_id,
        count(*) as leads_scored,
        sum(case when scores.exclusion_reason = 'converted_before' then 1 else 0 end) as leads_converted_before,
        sum(case when scores.exclusion_reason = 'window_open' then 1 else 0 end) as leads_window_open,
        sum(case when scores.exclusion_reason is null then 1 else 0 end) as leads,
        sum(case when scores.exclusion_reason is null and scores.is_converted then 1 else 0 end) as conversions
    from {{ ref('backtest_scores') }} as scores
    group by scores.scorecard_id

),

-- leads of the audience that have none, such as those without a time of creation
unscored_counts as (

    select
        results.scorecard_key,
        count(*) as leads_without_moment
    from {{ ref('int_scoring__results') }} as results
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on results.scorecard_key = scorecards.scorecard_key
    inner join {{ ref('int_facts__leads') }} as leads
        on results.lead_key = leads.lead_key
    left join {{ ref('backtest_scores') }} as scores
        on
            scorecards.scorecard_id = scores.scorecard_id
            and leads.lead_id = scores.lead_id
    where scores.lead_id is null
    group by results.scorecard_key

),

statistics as (

    select
        {%- for name, statistic, weighting in statistics %}
        {%- for kind, source in [('', 'statistic_value'), ('_low', 'low'), ('_high', 'high')] %}
        max(
            case
                when all_statistics.statistic = '{{ statistic }}' and all_statistics.weighting = '{{ weighting }}'
                    then all_statistics.{{ source }}
            end
        ) as {{ name }}{{ kind }},
        {%- endfor %}
        {%- endfor %}
        all_statistics.scorecard_id
    from {{ ref('int_performance__statistics') }} as all_statistics
    group by all_statistics.scorecard_id

),

scorecard_counts as (

    select
        scorecards.scorecard_id,
        scorecards.status as scorecard_status,
        scorecards.policy_version,
        coalesce(score_counts.leads_scored, 0) as leads_scored,
        coalesce(unscored_counts.leads_without_moment, 0) as leads_without_moment,
        coalesce(score_counts.leads_converted_before, 0) as leads_converted_before,
        coalesce(score_counts.leads_window_open, 0) as leads_window_open,
        coalesce(score_counts.leads, 0) as leads,
        coalesce(score_counts.conversions, 0) as conversions
    from {{ ref('int_policy__scorecards') }} as scorecards
    left join score_counts
        on scorecards.scorecard_id = score_counts.scorecard_id
    left join unscored_counts
        on scorecards.scorecard_key = unscored_counts.scorecard_key

)

select
    scorecard_counts.scorecard_id,
    scorecard_counts.scorecard_status,
    cast(scorecard_counts.leads_scored as bigint) as leads_scored,
    cast(scorecard_counts.leads_without_moment as bigint) as leads_without_moment,
    cast(scorecard_counts.leads_converted_before as bigint) as leads_converted_before,
    cast(scorecard_counts.leads_window_open as bigint) as leads_window_open,
    cast(scorecard_counts.leads as bigint) as leads,
    cast(scorecard_counts.conversions as bigint) as conversions,
    cast(
        case
            when scorecard_counts.leads > 0
                then {{ rounded_ratio('scorecard_counts.conversions', 'nullif(scorecard_counts.leads, 0)', 6) }}
        end as decimal(38, 6)
    ) as conversion_rate,
    {%- for side in ['low', 'high'] %}
    cast(
        case
            when scorecard_counts.leads > 0
                then {{ wilson_bound('scorecard_counts.conversions', 'scorecard_counts.leads', side) }}
        end as decimal(38, 6)
    ) as conversion_rate_{{ side }},
    {%- endfor %}
    {%- for name, statistic, weighting in statistics %}
    {%- for kind in ['', '_low', '_high'] %}
    cast(statistics.{{ name }}{{ kind }} as decimal(38, 6)) as {{ name }}{{ kind }},
    {%- endfor %}
    {%- endfor %}
    scorecard_counts.policy_version
from scorecard_counts
left join statistics
    on scorecard_counts.scorecard_id = statistics.scorecard_id
