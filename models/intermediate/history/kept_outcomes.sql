{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key=['row_key', 'dbt_valid_from'],
    on_schema_change='sync_all_columns',
    full_refresh=false,
    tags=['kept']
) }}
{% if var('as_known') %}
-- in a replay base_crm__outcomes reads this table
select
    row_key,
    lead_id,
    outcome,
    amount,
    occurred_at,
    is_deleted,
    known_at,
    dbt_valid_from,
    dbt_valid_to
from {{ this }}
where false
{% else %}
{% set kept = this if has_stored_rows() else none %}
{% set columns = ['lead_id', 'outcome', 'amount', 'occurred_at'] %}

-- rows that are equal say it once: no score counts them
with current_rows as (
    select {{ columns | join(', ') }}
    from {{ ref('base_crm__outcomes') }}
    where reason is null
),

{{ changed_whole_rows(kept, columns) }}

keyed_rows as (
    select
        {{ text_md5(texts_as_json({
            'lead_id': 'lead_id',
            'outcome': 'outcome',
            'amount': cell_as_text('amount', 'decimal'),
            'occurred_at': cell_as_text('occurred_at', 'time'),
        })) }} as row_key,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        is_deleted
    from changed_rows
),

{{ kept_versions('keyed_rows', kept, ['row_key'] + columns, var('as_of')) }}
where {{ is_to_be_kept(ref('int_history__kept_moments'), var('as_of'), var('keep_inputs')) }}
{% endif %}
