-- What targeted households bought, a product a row. Money becomes decimal, so that sums come out the same every time.
with mailed_products as (
    select distinct
        product_id,
        store_id,
        week
    from {{ source('complete_journey', 'promotions') }}
    where mailer_location <> '0'
),

targeted_households as (
    select distinct household_id
    from {{ ref('stg_targets') }}
)

select
    transactions.household_id,
    transactions.basket_id,
    transactions.product_id,
    transactions.transaction_timestamp as bought_at,
    products.department,
    cast(transactions.sales_value as decimal(12, 2)) as amount,
    cast(transactions.coupon_disc as decimal(12, 2)) as coupon_saving,
    mailed_products.product_id is not null as is_in_mailer
from {{ source('complete_journey', 'transactions') }} as transactions
inner join targeted_households
    on transactions.household_id = targeted_households.household_id
left join {{ source('complete_journey', 'products') }} as products
    on transactions.product_id = products.product_id
left join mailed_products
    on
        transactions.product_id = mailed_products.product_id
        and transactions.store_id = mailed_products.store_id
        and transactions.week = mailed_products.week
