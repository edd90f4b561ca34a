-- Spans of the history with the same band that follow each other without a gap, as one.
{{ config(materialized='view', tags=['history']) }}

with

spans as (
    select
        scorecard_id,
        lead_id,
        band,
        valid_from,
        valid_to,
        lag(band) over (partition by scorecard_id, lead_id order by valid_from) as previous_band,
        lag(valid_to) over (partition by scorecard_id, lead_id order by valid_from) as previous_valid_to
    from {{ ref('int_history__score_spans') }}
    where lead_id is not null
),

-- the number of a span's stay: how many stays of the lead began up to it
numbered_spans as (
    select
        scorecard_id,
        lead_id,
        band,
        valid_from,
        valid_to,
        sum(
            case when valid_from = previous_valid_to and band is not distinct from previous_band then 0 else 1 end
        ) over (
            partition by scorecard_id, lead_id
            order by valid_from
            rows between unbounded preceding and current row
        ) as stay_number
    from spans
),

stays as (
    select
        scorecard_id,
        lead_id,
        band,
        min(valid_from) as entered_at,
        -- null while one of them holds
        case when count(valid_to) = count(*) then max(valid_to) end as left_at
    from numbered_spans
    group by scorecard_id, lead_id, band, stay_number
),

-- the newest moment that was observed
latest_moments as (
    select max(valid_from) as moment
    from {{ ref('int_history__score_spans') }}
    where lead_id is null
),

lasting_stays as (
    select
        stays.scorecard_id,
        stays.lead_id,
        stays.band,
        stays.entered_at,
        stays.left_at,
        cast(
            {{ microseconds_between('stays.entered_at', 'coalesce(stays.left_at, latest_moments.moment)') }}
            / 1000000 as bigint
        ) as seconds
    from stays
    cross join latest_moments
)

select
    scorecard_id,
    lead_id,
    band,
    entered_at,
    left_at,
    left_at is null as is_current,
    cast({{ rounded_quotient('seconds', '86400', 6) }} as decimal(38, 6)) as days
from lasting_stays
