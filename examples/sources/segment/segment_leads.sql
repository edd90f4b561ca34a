-- The users of Segment as raw leads. Name the traits that your criteria test.
{{ leadscore.segment_leads(
    users=source('segment', 'users'),
    identifies=source('segment', 'identifies'),
    attributes={'title': 'title', 'employees': 'company_employee_count', 'plan': 'plan'}
) }}
