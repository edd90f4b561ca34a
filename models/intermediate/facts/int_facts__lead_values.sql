-- What each lead's declared attributes hold, by dictionary key.
{% set attributes = declared_attributes(var('lead_attributes')) %}

{% for attribute in attributes %}
select
    leads.lead_key,
    coalesce(attribute_values.value_key, {{ unknown_value_key(loop.index0) }}) as value_key
from {{ ref('stg_crm__leads') }} as staged_leads
inner join {{ ref('int_dictionary__leads') }} as leads
    on staged_leads.lead_id = leads.lead_id
left join {{ ref('int_dictionary__values') }} as attribute_values
    on
        staged_leads.{{ attribute.alias }} = attribute_values.value
        and attribute_values.item_kind = 'attribute'
        and attribute_values.item_name = {{ text_literal(attribute.name) }}

union all

{% endfor %}
select
    cast(null as integer) as lead_key,
    cast(null as integer) as value_key
where 1 = 0
