{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key=['lead_id', 'dbt_valid_from'],
    on_schema_change='sync_all_columns',
    full_refresh=false,
    tags=['kept']
) }}
{% if var('as_known') %}
-- in a replay base_crm__leads reads this table
select
    lead_id,
    account_id,
    email,
    created_at_cell,
    created_at,
    updated_at_cell,
    updated_at,
    cells,
    is_deleted,
    known_at,
    dbt_valid_from,
    dbt_valid_to
from {{ this }}
where false
{% else %}
{% set kept = this if has_stored_rows() else none %}
{% set own_columns = [
    'lead_id', 'account_id', 'email', 'created_at_cell', 'created_at', 'updated_at_cell', 'updated_at',
] %}
{% set columns = own_columns + ['cells'] %}
{% set cells = lead_cells(
    declared_attributes(var('lead_attributes')), declared_mart_columns(var('lead_columns_in_mart'))
) %}
{% set declared = aliases_by_column(cells) %}

-- of several rows with one id the one that is scored
with repeated_ids as (
    select lead_id
    from {{ ref('base_crm__leads') }}
    where reason is null
    group by 1
    having count(*) > 1
),

ranked_copies as (
    select
        {%- for column in own_columns %}
        leads.{{ column }},
        {%- endfor %}
        {%- for alias in declared.values() %}
        leads.{{ alias }},
        {%- endfor %}
        row_number() over (
            partition by leads.lead_id
            order by
                leads.updated_at desc nulls last,
                {{ tie_order(cells, 'leads') | trim }}
        ) as place
    from {{ ref('base_crm__leads') }} as leads
    inner join repeated_ids on leads.lead_id = repeated_ids.lead_id
),

current_rows as (
    select
        {%- for column in own_columns %}
        leads.{{ column }},
        {%- endfor %}
        {{ texts_as_json(declared) }} as cells
    from {{ ref('base_crm__leads') }} as leads
    left join repeated_ids on leads.lead_id = repeated_ids.lead_id
    where leads.reason is null and repeated_ids.lead_id is null

    union all

    select
        {%- for column in own_columns %}
        {{ column }},
        {%- endfor %}
        {{ texts_as_json(declared) }} as cells
    from ranked_copies
    where place = 1
),

{{ changed_keyed_rows(kept, columns) }}

{{ kept_versions('changed_rows', kept, columns, var('as_of')) }}
where {{ is_to_be_kept(ref('int_history__kept_moments'), var('as_of'), var('keep_inputs')) }}
{% endif %}
