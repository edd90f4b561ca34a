-- Merged leads, and the contacts that leads were converted to.
{{ leadscore.salesforce_identities(leads=source('salesforce', 'lead')) }}
