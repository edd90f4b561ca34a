-- Which visitor is which user.
{{ leadscore.segment_identities(
    identifies=source('segment', 'identifies'),
    other_calls=[source('segment', 'tracks'), source('segment', 'pages')],
    aliases=source('segment', 'aliases')
) }}
