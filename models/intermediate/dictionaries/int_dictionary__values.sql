-- Every distinct value of a declared attribute or property, so that each is parsed and tested once.
-- Negative keys: the value that is not known, one for each declared item.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set properties = declared_properties(var('event_properties')) %}

with

distinct_values as (

    {% for attribute in attributes %}
    select distinct
        'attribute' as item_kind,
        {{ text_literal(attribute.name) }} as item_name,
        leads.{{ attribute.alias }} as value
    from {{ ref('stg_crm__leads') }} as leads
    where leads.{{ attribute.alias }} is not null

    union all

    {% endfor %}
    {% for property in properties %}
    select distinct
        'property' as item_kind,
        {{ text_literal(property.name) }} as item_name,
        events.{{ property.alias }} as value
    from {{ ref('stg_tracking__events') }} as events
    where events.{{ property.alias }} is not null

    union all

    {% endfor %}
    select
        'attribute' as item_kind,
        '' as item_name,
        cast(null as {{ dbt.type_string() }}) as value
    where 1 = 0

),

known_values as (

    select
        cast(
            row_number() over (
                order by
                    distinct_values.item_kind,
                    {{ by_bytes('distinct_values.item_name') }},
                    {{ by_bytes('distinct_values.value') }}
            ) as integer
        ) as value_key,
        distinct_values.item_kind,
        distinct_values.item_name,
        distinct_values.value,
        lower(distinct_values.value) as value_folded,
        cast(
            dense_rank() over (
                order by
                    distinct_values.item_kind,
                    {{ by_bytes('distinct_values.item_name') }},
                    {{ by_bytes('lower(distinct_values.value)') }}
            ) as integer
        ) as folded_key,
        {{ parsed_number('distinct_values.value') }} as value_number,
        cast({{ parsed_time('distinct_values.value') }} as date) as value_date
    from distinct_values

),

unknown_values as (

    {% for item in attributes %}
    select
        {{ unknown_value_key(loop.index0) }} as value_key,
        'attribute' as item_kind,
        {{ text_literal(item.name) }} as item_name

    union all

    {% endfor %}
    {% for item in properties %}
    select
        {{ unknown_value_key(attributes | length + loop.index0) }} as value_key,
        'property' as item_kind,
        {{ text_literal(item.name) }} as item_name

    union all

    {% endfor %}
    select
        0 as value_key,
        'attribute' as item_kind,
        '' as item_name
    where 1 = 0

)

select
    known_values.value_key,
    known_values.item_kind,
    known_values.item_name,
    known_values.value,
    known_values.value_folded,
    known_values.folded_key,
    known_values.value_number,
    known_values.value_date
from known_values

union all

select
    unknown_values.value_key,
    unknown_values.item_kind,
    unknown_values.item_name,
    cast(null as {{ dbt.type_string() }}) as value,
    cast(null as {{ dbt.type_string() }}) as value_folded,
    cast(null as integer) as folded_key,
    cast(null as decimal(38, 6)) as value_number,
    cast(null as date) as value_date
from unknown_values
