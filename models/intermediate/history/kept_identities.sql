{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key=['row_key', 'dbt_valid_from'],
    on_schema_change='sync_all_columns',
    full_refresh=false,
    tags=['kept']
) }}
{% if var('as_known') %}
-- in a replay base_tracking__identities reads this table
select
    row_key,
    anonymous_id,
    merged_lead_id,
    lead_id,
    identified_at,
    is_deleted,
    known_at,
    dbt_valid_from,
    dbt_valid_to
from {{ this }}
where false
{% else %}
{% set kept = this if has_stored_rows() else none %}
{% set columns = ['anonymous_id', 'merged_lead_id', 'lead_id', 'identified_at'] %}

-- rows that are equal say it once
with current_rows as (
    select {{ columns | join(', ') }}
    from {{ ref('base_tracking__identities') }}
    where reason is null
),

{{ changed_whole_rows(kept, columns) }}

keyed_rows as (
    select
        {{ text_md5(texts_as_json({
            'anonymous_id': 'anonymous_id',
            'merged_lead_id': 'merged_lead_id',
            'lead_id': 'lead_id',
            'identified_at': cell_as_text('identified_at', 'time'),
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
