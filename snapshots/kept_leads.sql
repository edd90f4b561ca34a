{% snapshot kept_leads %}
{{ config(
    strategy='check',
    unique_key='lead_id',
    check_cols=['account_id', 'email', 'created_at_cell', 'created_at', 'updated_at_cell', 'updated_at', 'cells', 'is_deleted'],
    updated_at='known_at'
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
    known_at
from {{ this }}
where false
{% else %}
{% set cells = lead_cells(
    declared_attributes(var('lead_attributes')), declared_mart_columns(var('lead_columns_in_mart'))
) %}
{% set declared = {} %}
{% for cell in cells | rejectattr('is_own') | sort(attribute='column') %}
    {% do declared.update({cell.column: cell.alias}) %}
{% endfor %}

with ranked_leads as (
    select
        lead_id,
        account_id,
        email,
        created_at_cell,
        created_at,
        updated_at_cell,
        updated_at,
        {{ texts_as_json(declared) }} as cells,
        row_number() over (
            partition by lead_id
            order by
                updated_at desc nulls last,
                {{ tie_order(cells) | trim }}
        ) as place
    from {{ ref('base_crm__leads') }}
    where reason is null
),

-- of several rows with one id the one that is scored
current_rows as (
    select
        lead_id,
        account_id,
        email,
        created_at_cell,
        created_at,
        updated_at_cell,
        updated_at,
        cells
    from ranked_leads
    where place = 1
),

{{ select_rows_to_keep(
    load_relation(this) if execute else none,
    'lead_id',
    ['account_id', 'email', 'created_at_cell', 'created_at', 'updated_at_cell', 'updated_at', 'cells'],
    ref('int_history__kept_moments'),
    var('as_of'),
    var('keep_inputs')
) }}
{% endif %}
{% endsnapshot %}
