-- How many leads of the back-test met each criterion of the policy, and how many of them converted.
with

met_leads as (

    select
        entries.criterion_key,
        count(*) as leads,
        sum(case when leads.is_converted then 1 else 0 end) as conversions,
        sum(entries.points) as points
    from {{ ref('int_backtest__entries') }} as entries
    inner join {{ ref('int_performance__leads') }} as leads
        on
            entries.scorecard_key = leads.scorecard_key
            and entries.lead_key = leads.lead_key
    group by entries.criterion_key

),

all_leads as (

    select
        leads.scorecard_key,
        count(*) as leads,
        sum(case when leads.is_converted then 1 else 0 end) as conversions
    from {{ ref('int_performance__leads') }} as leads
    group by leads.scorecard_key

)

select
    criteria.criterion_key,
    criteria.scorecard_key,
    cast(coalesce(all_leads.leads, 0) as bigint) as leads,
    cast(coalesce(all_leads.conversions, 0) as bigint) as conversions,
    cast(coalesce(met_leads.leads, 0) as bigint) as leads_met,
    cast(coalesce(met_leads.conversions, 0) as bigint) as conversions_met,
    cast(met_leads.points as decimal(38, 2)) as points_given
from {{ ref('int_policy__criteria') }} as criteria
left join all_leads
    on criteria.scorecard_key = all_leads.scorecard_key
left join met_leads
    on criteria.criterion_key = met_leads.criterion_key
-- what is switched off is met by nobody, and says nothing about its points
where criteria.is_active
