{#
    What became of leads in Salesforce, as raw outcomes: `converted` on the day of the conversion;
    `opportunity` when an opportunity of the lead was created, `won` or `lost` on its close date once it is closed.
    Args:
        leads              the landed Lead
        opportunities      the landed Opportunity, if you have it
        opportunity_roles  the landed OpportunityContactRole, if you have it: then opportunities also count
                           that were opened later for the contact that a lead became
#}
{% macro salesforce_outcomes(leads, opportunities=none, opportunity_roles=none) %}
{%- set lead = leadscore.landed_table(leads) -%}
with converted_leads as (
    select
        {{ leadscore.landed_text(lead, ['id']) }} as lead_id,
        {{ leadscore.landed_text(lead, ['converted_opportunity_id']) }} as opportunity_id,
        {{ leadscore.landed_text(lead, ['converted_contact_id']) }} as contact_id,
        {{ leadscore.landed_time(lead, ['converted_date']) }} as converted_at
    from {{ lead.relation }}
    where {{ leadscore.landed_row_stands(lead) }} and {{ leadscore.landed_flag(lead, ['is_converted']) }}
),

conversions as (
    select
        lead_id,
        'converted' as outcome,
        converted_at as occurred_at,
        cast(null as {{ dbt.type_string() }}) as amount
    from converted_leads
)
{%- set parts = ['conversions'] -%}
{%- if opportunities is not none -%}
{%- set opportunity = leadscore.landed_table(opportunities) -%}
{%- set role = leadscore.landed_table(opportunity_roles) if opportunity_roles is not none else none -%}
{%- do parts.extend(['opened_opportunities', 'closed_opportunities']) -%}
,

standing_opportunities as (
    select
        {{ leadscore.landed_text(opportunity, ['id']) }} as opportunity_id,
        {{ leadscore.landed_text(opportunity, ['amount']) }} as amount,
        {{ leadscore.landed_flag(opportunity, ['is_closed']) }} as is_closed,
        {{ leadscore.landed_flag(opportunity, ['is_won']) }} as is_won,
        {{ leadscore.landed_time(opportunity, ['created_date']) }} as created_at,
        {{ leadscore.landed_time(opportunity, ['close_date']) }} as closed_at
    from {{ opportunity.relation }}
    where {{ leadscore.landed_row_stands(opportunity) }}
),
{% if role %}
role_people as (
    select
        {{ leadscore.landed_text(role, ['opportunity_id']) }} as opportunity_id,
        {{ leadscore.landed_text(role, ['contact_id']) }} as contact_id
    from {{ role.relation }}
    where {{ leadscore.landed_row_stands(role) }}
),
{% endif %}
opportunity_people as (
    select
        opportunity_id,
        lead_id
    from converted_leads
    where opportunity_id is not null
    {%- if role %}

    union

    select
        role_people.opportunity_id,
        converted_leads.lead_id
    from role_people
    inner join converted_leads on role_people.contact_id = converted_leads.contact_id
    {%- endif %}
),

opened_opportunities as (
    select
        opportunity_people.lead_id,
        'opportunity' as outcome,
        standing_opportunities.created_at as occurred_at,
        standing_opportunities.amount
    from standing_opportunities
    inner join opportunity_people on standing_opportunities.opportunity_id = opportunity_people.opportunity_id
),

closed_opportunities as (
    select
        opportunity_people.lead_id,
        case when standing_opportunities.is_won then 'won' else 'lost' end as outcome,
        standing_opportunities.closed_at as occurred_at,
        standing_opportunities.amount
    from standing_opportunities
    inner join opportunity_people on standing_opportunities.opportunity_id = opportunity_people.opportunity_id
    where standing_opportunities.is_closed
)
{%- endif %}
{{ leadscore.union_of(parts, ['lead_id', 'outcome', 'occurred_at', 'amount']) }}
{% endmacro %}
