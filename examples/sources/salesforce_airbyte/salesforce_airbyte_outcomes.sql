-- Conversions and opportunities.
{{ leadscore.salesforce_outcomes(
    leads=source('salesforce_airbyte', 'lead'),
    opportunities=source('salesforce_airbyte', 'opportunity'),
    opportunity_roles=source('salesforce_airbyte', 'opportunity_contact_role')
) }}
