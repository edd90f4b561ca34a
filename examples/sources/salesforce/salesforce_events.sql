-- What leads did: tasks that are done, meetings, campaigns.
{{ leadscore.salesforce_events(
    tasks=source('salesforce', 'task'),
    events=source('salesforce', 'event'),
    campaign_members=source('salesforce', 'campaign_member'),
    campaigns=source('salesforce', 'campaign')
) }}
