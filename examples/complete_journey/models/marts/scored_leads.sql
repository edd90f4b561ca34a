-- The scores of leadscore with what this company knows: the household, its campaign, and what became of it.
with redemptions as (
    select
        lead_id,
        count(*) as coupons_redeemed,
        min(occurred_at) as first_redeemed_at
    from {{ ref('stg_redemptions') }}
    group by lead_id
)

select
    targets.household_id,
    targets.campaign_id,
    targets.campaign_type,
    targets.campaign_start,
    targets.campaign_end,
    scores.lead_id,
    scores.score,
    scores.band,
    scores.score_rank,
    scores.recommended_action,
    scores.top_reasons,
    scores.scored_at,
    coalesce(redemptions.coupons_redeemed, 0) as coupons_redeemed,
    redemptions.first_redeemed_at
from {{ ref('leadscore', 'scored_leads') }} as scores
inner join {{ ref('stg_targets') }} as targets
    on scores.lead_id = targets.lead_id
left join redemptions
    on scores.lead_id = redemptions.lead_id
