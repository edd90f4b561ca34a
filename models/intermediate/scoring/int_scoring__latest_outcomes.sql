-- What had become of each lead by each moment: its latest outcome, and whether it had converted.
{% set conversion_outcomes = var('conversion_outcomes') %}

with

known_outcomes as (

    select
        moments.moment_key,
        outcomes.outcome,
        case when {{ is_conversion('outcomes.outcome', conversion_outcomes) }} then 1 else 0 end as is_conversion,
        row_number() over (
            partition by moments.moment_key
            order by outcomes.occurred_at desc, {{ by_bytes('outcomes.outcome') }} desc
        ) as recency
    from {{ ref('int_facts__outcomes') }} as outcomes
    inner join {{ ref('int_scoring__moments') }} as moments
        on outcomes.lead_key = moments.lead_key
    where outcomes.known_at <= moments.scored_at

)

select
    known_outcomes.moment_key,
    max(case when known_outcomes.recency = 1 then known_outcomes.outcome end) as latest_outcome,
    max(known_outcomes.is_conversion) = 1 as is_converted
from known_outcomes
group by 1
