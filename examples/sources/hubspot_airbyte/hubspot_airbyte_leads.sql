-- The contacts of HubSpot as raw leads. Name the properties that your criteria test.
{{ leadscore.hubspot_leads(
    contacts=source('hubspot_airbyte', 'contacts'),
    attributes={
        'title': 'jobtitle',
        'employees': 'numemployees',
        'customer_fit': 'customer_fit',
    }
) }}
