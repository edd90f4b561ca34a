-- The contacts of HubSpot as raw leads. Name the properties that your criteria test.
{{ leadscore.hubspot_leads(
    contacts=source('hubspot', 'contact'),
    attributes={
        'title': 'jobtitle',
        'company': 'company',
        'employees': 'numemployees',
        'customer_fit': 'customer_fit',
    }
) }}
