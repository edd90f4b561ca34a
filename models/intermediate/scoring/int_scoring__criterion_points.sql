-- The criteria that are met, each with the points that it gives before the limits of groups, dimensions and the score.
with

-- how many of a criterion's required, and of its excluding, criteria hold
links_held as (

    select
        conditions.moment_key,
        links.criterion_key,
        sum(case when links.link_type = 'requires' then 1 else 0 end) as required_held,
        sum(case when links.link_type = 'unless' then 1 else 0 end) as excluding_held
    from {{ ref('int_scoring__conditions') }} as conditions
    inner join {{ ref('int_policy__criterion_links') }} as links
        on conditions.criterion_key = links.linked_criterion_key
    group by 1, 2

),

links_needed as (

    select
        links.criterion_key,
        sum(case when links.link_type = 'requires' then 1 else 0 end) as required_count
    from {{ ref('int_policy__criterion_links') }} as links
    group by 1

)

select
    conditions.moment_key,
    conditions.scorecard_key,
    conditions.criterion_key,
    {{ criterion_points('criteria', 'conditions.measure_value', 'conditions.decayed_points') }} as points,
    conditions.measure_value,
    conditions.matched_value_key,
    conditions.evidence_count,
    conditions.first_evidence_at,
    conditions.last_evidence_at
from {{ ref('int_scoring__conditions') }} as conditions
inner join {{ ref('int_policy__criteria') }} as criteria
    on conditions.criterion_key = criteria.criterion_key
inner join {{ ref('int_scoring__moments') }} as moments
    on conditions.moment_key = moments.moment_key
left join links_needed
    on conditions.criterion_key = links_needed.criterion_key
left join links_held
    on
        conditions.moment_key = links_held.moment_key
        and conditions.criterion_key = links_held.criterion_key
where
    {{ counts_on_date('criteria', 'cast(moments.scored_at as date)') }}
    and {{ links_allow(
        'links_needed.required_count', 'links_held.required_held', 'links_held.excluding_held'
    ) }}
