{#
    What became of contacts, from the deals that they belong to, as raw outcomes: `deal_created` when a deal
    was created, `won` or `lost` when it was closed. A deal of several contacts counts for each.
    Args:
        deals          Fivetran's `deal` or Airbyte's `deals` (whose column contacts says whose they are)
        deal_contacts  Fivetran's `deal_contact`
        won_stages     ids of stages that mean won where no property says so; your own pipelines have own ids
        lost_stages    likewise lost
#}
{% macro hubspot_outcomes(deals, deal_contacts=none, won_stages=['closedwon'], lost_stages=['closedlost']) %}
{%- set deal = leadscore.landed_table(deals) -%}
{%- set stages = leadscore.hubspot_places('dealstage') + ['deal_pipeline_stage_id'] -%}
with standing_deals as (
    select
        {{ leadscore.landed_text(deal, ['deal_id', 'id']) }} as deal_id,
        {{ leadscore.landed_text(deal, ['contacts']) }} as contact_ids,
        {{ leadscore.landed_text(deal, leadscore.hubspot_places('amount')) }} as amount,
        case
            when {{ leadscore.landed_flag(deal, leadscore.hubspot_places('hs_is_closed_won')) }} then 'won'
            when {{ leadscore.landed_flag(deal, leadscore.hubspot_places('hs_is_closed')) }} then 'lost'
            when {{ leadscore.landed_text(deal, stages) }} in ({% for stage in won_stages %}{{ leadscore.text_literal(stage) }}{{ ', ' if not loop.last }}{% endfor %}) then 'won'
            when {{ leadscore.landed_text(deal, stages) }} in ({% for stage in lost_stages %}{{ leadscore.text_literal(stage) }}{{ ', ' if not loop.last }}{% endfor %}) then 'lost'
        end as closed_as,
        {{ leadscore.landed_time(deal, leadscore.hubspot_places('createdate') + ['createdat']) }} as created_at,
        {{ leadscore.landed_time(deal, leadscore.hubspot_places('closedate')) }} as closed_at
    from {{ deal.relation }}
    where {{ leadscore.landed_row_stands(deal) }}
),

{% if deal_contacts is not none -%}
{%- set linked = leadscore.landed_table(deal_contacts) -%}
deal_people as (
    select distinct
        {{ leadscore.landed_text(linked, ['deal_id']) }} as deal_id,
        {{ leadscore.landed_text(linked, ['contact_id']) }} as lead_id
    from {{ linked.relation }}
    where {{ leadscore.landed_row_stands(linked) }}
),
{%- else -%}
-- the ids stand in an array: [101, 102]
deal_people as (
    select distinct
        standing_deals.deal_id,
        contact.part as lead_id
    from standing_deals
    {{ leadscore.join_each_match('standing_deals.contact_ids', "'[0-9]+'", 'contact') }}
),
{%- endif %}

created_deals as (
    select
        deal_people.lead_id,
        'deal_created' as outcome,
        standing_deals.created_at as occurred_at,
        standing_deals.amount
    from standing_deals
    inner join deal_people on standing_deals.deal_id = deal_people.deal_id
),

closed_deals as (
    select
        deal_people.lead_id,
        standing_deals.closed_as as outcome,
        standing_deals.closed_at as occurred_at,
        standing_deals.amount
    from standing_deals
    inner join deal_people on standing_deals.deal_id = deal_people.deal_id
    where standing_deals.closed_as is not null
)
{{ leadscore.union_of(['created_deals', 'closed_deals'], ['lead_id', 'outcome', 'occurred_at', 'amount']) }}
{% endmacro %}
