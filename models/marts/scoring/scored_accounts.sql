{% set engaged_within_days = 30 %}

with

account_leads as (

    select
        scorecards.scorecard_key,
        scorecards.scorecard_id,
        scorecards.account_rollup,
        leads.account_id,
        leads.lead_id,
        scores.score,
        scores.score_status,
        scores.last_event_at,
        this_run.as_of as scored_at,
        row_number() over (
            partition by scores.scorecard_key, leads.account_id
            order by
                case when scores.score_status = 'scored' then 0 else 1 end,
                scores.score desc,
                scores.last_event_at desc nulls last,
                {{ by_bytes('leads.lead_id') }}
        ) as position
    from {{ ref('int_scoring__results') }} as scores
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on scores.scorecard_key = scorecards.scorecard_key
    inner join {{ ref('int_facts__leads') }} as leads
        on scores.lead_key = leads.lead_key
    cross join {{ ref('int_state__run') }} as this_run
    where
        scorecards.status = 'live'
        and leads.account_id is not null

),

accounts as (

    select
        account_leads.scorecard_key,
        account_leads.scorecard_id,
        account_leads.account_id,
        account_leads.scored_at,
        {{ account_score('account_leads') }} as account_score,
        count(*) as lead_count,
        sum(case
            when
                account_leads.last_event_at is not null
                and {{ is_younger_than('account_leads.last_event_at', 'account_leads.scored_at', engaged_within_days) }}
                then 1
            else 0
        end) as engaged_lead_count,
        max(case
            when account_leads.position = 1 and account_leads.score_status = 'scored' then account_leads.lead_id
        end) as top_lead_id
    from account_leads
    group by
        account_leads.scorecard_key,
        account_leads.scorecard_id,
        account_leads.account_id,
        account_leads.account_rollup,
        account_leads.scored_at

)

select
    accounts.scorecard_id,
    accounts.account_id,
    accounts.account_score,
    cast(accounts.lead_count as bigint) as lead_count,
    cast(accounts.engaged_lead_count as bigint) as engaged_lead_count,
    accounts.top_lead_id,
    bands.band,
    accounts.scored_at
from accounts
left join {{ ref('int_scoring__band_ranges') }} as bands
    on
        accounts.scorecard_key = bands.scorecard_key
        and bands.scope = 'total'
        and accounts.account_score is not null
        and {{ lies_in_band('accounts.account_score', 'bands') }}
