{{ config(materialized='view') }}
-- The place of each lead among those of its scorecard that are scored and not yet converted.
select
    results.scorecard_key,
    results.lead_key,
    row_number() over (
        partition by results.scorecard_key
        order by
            results.score desc,
            results.last_event_at desc nulls last,
            {{ by_bytes('leads.lead_id') }}
    ) as score_rank,
    {{ score_percentile(
        '(rank() over (partition by results.scorecard_key order by results.score) - 1)',
        '(count(*) over (partition by results.scorecard_key) - 1)',
    ) }} as score_percentile
from {{ ref('int_scoring__results') }} as results
inner join {{ ref('int_facts__leads') }} as leads
    on results.lead_key = leads.lead_key
where
    results.score_status = 'scored'
    and not results.is_converted
