-- Whose a mail address is, and which contacts were merged.
{{ leadscore.hubspot_identities(contacts=source('hubspot', 'contact')) }}
