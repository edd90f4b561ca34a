{{ config(materialized=stateful(), incremental_strategy='measured_leads', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_state__touched_leads') }}
-- What each lead's declared attributes hold, by dictionary key.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set plan = run_state() %}

with

leads as (

    select
        leads.lead_key,
        {%- for attribute in attributes %}
        staged_leads.{{ attribute.alias }},
        {%- endfor %}
        leads.lead_id
    from {{ ref('stg_crm__leads') }} as staged_leads
    inner join {{ ref('int_facts__leads') }} as leads
        on staged_leads.lead_id = leads.lead_id
    {%- if not plan.measures_all %}
    where leads.lead_key in (select lead_key from {{ ref('int_state__touched_leads') }} where is_measured)
    {%- endif %}

)

{% for attribute in attributes %}
select
    leads.lead_key,
    coalesce(attribute_values.value_key, {{ unknown_value_key(loop.index0) }}) as value_key
from leads
left join {{ ref('int_dictionary__values') }} as attribute_values
    on
        leads.{{ attribute.alias }} = attribute_values.value
        and attribute_values.item_kind = 'attribute'
        and attribute_values.item_name = {{ text_literal(attribute.name) }}

union all

{% endfor %}
select
    cast(null as integer) as lead_key,
    cast(null as integer) as value_key
where 1 = 0
