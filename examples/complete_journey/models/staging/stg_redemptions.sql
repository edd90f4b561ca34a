-- The outcomes: coupons that were redeemed in the campaign that they belong to. Only the day is known, so they count
-- from its last second.
select
    targets.lead_id,
    'redeemed' as outcome,
    redemptions.redemption_date + interval '1 day' - interval '1 second' as occurred_at
from {{ source('complete_journey', 'coupon_redemptions') }} as redemptions
inner join {{ ref('stg_targets') }} as targets
    on
        redemptions.household_id = targets.household_id
        and redemptions.campaign_id = targets.campaign_id
where redemptions.redemption_date between targets.campaign_start and targets.campaign_end
