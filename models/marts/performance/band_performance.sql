with

scoped_leads as (
    {%- for scope, column in [('total', 'band'), ('fit', 'fit_band'), ('engagement', 'engagement_band')] %}
    select
        leads.scorecard_key,
        '{{ scope }}' as scope,
        leads.{{ column }}{{ ' as band' if column != 'band' }},
        leads.is_converted,
        leads.amount
    from {{ ref('int_performance__leads') }} as leads
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

band_counts as (

    select
        scoped_leads.scorecard_key,
        scoped_leads.scope,
        scoped_leads.band,
        count(*) as leads,
        sum(case when scoped_leads.is_converted then 1 else 0 end) as conversions,
        sum(case when scoped_leads.is_converted then scoped_leads.amount end) as revenue
    from scoped_leads
    group by scoped_leads.scorecard_key, scoped_leads.scope, scoped_leads.band

),

all_leads as (

    select
        leads.scorecard_key,
        count(*) as leads,
        sum(case when leads.is_converted then 1 else 0 end) as conversions
    from {{ ref('int_performance__leads') }} as leads
    group by leads.scorecard_key

),

policy_bands as (

    select
        bands.scorecard_key,
        bands.scope,
        bands.band,
        bands.min_points,
        row_number() over (
            partition by bands.scorecard_key, bands.scope
            order by case when bands.min_points is null then 1 else 0 end, bands.min_points desc
        ) as band_order
    from {{ ref('int_policy__bands') }} as bands

),

-- bands of the policy, with leads or without, and what leads have instead of one
all_bands as (

    select
        policy_bands.scorecard_key,
        policy_bands.scope,
        policy_bands.band,
        policy_bands.min_points,
        policy_bands.band_order,
        band_counts.leads,
        band_counts.conversions,
        band_counts.revenue
    from policy_bands
    left join band_counts
        on
            policy_bands.scorecard_key = band_counts.scorecard_key
            and policy_bands.scope = band_counts.scope
            and policy_bands.band = band_counts.band

    union all

    select
        band_counts.scorecard_key,
        band_counts.scope,
        band_counts.band,
        cast(null as decimal(38, 2)) as min_points,
        cast(null as bigint) as band_order,
        band_counts.leads,
        band_counts.conversions,
        band_counts.revenue
    from band_counts
    left join policy_bands
        on
            band_counts.scorecard_key = policy_bands.scorecard_key
            and band_counts.scope = policy_bands.scope
            and band_counts.band = policy_bands.band
    where policy_bands.scorecard_key is null

),

rated_bands as (

    select
        all_bands.scorecard_key,
        all_bands.scope,
        all_bands.band,
        all_bands.min_points,
        all_bands.band_order,
        coalesce(all_bands.leads, 0) as leads,
        coalesce(all_bands.conversions, 0) as conversions,
        all_bands.revenue,
        all_leads.leads as all_leads,
        all_leads.conversions as all_conversions,
        case
            when all_bands.leads > 0
                then {{ rounded_ratio('all_bands.conversions', 'nullif(all_bands.leads, 0)', 12) }}
        end as rate
    from all_bands
    left join all_leads
        on all_bands.scorecard_key = all_leads.scorecard_key

),

compared_bands as (

    select
        rated_bands.scorecard_key,
        rated_bands.scope,
        rated_bands.band,
        rated_bands.min_points,
        rated_bands.band_order,
        rated_bands.leads,
        rated_bands.conversions,
        rated_bands.revenue,
        rated_bands.all_leads,
        rated_bands.all_conversions,
        rated_bands.rate,
        max(case when rated_bands.band_order is not null then rated_bands.rate end) over (
            partition by rated_bands.scorecard_key, rated_bands.scope
            order by rated_bands.band_order desc nulls first
            rows between unbounded preceding and current row
        ) as best_rate_down_from_here
    from rated_bands

)

select
    scorecards.scorecard_id,
    scorecards.status as scorecard_status,
    compared_bands.scope,
    compared_bands.band,
    cast(compared_bands.band_order as integer) as band_order,
    cast(compared_bands.min_points as decimal(38, 2)) as min_points,
    cast(compared_bands.leads as bigint) as leads,
    cast(compared_bands.conversions as bigint) as conversions,
    cast(compared_bands.rate as decimal(38, 6)) as conversion_rate,
    {%- for side in ['low', 'high'] %}
    cast(
        case
            when compared_bands.leads > 0
                then {{ wilson_bound('compared_bands.conversions', 'compared_bands.leads', side) }}
        end as decimal(38, 6)
    ) as conversion_rate_{{ side }},
    {%- endfor %}
    cast(
        case
            when compared_bands.leads > 0 and compared_bands.all_conversions > 0
                then {{ rounded_ratio(
                    'compared_bands.conversions * cast(compared_bands.all_leads as ' ~ type_whole() ~ ')',
                    'nullif(compared_bands.leads * cast(compared_bands.all_conversions as ' ~ type_whole() ~ '), 0)',
                    6
                ) }}
        end as decimal(38, 6)
    ) as lift,
    cast(compared_bands.revenue as decimal(38, 6)) as revenue,
    cast(
        case
            when compared_bands.leads > 0 and compared_bands.revenue is not null
                then {{ rounded_quotient('compared_bands.revenue', 'nullif(compared_bands.leads, 0)', 6) }}
        end as decimal(38, 6)
    ) as revenue_per_lead,
    case
        when compared_bands.band_order is not null and compared_bands.rate is not null
            then compared_bands.rate >= compared_bands.best_rate_down_from_here
    end as is_in_order,
    scorecards.policy_version
from compared_bands
inner join {{ ref('int_policy__scorecards') }} as scorecards
    on compared_bands.scorecard_key = scorecards.scorecard_key
