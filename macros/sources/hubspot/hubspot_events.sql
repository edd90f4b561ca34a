{#
    What contacts did, as raw events: marketing mails, meetings, calls and other engagements, forms.
    Columns: event_id, event_name, occurred_at, loaded_at, lead_id, anonymous_id (the address that a mail
    went to, for `hubspot_identities`), and the properties campaign, page, form, status, title.
    Event names: `email_` and the type of the mail event (email_sent, email_open, email_click,
    email_bounce, email_statuschange, …), `engagement_` and the type (engagement_meeting, …), form_submitted.
    Args, each of them a table that may be left out:
        email_events          `email_event` (Fivetran) or `email_events` (Airbyte)
        email_clicks          `email_event_click` (Fivetran): the page of a click
        email_status_changes  `email_event_status_change` (Fivetran): the new status of a subscription
        engagements           `engagement` (Fivetran) or `engagements` (Airbyte): engagements of any type
        engagement_contacts   `engagement_contact` (Fivetran): whose they are
        engagement_tables     a dict of type to a table with engagements of that type only, such as
                              {'meeting': `engagement_meeting` (Fivetran) or `engagements_meetings` (Airbyte)};
                              their rows stand for those of `engagements` of the same type
        form_submissions      `contact_form_submission` (Fivetran) or `contacts_form_submissions` (Airbyte)
    and
        engagement_types      which types count; notes, tasks and own mails are what sales did
        keep_filtered         whether mail events count that HubSpot filters out of its reports, such as bots
#}
{% macro hubspot_events(
    email_events=none,
    email_clicks=none,
    email_status_changes=none,
    engagements=none,
    engagement_contacts=none,
    engagement_tables={},
    form_submissions=none,
    engagement_types=['meeting', 'call', 'incoming_email', 'conversation_session'],
    keep_filtered=false
) %}
{%- do leadscore.need_a_table('hubspot_events', {
    'email_events': email_events,
    'engagements': engagements,
    'engagement_tables': engagement_tables or none,
    'form_submissions': form_submissions,
}) -%}
with {% set parts = [] -%}
{%- if email_events is not none -%}
{%- do parts.append('mail_events') -%}
mail_events as (
    {{ leadscore._hubspot_mail_events(email_events, email_clicks, email_status_changes, keep_filtered) | indent }}
)
{%- endif -%}
{%- if engagements is not none or engagement_tables -%}
{{ ',\n\n' if parts }}{%- do parts.append('engagement_events') -%}
engagement_events as (
    {{ leadscore._hubspot_engagement_events(engagements, engagement_contacts, engagement_tables, engagement_types) | indent }}
)
{%- endif -%}
{%- if form_submissions is not none -%}
{{ ',\n\n' if parts }}{%- do parts.append('form_events') -%}
form_events as (
    {{ leadscore._hubspot_form_events(form_submissions) | indent }}
)
{%- endif %}

{{ leadscore.union_of(parts, [
    'event_id', 'event_name', 'occurred_at', 'loaded_at', 'lead_id', 'anonymous_id',
    'campaign', 'page', 'form', 'status', 'title',
]) }}
{% endmacro %}


{% macro _hubspot_mail_events(email_events, email_clicks, email_status_changes, keep_filtered) -%}
{%- set email = leadscore.landed_table(email_events) -%}
{%- set clicks = leadscore.landed_table(email_clicks) if email_clicks is not none else none -%}
{%- set changes = leadscore.landed_table(email_status_changes) if email_status_changes is not none else none -%}
{%- set text = dbt.type_string() -%}
with read_mail_events as (
    select
        {{ leadscore.landed_text(email, ['id']) }} as email_event_id,
        lower({{ leadscore.landed_text(email, ['type']) }}) as email_event_type,
        lower({{ leadscore.landed_text(email, ['recipient']) }}) as recipient,
        {{ leadscore.landed_text(email, ['email_campaign_id']) }} as campaign,
        {{ leadscore.landed_text(email, ['url']) }} as page,
        {{ leadscore.landed_text(email, ['portal_subscription_status']) }} as status,
        {{ leadscore.landed_text(email, ['subject']) }} as title,
        {{ leadscore.landed_time(email, ['created']) }} as occurred_at,
        {{ leadscore.landed_load_time(email) }} as loaded_at
    from {{ email.relation }}
    where
        {{ leadscore.landed_row_stands(email) }}
        {%- if not keep_filtered %}
        and not {{ leadscore.landed_flag(email, ['filtered_event']) if email.columns is not none else 'false' }}
        {%- endif %}
)
{%- if clicks %},

clicked_pages as (
    select
        {{ leadscore.landed_text(clicks, ['id']) }} as email_event_id,
        max({{ leadscore.landed_text(clicks, ['url']) }}) as page
    from {{ clicks.relation }}
    group by 1
)
{%- endif %}
{%- if changes %},

changed_statuses as (
    select
        {{ leadscore.landed_text(changes, ['id']) }} as email_event_id,
        max({{ leadscore.landed_text(changes, ['portal_subscription_status']) }}) as status
    from {{ changes.relation }}
    group by 1
)
{%- endif %}

select
    'email:' || read_mail_events.email_event_id as event_id,
    'email_' || read_mail_events.email_event_type as event_name,
    read_mail_events.occurred_at,
    read_mail_events.loaded_at,
    cast(null as {{ text }}) as lead_id,
    read_mail_events.recipient as anonymous_id,
    read_mail_events.campaign,
    {{ 'coalesce(clicked_pages.page, read_mail_events.page)' if clicks else 'read_mail_events.page' }} as page,
    cast(null as {{ text }}) as form,
    {{ 'coalesce(changed_statuses.status, read_mail_events.status)' if changes else 'read_mail_events.status' }} as status,
    read_mail_events.title
from read_mail_events
{%- if clicks %}
left join clicked_pages on read_mail_events.email_event_id = clicked_pages.email_event_id
{%- endif %}
{%- if changes %}
left join changed_statuses on read_mail_events.email_event_id = changed_statuses.email_event_id
{%- endif %}
{%- endmacro %}


{% macro _hubspot_engagement_events(engagements, engagement_contacts, engagement_tables, engagement_types) -%}
{%- set text = dbt.type_string() -%}
{%- set sources = [] -%}
{%- if engagements is not none -%}{%- do sources.append((none, leadscore.landed_table(engagements))) -%}{%- endif -%}
{%- for kind, relation in engagement_tables.items() -%}
{%- do sources.append((kind | lower, leadscore.landed_table(relation))) -%}
{%- endfor -%}
{%- set linked = leadscore.landed_table(engagement_contacts) if engagement_contacts is not none else none -%}
with read_engagements as (
    {%- for kind, engagement in sources %}
    {{ 'union all' if not loop.first }}
    select
        {{ leadscore.landed_text(engagement, ['engagement_id', 'id']) }} as engagement_id,
        {%- if kind %}
        {{ leadscore.text_literal(kind) }} as engagement_type,
        {%- else %}
        lower({{ leadscore.landed_text(engagement, ['type', 'engagement_type']) }}) as engagement_type,
        {%- endif %}
        {{ leadscore._hubspot_contact_ids(engagement) }} as contact_ids,
        {{ leadscore.landed_text(engagement, leadscore.hubspot_places('hs_meeting_outcome') + leadscore.hubspot_places('hs_call_status')
            + ['meeting_outcome', 'status', 'metadata:$.status']) }} as status,
        {{ leadscore.landed_text(engagement, leadscore.hubspot_places('hs_meeting_title') + leadscore.hubspot_places('hs_call_title')
            + ['title', 'metadata:$.title']) }} as title,
        {{ leadscore.landed_time(engagement, leadscore.hubspot_places('hs_timestamp') + ['timestamp', 'start_time']
            + leadscore.hubspot_places('hs_createdate') + ['createdat']) }} as occurred_at,
        {{ leadscore.landed_load_time(engagement) }} as loaded_at
    from {{ engagement.relation }}
    where
        {{ leadscore.landed_row_stands(engagement) }}
        {%- if leadscore.landed_cells(engagement, ['active']) and engagement.columns is not none %}
        and coalesce(lower({{ leadscore.landed_text(engagement, ['active']) }}), 'true') not in ('false', 'f', '0')
        {%- endif %}
        {%- if not kind and engagement_tables %}
        and lower({{ leadscore.landed_text(engagement, ['type', 'engagement_type']) }}) not in (
            {%- for type in engagement_tables %}{{ leadscore.text_literal(type | lower) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
        {%- endif %}
    {%- endfor %}
),

counted_engagements as (
    select
        engagement_id,
        engagement_type,
        contact_ids,
        status,
        title,
        occurred_at,
        {{ leadscore.load_time_of_planned('loaded_at', 'occurred_at') }} as loaded_at
    from read_engagements
    where engagement_type in ({% for type in engagement_types %}{{ leadscore.text_literal(type | lower) }}{{ ', ' if not loop.last }}{% endfor %})
),

{% if linked -%}
engagement_people as (
    select distinct
        {{ leadscore.landed_text(linked, ['engagement_id']) }} as engagement_id,
        {{ leadscore.landed_text(linked, ['contact_id']) }} as contact_id
    from {{ linked.relation }}
    where {{ leadscore.landed_row_stands(linked) }}
)
{%- else -%}
-- the ids stand in an array: [101, 102]
engagement_people as (
    select distinct
        counted_engagements.engagement_id,
        contact.part as contact_id
    from counted_engagements
    {{ leadscore.join_each_match('counted_engagements.contact_ids', "'[0-9]+'", 'contact') }}
)
{%- endif %}

select
    'engagement:' || counted_engagements.engagement_id || ':' || engagement_people.contact_id as event_id,
    'engagement_' || counted_engagements.engagement_type as event_name,
    counted_engagements.occurred_at,
    counted_engagements.loaded_at,
    engagement_people.contact_id as lead_id,
    cast(null as {{ text }}) as anonymous_id,
    cast(null as {{ text }}) as campaign,
    cast(null as {{ text }}) as page,
    cast(null as {{ text }}) as form,
    counted_engagements.status,
    counted_engagements.title
from counted_engagements
inner join engagement_people on counted_engagements.engagement_id = engagement_people.engagement_id
{%- endmacro %}


{% macro _hubspot_form_events(form_submissions) -%}
{%- set form = leadscore.landed_table(form_submissions) -%}
{%- set text = dbt.type_string() -%}
with read_forms as (
    select
        {{ leadscore.landed_text(form, ['conversion_id']) }} as conversion_id,
        {{ leadscore.landed_text(form, ['contact_id', 'canonical_vid']) }} as contact_id,
        {{ leadscore.landed_text(form, ['form_id']) }} as form,
        {{ leadscore.landed_text(form, ['page_url']) }} as page,
        {{ leadscore.landed_text(form, ['title']) }} as title,
        {{ leadscore.landed_time(form, ['timestamp']) }} as occurred_at,
        {{ leadscore.landed_load_time(form) }} as loaded_at
    from {{ form.relation }}
    where {{ leadscore.landed_row_stands(form) }}
)

select
    'form:' || conversion_id as event_id,
    'form_submitted' as event_name,
    occurred_at,
    loaded_at,
    contact_id as lead_id,
    cast(null as {{ text }}) as anonymous_id,
    cast(null as {{ text }}) as campaign,
    page,
    form,
    cast(null as {{ text }}) as status,
    title
from read_forms
{%- endmacro %}


{# The ids of the contacts of an engagement as the text of an array: a column of its own, or a part of the column associations. #}
{% macro _hubspot_contact_ids(engagement) -%}
    {%- set ids = ['contacts', 'associations_contactids'] -%}
    {%- if leadscore.landed_cells(engagement, ids) -%}
    {{ leadscore.landed_text(engagement, ids) }}
    {%- else -%}
    {%- set associations = leadscore.landed_text(engagement, ['associations']) -%}
    case
        when {{ associations }} like '%"contactIds"%'
            then {{ leadscore.regex_replaced(leadscore.regex_replaced(associations, "'^.*\"contactIds\" *: *.'", "''"), "'].*$'", "''") }}
    end
    {%- endif -%}
{%- endmacro %}
