-- What leads did: tasks that are done, meetings, campaigns.
{{ leadscore.salesforce_events(
    tasks=source('salesforce_airbyte', 'task'),
    events=source('salesforce_airbyte', 'event'),
    campaign_members=source('salesforce_airbyte', 'campaign_member'),
    campaigns=source('salesforce_airbyte', 'campaign')
) }}
