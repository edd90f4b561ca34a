{{ config(materialized='view') }}
-- What the properties of each lead's events came to by its own moment, by the name of the event and the window.
{% set properties = declared_properties(var('event_properties')) %}

with

windows as (

    {{ learning_windows(var('learn_windows')) }}

)

{% for property in properties %}
select
    leads.lead_key,
    event_names.event_name,
    windows.window_days,
    {{ text_literal(property.name) }} as property_name,
    count(distinct property_values.folded_key) as value_count,
    cast(sum(property_values.value_number) as decimal(38, 6)) as number_sum,
    sum(case when property_values.value_number > 0 then 1 else 0 end) as positive_count
from {{ ref('int_facts__events') }} as events
inner join {{ ref('int_facts__leads') }} as leads
    on events.lead_key = leads.lead_key
cross join windows
inner join {{ ref('int_dictionary__values') }} as property_values
    on events.{{ property.alias }}_key = property_values.value_key
inner join {{ ref('int_dictionary__event_names') }} as event_names
    on events.event_name_key = event_names.event_name_key
where
    property_values.value is not null
    and {{ counts_for_learning('events', 'leads', 'windows') }}
group by 1, 2, 3, 4

union all

{% endfor %}
select
    cast(null as integer) as lead_key,
    cast(null as {{ dbt.type_string() }}) as event_name,
    cast(null as integer) as window_days,
    cast(null as {{ dbt.type_string() }}) as property_name,
    cast(null as bigint) as value_count,
    cast(null as decimal(38, 6)) as number_sum,
    cast(null as bigint) as positive_count
where 1 = 0
