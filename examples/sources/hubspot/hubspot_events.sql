-- What contacts did: marketing mails, meetings and calls, forms.
{{ leadscore.hubspot_events(
    email_events=source('hubspot', 'email_event'),
    email_clicks=source('hubspot', 'email_event_click'),
    email_status_changes=source('hubspot', 'email_event_status_change'),
    engagements=source('hubspot', 'engagement'),
    engagement_contacts=source('hubspot', 'engagement_contact'),
    engagement_tables={'meeting': source('hubspot', 'engagement_meeting')},
    form_submissions=source('hubspot', 'contact_form_submission')
) }}
