{{ config(materialized='view') }}

{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}

select
    -- ids
    lead_id,
    account_id,

    -- text
    email,
    {%- for attribute in attributes %}
    {{ attribute.alias }},
    {%- endfor %}
    {%- for column in mart_columns %}
    {{ column.alias }},
    {%- endfor %}

    -- times
    created_at,
    updated_at,
    backtest_moment
from {{ ref('int_identity__judged_leads') }}
where reason is null
