-- Which distinct id is which person.
{{ leadscore.posthog_identities(
    persons=source('posthog_airbyte', 'persons'),
    events=source('posthog_airbyte', 'events')
) }}
