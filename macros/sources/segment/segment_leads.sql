{#
    Segment's users as raw leads: a row per user whom an identify call named.
    Columns: lead_id (the user id), account_id, email, email_domain, the attributes, created_at, updated_at.
    Args:
        users            the landed table users: the newest traits of each user
        identifies       the landed table identifies, if you have it: a user was created by the first call,
                         unless the trait created_at says otherwise
        attributes       a dict of the column to make to the trait's column, or a list of traits
        account_columns  the traits that may say which company it is, the first known counts
#}
{% macro segment_leads(users, identifies=none, attributes=none, account_columns=['company_id', 'account_id', 'group_id']) %}
{%- set user = leadscore.landed_table(users) -%}
{%- set usual = {
    'title': 'title',
    'company': 'company_name',
    'industry': 'industry',
    'country': 'address_country',
    'employees': 'company_employee_count',
    'plan': 'plan',
} -%}
{%- set extras = leadscore.landed_extras(
    user, attributes if attributes is not none else usual, is_given=attributes is not none
) -%}
with known_users as (
    select
        -- ids
        {{ leadscore.landed_text(user, ['id', 'user_id']) }} as lead_id,
        {{ leadscore.landed_text(user, account_columns) }} as account_id,

        -- text
        {{ leadscore.landed_text(user, ['email']) }} as email,
        {%- for extra in extras %}
        {{ extra.text }} as {{ extra.alias }},
        {%- endfor %}

        -- times
        {{ leadscore.landed_time(user, ['created_at']) }} as created_at,
        {{ leadscore.landed_time(user, ['received_at', 'uuid_ts', 'loaded_at']) }} as updated_at
    from {{ user.relation }}
    where {{ leadscore.landed_row_stands(user) }}
)
{%- if identifies is not none -%}
{%- set call = leadscore.landed_table(identifies) -%}
,

first_calls as (
    select
        {{ leadscore.landed_text(call, ['user_id']) }} as lead_id,
        min({{ leadscore.landed_time(call, ['timestamp', 'received_at']) }}) as first_called_at
    from {{ call.relation }}
    group by 1
)
{%- endif %}

select
    known_users.lead_id,
    known_users.account_id,
    known_users.email,
    {{ leadscore.email_domain('known_users.email') }} as email_domain,
    {%- for extra in extras %}
    known_users.{{ extra.alias }},
    {%- endfor %}
    {{ 'coalesce(known_users.created_at, first_calls.first_called_at)' if identifies is not none else 'known_users.created_at' }} as created_at,
    known_users.updated_at
from known_users
{%- if identifies is not none %}
left join first_calls on known_users.lead_id = first_calls.lead_id
{%- endif %}
{% endmacro %}
