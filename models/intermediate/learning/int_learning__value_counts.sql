{{ config(materialized='view') }}
-- How many events with a value of a property each lead had by its own moment, for values that many leads have.
{% set properties = declared_properties(var('event_properties')) %}
{% set least_leads = 20 %}
{% set most_values = 30 %}

with

windows as (

    {{ learning_windows(var('learn_windows')) }}

),

counted_values as (

    {% for property in properties %}
    select
        leads.lead_key,
        events.event_name_key,
        windows.window_days,
        {{ text_literal(property.name) }} as property_name,
        property_values.value_folded,
        min(property_values.value) as value,
        count(*) as event_count
    from {{ ref('int_facts__events') }} as events
    inner join {{ ref('int_facts__leads') }} as leads
        on events.lead_key = leads.lead_key
    cross join windows
    inner join {{ ref('int_dictionary__values') }} as property_values
        on events.{{ property.alias }}_key = property_values.value_key
    where
        property_values.value is not null
        and {{ counts_for_learning('events', 'leads', 'windows') }}
    group by 1, 2, 3, 4, 5

    union all

    {% endfor %}
    select
        cast(null as integer) as lead_key,
        cast(null as integer) as event_name_key,
        cast(null as integer) as window_days,
        cast(null as {{ dbt.type_string() }}) as property_name,
        cast(null as {{ dbt.type_string() }}) as value_folded,
        cast(null as {{ dbt.type_string() }}) as value,
        cast(null as bigint) as event_count
    where 1 = 0

),

value_leads as (

    select
        counted_values.event_name_key,
        counted_values.property_name,
        counted_values.value_folded,
        min(counted_values.value) as value,
        count(*) as lead_count
    from counted_values
    where counted_values.window_days is null
    group by 1, 2, 3

),

frequent_values as (

    select
        value_leads.event_name_key,
        value_leads.property_name,
        value_leads.value_folded,
        value_leads.value,
        row_number() over (
            partition by value_leads.event_name_key, value_leads.property_name
            order by value_leads.lead_count desc, {{ by_bytes('value_leads.value_folded') }}
        ) as place
    from value_leads
    where value_leads.lead_count >= {{ least_leads }}

)

select
    counted_values.lead_key,
    event_names.event_name,
    counted_values.window_days,
    counted_values.property_name,
    frequent_values.value,
    counted_values.event_count
from counted_values
inner join frequent_values
    on
        counted_values.event_name_key = frequent_values.event_name_key
        and counted_values.property_name = frequent_values.property_name
        and counted_values.value_folded = frequent_values.value_folded
inner join {{ ref('int_dictionary__event_names') }} as event_names
    on counted_values.event_name_key = event_names.event_name_key
where frequent_values.place <= {{ most_values }}
