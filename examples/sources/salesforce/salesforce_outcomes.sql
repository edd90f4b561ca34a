-- Conversions and opportunities.
{{ leadscore.salesforce_outcomes(
    leads=source('salesforce', 'lead'),
    opportunities=source('salesforce', 'opportunity'),
    opportunity_roles=source('salesforce', 'opportunity_contact_role')
) }}
