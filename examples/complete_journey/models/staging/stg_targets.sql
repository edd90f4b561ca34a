-- What leadscore calls a lead: a household in a campaign that was sent to it.
select
    -- ids
    campaigns.household_id || '/' || campaigns.campaign_id as lead_id,
    campaigns.household_id,
    campaigns.campaign_id,

    -- text
    descriptions.campaign_type,
    demographics.age,
    demographics.income,
    demographics.home_ownership,
    demographics.household_size,
    demographics.kids_count,

    -- times
    descriptions.start_date as created_at,
    descriptions.start_date as campaign_start,
    descriptions.end_date as campaign_end
from {{ source('complete_journey', 'campaigns') }} as campaigns
inner join {{ source('complete_journey', 'campaign_descriptions') }} as descriptions
    on campaigns.campaign_id = descriptions.campaign_id
left join {{ source('complete_journey', 'demographics') }} as demographics
    on campaigns.household_id = demographics.household_id
