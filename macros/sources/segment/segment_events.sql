{#
    Segment's track, page and screen calls as raw events.
    Columns: event_id, event_name, occurred_at, loaded_at, lead_id (the user id), anonymous_id, the properties.
    A track call is named by its slug (order_completed), a page or screen call by the argument below.
    Args, each table may be left out:
        tracks        the landed table tracks, which has no properties of its own
        pages         the landed table pages
        screens       the landed table screens
        event_tables  a dict of slug to the landed table of that event, for its properties; its rows stand
                      for those of tracks
        properties    a dict of the column to make to the column, or list of columns, that may hold it
        page_event, screen_event  what page and screen calls are named
#}
{% macro segment_events(
    tracks=none,
    pages=none,
    screens=none,
    event_tables={},
    properties={
        'page': 'path',
        'title': 'title',
        'url': 'url',
        'campaign': 'context_campaign_name',
    },
    page_event='page_view',
    screen_event='screen_view'
) %}
{%- do leadscore.need_a_table('segment_events', {
    'tracks': tracks, 'pages': pages, 'screens': screens, 'event_tables': event_tables or none,
}) -%}
{%- set calls = [] -%}
{%- if tracks is not none -%}{%- do calls.append(('track_calls', none, tracks)) -%}{%- endif -%}
{%- if pages is not none -%}{%- do calls.append(('page_calls', page_event, pages)) -%}{%- endif -%}
{%- if screens is not none -%}{%- do calls.append(('screen_calls', screen_event, screens)) -%}{%- endif -%}
{%- for slug, relation in event_tables.items() -%}
{%- do calls.append(('event_calls_' ~ loop.index, slug, relation)) -%}
{%- endfor -%}
{%- set aliases = [] -%}
{%- for alias in properties -%}{%- do aliases.append(leadscore.quoted_name(alias | lower)) -%}{%- endfor -%}
{%- set parts = [] %}
with {% for part, name, relation in calls -%}
{%- set call = leadscore.landed_table(relation) -%}
{%- do parts.append(part) -%}
{{ part }} as (
    select
        {{ leadscore.landed_text(call, ['id']) }} as event_id,
        {{ leadscore.text_literal(name) if name else leadscore.landed_text(call, ['event']) }} as event_name,
        {{ leadscore.landed_time(call, ['timestamp', 'received_at']) }} as occurred_at,
        {{ leadscore.landed_time(call, ['loaded_at', 'uuid_ts', 'received_at']) }} as loaded_at,
        {{ leadscore.landed_text(call, ['user_id']) }} as lead_id,
        {{ leadscore.landed_text(call, ['anonymous_id']) }} as anonymous_id
        {%- for alias, places in properties.items() %},
        {{ leadscore.landed_text(call, [places] if places is string else places) }} as {{ leadscore.quoted_name(alias | lower) }}
        {%- endfor %}
    from {{ call.relation }}
    {%- if part == 'track_calls' and event_tables %}
    where coalesce({{ leadscore.landed_text(call, ['event']) }}, '') not in (
        {%- for slug in event_tables %}{{ leadscore.text_literal(slug) }}{{ ', ' if not loop.last }}{% endfor -%}
    )
    {%- endif %}
){{ ',' if not loop.last }}

{% endfor -%}
{{ leadscore.union_of(parts, ['event_id', 'event_name', 'occurred_at', 'loaded_at', 'lead_id', 'anonymous_id'] + aliases) }}
{% endmacro %}
