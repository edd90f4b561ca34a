-- How many households of each band redeemed a coupon.
select
    campaign_id,
    band,
    count(*) as households,
    sum(case when coupons_redeemed > 0 then 1 else 0 end) as redeeming_households,
    cast(round(100.0 * sum(case when coupons_redeemed > 0 then 1 else 0 end) / count(*), 1) as decimal(4, 1))
        as redeeming_percent,
    min(score) as lowest_score,
    max(score) as highest_score
from {{ ref('scored_leads') }}
group by campaign_id, band
