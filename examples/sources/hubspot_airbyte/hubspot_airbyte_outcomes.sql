-- Deals won and lost.
{{ leadscore.hubspot_outcomes(deals=source('hubspot_airbyte', 'deals')) }}
