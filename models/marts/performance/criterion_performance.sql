with

rated_criteria as (

    select
        counts.criterion_key,
        counts.scorecard_key,
        counts.leads,
        counts.conversions,
        counts.leads_met,
        counts.leads - counts.leads_met as leads_not_met,
        counts.conversions_met,
        counts.conversions - counts.conversions_met as conversions_not_met,
        case
            when counts.leads_met > 0
                then {{ wilson_bound('counts.conversions_met', 'counts.leads_met', 'low') }}
        end as rate_met_low,
        case
            when counts.leads_met > 0
                then {{ wilson_bound('counts.conversions_met', 'counts.leads_met', 'high') }}
        end as rate_met_high,
        case
            when counts.leads_met > 0
                then {{ rounded_quotient('counts.points_given', 'nullif(counts.leads_met, 0)', 2) }}
        end as average_points,
        -- the smallest of the four counts that would be expected if the criterion had nothing to do with conversions
        cast(least(counts.leads_met, counts.leads - counts.leads_met) as {{ type_whole() }})
        * least(counts.conversions, counts.leads - counts.conversions) as expected_count_times_leads
    from {{ ref('int_performance__criterion_counts') }} as counts

),

graded_criteria as (

    select
        rated_criteria.criterion_key,
        rated_criteria.scorecard_key,
        rated_criteria.leads,
        rated_criteria.conversions,
        rated_criteria.leads_met,
        rated_criteria.leads_not_met,
        rated_criteria.conversions_met,
        rated_criteria.conversions_not_met,
        rated_criteria.rate_met_low,
        rated_criteria.rate_met_high,
        rated_criteria.average_points,
        case
            when rated_criteria.leads = 0 then 'D'
            when rated_criteria.expected_count_times_leads >= 50 * rated_criteria.leads then 'A'
            when rated_criteria.expected_count_times_leads >= 20 * rated_criteria.leads then 'B'
            when rated_criteria.expected_count_times_leads >= 5 * rated_criteria.leads then 'C'
            else 'D'
        end as evidence_grade
    from rated_criteria

)

select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    criteria.criterion_id,
    criteria.name,
    criteria.dimension,
    criteria.effect,
    graded_criteria.leads_met,
    graded_criteria.leads_not_met,
    graded_criteria.conversions_met,
    graded_criteria.conversions_not_met,
    cast(
        case
            when graded_criteria.leads_met > 0
                then {{ rounded_ratio('graded_criteria.conversions_met', 'nullif(graded_criteria.leads_met, 0)', 6) }}
        end as decimal(38, 6)
    ) as rate_met,
    cast(
        case
            when graded_criteria.leads_not_met > 0
                then {{ rounded_ratio(
                    'graded_criteria.conversions_not_met', 'nullif(graded_criteria.leads_not_met, 0)', 6
                ) }}
        end as decimal(38, 6)
    ) as rate_not_met,
    cast(
        case
            when graded_criteria.leads_met > 0 and graded_criteria.conversions > 0
                then {{ rounded_ratio(
                    'graded_criteria.conversions_met * cast(graded_criteria.leads as ' ~ type_whole() ~ ')',
                    'nullif(graded_criteria.leads_met * cast(graded_criteria.conversions as ' ~ type_whole() ~ '), 0)',
                    6
                ) }}
        end as decimal(38, 6)
    ) as lift,
    {%- for side in ['low', 'high'] %}
    cast(
        case
            when graded_criteria.leads_met > 0 and graded_criteria.conversions > 0
                then {{ rounded_ratio(
                    scaled_up('graded_criteria.rate_met_' ~ side, 6) ~ ' * graded_criteria.leads',
                    '(1000000 * nullif(graded_criteria.conversions, 0))',
                    6
                ) }}
        end as decimal(38, 6)
    ) as lift_{{ side }},
    {%- endfor %}
    evidence.weight_of_evidence_met,
    evidence.weight_of_evidence_not_met,
    evidence.information_value,
    cast(case when criteria.effect <> 'disqualify' then criteria.points end as decimal(38, 2)) as points_now,
    cast(case when criteria.effect <> 'disqualify' then graded_criteria.average_points end as decimal(38, 2))
        as average_points,
    {%- for column in ['points_supported', 'points_supported_low', 'points_supported_high'] %}
    cast(case when criteria.effect <> 'disqualify' then evidence.{{ column }} end as decimal(38, 2)) as {{ column }},
    {%- endfor %}
    graded_criteria.evidence_grade,
    {{ criterion_finding('criteria', 'graded_criteria', 'evidence') }} as finding,
    scorecards.policy_version
from graded_criteria
inner join {{ ref('int_policy__criteria') }} as criteria
    on graded_criteria.criterion_key = criteria.criterion_key
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on graded_criteria.scorecard_key = scorecards.scorecard_key
left join {{ ref('int_performance__criterion_evidence') }} as evidence
    on graded_criteria.criterion_key = evidence.criterion_key
