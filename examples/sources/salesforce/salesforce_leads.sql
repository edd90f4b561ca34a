-- The leads of Salesforce as raw leads. Name the fields that your criteria test, custom ones too.
{{ leadscore.salesforce_leads(
    leads=source('salesforce', 'lead'),
    attributes={
        'title': 'title',
        'employees': 'number_of_employees',
        'lead_source': 'lead_source',
        'segment': 'segment__c',
    }
) }}
