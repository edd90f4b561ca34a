-- Whose a mail address is, and which contacts were merged.
{{ leadscore.hubspot_identities(
    contacts=source('hubspot_airbyte', 'contacts'),
    contact_merges=source('hubspot_airbyte', 'contacts_merged_audit')
) }}
