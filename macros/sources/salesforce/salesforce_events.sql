{#
    What leads did according to Salesforce, as raw events: tasks that are done, meetings, campaigns.
    Columns: event_id, event_name, occurred_at, loaded_at, lead_id (of a lead, or of the contact that it was
    converted to, see `salesforce_identities`), and the properties campaign, status, title, kind.
    Event names: `task_` and the subtype (task_email, task_call, task_task, …), meeting, campaign_joined,
    campaign_responded. Activities of no person, series, and the copies for further participants are left out.
    Args, each of them a table that may be left out:
        tasks             the landed Task
        events            the landed Event
        campaign_members  the landed CampaignMember
        campaigns         the landed Campaign, for the name of the campaign instead of its id
#}
{% macro salesforce_events(tasks=none, events=none, campaign_members=none, campaigns=none) %}
{%- do leadscore.need_a_table('salesforce_events', {'tasks': tasks, 'events': events, 'campaign_members': campaign_members}) -%}
with {% set parts = [] -%}
{%- if tasks is not none -%}
{%- do parts.append('done_tasks') -%}
done_tasks as (
    {{ leadscore._salesforce_done_tasks(tasks) | indent }}
)
{%- endif -%}
{%- if events is not none -%}
{{ ',\n\n' if parts }}{%- do parts.append('meetings') -%}
meetings as (
    {{ leadscore._salesforce_meetings(events) | indent }}
)
{%- endif -%}
{%- if campaign_members is not none -%}
{{ ',\n\n' if parts }}{%- do parts.append('campaign_events') -%}
campaign_events as (
    {{ leadscore._salesforce_campaign_events(campaign_members, campaigns) | indent }}
)
{%- endif %}

{{ leadscore.union_of(parts, [
    'event_id', 'event_name', 'occurred_at', 'loaded_at', 'lead_id', 'campaign', 'status', 'title', 'kind',
]) }}
{% endmacro %}


{% macro _salesforce_done_tasks(tasks) -%}
{%- set task = leadscore.landed_table(tasks) -%}
with read_tasks as (
    select
        {{ leadscore.landed_text(task, ['id']) }} as task_id,
        {{ leadscore.landed_text(task, ['who_id']) }} as who_id,
        lower({{ leadscore.landed_text(task, ['task_subtype']) }}) as task_subtype,
        {{ leadscore.landed_text(task, ['status']) }} as status,
        {{ leadscore.landed_text(task, ['subject']) }} as title,
        {{ leadscore.landed_text(task, ['type']) }} as kind,
        {{ leadscore.landed_flag(task, ['is_closed']) }} as is_closed,
        {{ leadscore.landed_time(task, ['completed_date_time', 'activity_date', 'last_modified_date']) }} as occurred_at,
        {{ leadscore.landed_load_time(task) }} as loaded_at
    from {{ task.relation }}
    where {{ leadscore.landed_row_stands(task) }}
)

select
    'task:' || task_id as event_id,
    'task_' || coalesce(task_subtype, 'task') as event_name,
    occurred_at,
    {{ leadscore.load_time_of_planned('loaded_at', 'occurred_at') }} as loaded_at,
    who_id as lead_id,
    cast(null as {{ dbt.type_string() }}) as campaign,
    status,
    title,
    kind
from read_tasks
where is_closed and who_id is not null
{%- endmacro %}


{% macro _salesforce_meetings(events) -%}
{%- set event = leadscore.landed_table(events) -%}
with read_events as (
    select
        {{ leadscore.landed_text(event, ['id']) }} as meeting_id,
        {{ leadscore.landed_text(event, ['who_id']) }} as who_id,
        {{ leadscore.landed_text(event, ['subject']) }} as title,
        {{ leadscore.landed_text(event, ['type', 'event_subtype']) }} as kind,
        {{ leadscore.landed_flag(event, ['is_child']) }} as is_child,
        {{ leadscore.landed_flag(event, ['is_recurrence']) }} as is_series,
        {{ leadscore.landed_time(event, ['start_date_time', 'activity_date_time', 'activity_date']) }} as occurred_at,
        {{ leadscore.landed_load_time(event) }} as loaded_at
    from {{ event.relation }}
    where {{ leadscore.landed_row_stands(event) }}
)

select
    'meeting:' || meeting_id as event_id,
    'meeting' as event_name,
    occurred_at,
    {{ leadscore.load_time_of_planned('loaded_at', 'occurred_at') }} as loaded_at,
    who_id as lead_id,
    cast(null as {{ dbt.type_string() }}) as campaign,
    cast(null as {{ dbt.type_string() }}) as status,
    title,
    kind
from read_events
where not is_child and not is_series and who_id is not null
{%- endmacro %}


{% macro _salesforce_campaign_events(campaign_members, campaigns) -%}
{%- set member = leadscore.landed_table(campaign_members) -%}
{%- set campaign = leadscore.landed_table(campaigns) if campaigns is not none else none -%}
with read_members as (
    select
        {{ leadscore.landed_text(member, ['id']) }} as member_id,
        {{ leadscore.landed_text(member, ['lead_id', 'contact_id']) }} as person_id,
        {{ leadscore.landed_text(member, ['campaign_id']) }} as campaign_id,
        {{ leadscore.landed_text(member, ['status']) }} as status,
        {{ leadscore.landed_flag(member, ['has_responded']) }} as has_responded,
        {{ leadscore.landed_time(member, ['created_date']) }} as joined_at,
        {{ leadscore.landed_time(member, ['first_responded_date', 'last_modified_date']) }} as responded_at,
        {{ leadscore.landed_load_time(member) }} as loaded_at
    from {{ member.relation }}
    where {{ leadscore.landed_row_stands(member) }}
),

{% if campaign -%}
campaign_names as (
    select
        {{ leadscore.landed_text(campaign, ['id']) }} as campaign_id,
        max({{ leadscore.landed_text(campaign, ['name']) }}) as campaign_name
    from {{ campaign.relation }}
    group by 1
),

{% endif -%}
named_members as (
    select
        read_members.member_id,
        read_members.person_id,
        {{ 'coalesce(campaign_names.campaign_name, read_members.campaign_id)' if campaign else 'read_members.campaign_id' }} as campaign,
        read_members.status,
        read_members.has_responded,
        read_members.joined_at,
        read_members.responded_at,
        read_members.loaded_at
    from read_members
    {%- if campaign %}
    left join campaign_names on read_members.campaign_id = campaign_names.campaign_id
    {%- endif %}
)

select
    'campaign_joined:' || member_id as event_id,
    'campaign_joined' as event_name,
    joined_at as occurred_at,
    loaded_at,
    person_id as lead_id,
    campaign,
    status,
    cast(null as {{ dbt.type_string() }}) as title,
    cast(null as {{ dbt.type_string() }}) as kind
from named_members

union all

select
    'campaign_responded:' || member_id as event_id,
    'campaign_responded' as event_name,
    responded_at as occurred_at,
    loaded_at,
    person_id as lead_id,
    campaign,
    status,
    cast(null as {{ dbt.type_string() }}) as title,
    cast(null as {{ dbt.type_string() }}) as kind
from named_members
where has_responded
{%- endmacro %}
