{{ config(materialized=stateful(), incremental_strategy='new_entries', on_schema_change='sync_all_columns') }}
-- depends_on: {{ ref('int_state__run') }}
-- Every distinct value of a declared attribute or property, so that each is parsed and tested once. A value keeps its
-- key, also when no row holds it any more. Negative keys: the value that is not known, one for each declared item.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set properties = declared_properties(var('event_properties')) %}
{% set cells = event_cells(properties) %}
{% set plan = run_state() %}

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
    select
        'property' as item_kind,
        {{ text_literal(property.name) }} as item_name,
        {{ cleaned('property_values.value', var('missing_values')) }} as value
    from (
        select distinct {{ property_text(cells, property, 'events') }} as value
        from {{ ref('base_tracking__events') }} as events
        {%- if not plan.reads_all %}
        where {{ has_arrived('events.', plan) }}
        {%- endif %}
    ) as property_values

    union all

    {% endfor %}
    select
        'attribute' as item_kind,
        '' as item_name,
        cast(null as {{ dbt.type_string() }}) as value
    where 1 = 0

),

new_values as (

    select
        distinct_values.item_kind,
        distinct_values.item_name,
        distinct_values.value,
        {{ lower_case('distinct_values.value') }} as value_folded
    from distinct_values
    {%- if keeps_keys() %}
    left join {{ this }} as stored
        on
            distinct_values.item_kind = stored.item_kind
            and distinct_values.item_name = stored.item_name
            and distinct_values.value = stored.value
    {%- endif %}
    where distinct_values.value is not null
    {%- if keeps_keys() %}
        and stored.value_key is null
    {%- endif %}

),

keyed_values as (

    select
        cast(
            {{ keys_given('value_key') }}
            + row_number() over (
                order by
                    new_values.item_kind,
                    {{ by_bytes('new_values.item_name') }},
                    {{ by_bytes('new_values.value') }}
            ) as integer
        ) as value_key,
        new_values.item_kind,
        new_values.item_name,
        new_values.value,
        new_values.value_folded
    from new_values

),

{% if keeps_keys() -%}
folded_keys as (

    select
        stored.item_kind,
        stored.item_name,
        stored.value_folded,
        min(stored.folded_key) as folded_key
    from {{ this }} as stored
    where stored.value_key > 0
    group by 1, 2, 3

),

{% endif -%}
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
    keyed_values.value_key,
    keyed_values.item_kind,
    keyed_values.item_name,
    keyed_values.value,
    keyed_values.value_folded,
    coalesce(
        {% if keeps_keys() %}folded_keys.folded_key,{% endif %}
        min(keyed_values.value_key) over (
            partition by keyed_values.item_kind, keyed_values.item_name, keyed_values.value_folded
        )
    ) as folded_key,
    {{ parsed_number('keyed_values.value') }} as value_number,
    cast({{ parsed_time('keyed_values.value') }} as date) as value_date
from keyed_values
{%- if keeps_keys() %}
left join folded_keys
    on
        keyed_values.item_kind = folded_keys.item_kind
        and keyed_values.item_name = folded_keys.item_name
        and keyed_values.value_folded = folded_keys.value_folded
{%- else %}

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
{%- endif %}
