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

-- rows that are equal say it once: no score counts them
with current_rows as (
    select distinct
        md5({{ texts_as_json({
            'lead_id': 'lead_id',
            'outcome': 'outcome',
            'amount': cell_as_text('amount', 'decimal'),
            'occurred_at': cell_as_text('occurred_at', 'time'),
        }) }}) as row_key,
        lead_id,
        outcome,
        amount,
        occurred_at
    from {{ ref('base_crm__outcomes') }}
    where reason is null
),

{{ select_rows_to_keep(
    load_relation(this) if execute else none,
    'row_key',
    ['lead_id', 'outcome', 'amount', 'occurred_at'],
    ref('int_history__kept_moments'),
    var('as_of'),
    var('keep_inputs')
) }}
{% endif %}
{% endsnapshot %}
