-- What each targeted household did before its campaign began, a set of events for each campaign: whatever came later is
-- no event of that lead. A day without a time of day counts from its last second.
with targets as (
    select
        lead_id,
        household_id,
        campaign_id,
        campaign_start
    from {{ ref('stg_targets') }}
),

campaign_products as (
    select distinct
        campaign_id,
        product_id
    from {{ source('complete_journey', 'coupons') }}
),

trips as (
    select
        targets.lead_id || '/trip/' || lines.basket_id as event_id,
        'shopped' as event_name,
        targets.lead_id,
        min(lines.bought_at) as occurred_at,
        sum(lines.amount) as amount,
        sum(lines.coupon_saving) as coupon_saving,
        count(campaign_products.product_id) as campaign_products,
        sum(case when lines.is_in_mailer then 1 else 0 end) as mailer_products,
        cast(null as varchar) as department
    from targets
    inner join {{ ref('int_basket_lines') }} as lines
        on
            targets.household_id = lines.household_id
            and targets.campaign_start > lines.bought_at
    left join campaign_products
        on
            targets.campaign_id = campaign_products.campaign_id
            and lines.product_id = campaign_products.product_id
    group by targets.lead_id, lines.basket_id
),

department_purchases as (
    select
        targets.lead_id || '/department/' || lines.basket_id || '/' || lines.department as event_id,
        'bought' as event_name,
        targets.lead_id,
        min(lines.bought_at) as occurred_at,
        sum(lines.amount) as amount,
        cast(null as decimal(12, 2)) as coupon_saving,
        cast(null as bigint) as campaign_products,
        cast(null as bigint) as mailer_products,
        lines.department
    from targets
    inner join {{ ref('int_basket_lines') }} as lines
        on
            targets.household_id = lines.household_id
            and targets.campaign_start > lines.bought_at
    where lines.department is not null
    group by targets.lead_id, lines.basket_id, lines.department
),

earlier_redemptions as (
    select
        targets.lead_id || '/coupon/' || redemptions.campaign_id || '/' || redemptions.coupon_upc || '/'
        || redemptions.redemption_date as event_id,
        'redeemed_coupon' as event_name,
        targets.lead_id,
        redemptions.redemption_date + interval '1 day' - interval '1 second' as occurred_at
    from targets
    inner join {{ source('complete_journey', 'coupon_redemptions') }} as redemptions
        on targets.household_id = redemptions.household_id
    where redemptions.redemption_date + interval '1 day' <= targets.campaign_start
),

earlier_campaigns as (
    select
        targets.lead_id || '/campaign/' || earlier.campaign_id as event_id,
        'received_campaign' as event_name,
        targets.lead_id,
        earlier.campaign_start as occurred_at
    from targets
    inner join targets as earlier
        on
            targets.household_id = earlier.household_id
            and targets.campaign_start > earlier.campaign_start
),

events_without_basket as (
    select * from earlier_redemptions
    union all
    select * from earlier_campaigns
)

select * from trips
union all
select * from department_purchases
union all
select
    event_id,
    event_name,
    lead_id,
    occurred_at,
    cast(null as decimal(12, 2)) as amount,
    cast(null as decimal(12, 2)) as coupon_saving,
    cast(null as bigint) as campaign_products,
    cast(null as bigint) as mailer_products,
    cast(null as varchar) as department
from events_without_basket
