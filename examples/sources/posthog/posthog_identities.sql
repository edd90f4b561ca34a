-- Which distinct id is which person.
{{ leadscore.posthog_identities(
    persons=source('posthog', 'persons'),
    events=source('posthog', 'events')
) }}
