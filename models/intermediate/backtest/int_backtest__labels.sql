-- What became of each lead after its own moment, by the outcomes known now. A label looks back: an outcome counts by
-- its own time, also where the lead came by it later, through a merge.
{% set as_of = scoring_moment(var('as_of')) %}

with

leads as (

    select
        backtested_leads.lead_key,
        backtested_leads.backtest_at as scored_at,
        {{ days_later(
            'backtested_leads.backtest_at', whole_days(var('backtest_window_days'), 'backtest_window_days', 1)
        ) }} as window_ends_at
    from {{ ref('int_facts__leads') }} as backtested_leads
    where backtested_leads.backtest_at <= {{ as_of }}

),

conversions as (

    select
        outcomes.lead_key,
        outcomes.occurred_at,
        outcomes.amount
    from {{ ref('int_facts__outcomes') }} as outcomes
    where
        outcomes.known_at <= {{ as_of }}
        and {{ is_conversion('outcomes.outcome', var('conversion_outcomes')) }}

),

conversions_before as (

    select distinct leads.lead_key
    from leads
    inner join conversions
        on
            leads.lead_key = conversions.lead_key
            and leads.scored_at >= conversions.occurred_at

),

conversions_within as (

    select
        leads.lead_key,
        min(conversions.occurred_at) as converted_at,
        sum(conversions.amount) as amount
    from leads
    inner join conversions
        on
            leads.lead_key = conversions.lead_key
            and leads.scored_at < conversions.occurred_at
            and leads.window_ends_at >= conversions.occurred_at
    group by 1

),

judged_leads as (

    select
        leads.lead_key,
        leads.window_ends_at,
        {{ exclusion_reason('conversions_before.lead_key is not null', 'leads.window_ends_at', as_of) }}
            as exclusion_reason,
        conversions_within.converted_at,
        conversions_within.amount
    from leads
    left join conversions_before
        on leads.lead_key = conversions_before.lead_key
    left join conversions_within
        on leads.lead_key = conversions_within.lead_key

)

select
    judged_leads.lead_key,
    judged_leads.window_ends_at,
    judged_leads.exclusion_reason,
    case when judged_leads.exclusion_reason is null then judged_leads.converted_at is not null end as is_converted,
    case when judged_leads.exclusion_reason is null then judged_leads.converted_at end as converted_at,
    cast(case when judged_leads.exclusion_reason is null then judged_leads.amount end as decimal(38, 6)) as amount
from judged_leads
