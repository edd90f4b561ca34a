-- What contacts did: marketing mails, meetings and calls, forms.
{{ leadscore.hubspot_events(
    email_events=source('hubspot_airbyte', 'email_events'),
    engagements=source('hubspot_airbyte', 'engagements'),
    engagement_tables={'meeting': source('hubspot_airbyte', 'engagements_meetings')},
    form_submissions=source('hubspot_airbyte', 'contacts_form_submissions')
) }}
