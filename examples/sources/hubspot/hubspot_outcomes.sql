-- Deals won and lost. Stages of your own pipelines go into won_stages and lost_stages.
{{ leadscore.hubspot_outcomes(
    deals=source('hubspot', 'deal'),
    deal_contacts=source('hubspot', 'deal_contact'),
    won_stages=['closedwon', 'partner_signed']
) }}
