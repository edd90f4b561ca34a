-- The persons of PostHog that told their address as raw leads. Name the properties that your criteria test.
{{ leadscore.posthog_leads(
    persons=source('posthog', 'persons'),
    attributes={'title': 'title', 'employees': 'employees', 'country': '$initial_geoip_country_name'}
) }}
