{% snapshot kept_outcomes %}
{{ config(
    strategy='check',
    unique_key='row_key',
    check_cols=['is_deleted'],
    updated_at='known_at'
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
    known_at
from {{ this }}
where false
{% else %}
{% set kept = load_relation(this) if execute else none %}
{% set columns = ['lead_id', 'outcome', 'amount', 'occurred_at'] %}

-- rows that are equal say it once: no score counts them
with current_rows as (
    select {{ columns | join(', ') }}
    from {{ ref('base_crm__outcomes') }}
    where reason is null
),

{{ changed_whole_rows(kept, columns) }}

select
    md5({{ texts_as_json({
        'lead_id': 'lead_id',
        'outcome': 'outcome',
        'amount': cell_as_text('amount', 'decimal'),
        'occurred_at': cell_as_text('occurred_at', 'time'),
    }) }}) as row_key,
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    is_deleted,
    {{ scoring_moment(var('as_of')) }} as known_at
from changed_rows
where {{ is_to_be_kept(ref('int_history__kept_moments'), var('as_of'), var('keep_inputs')) }}
{% endif %}
{% endsnapshot %}
