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
{% set kept = load_relation(this) if execute else none %}
{% set own_columns = [
    'lead_id', 'account_id', 'email', 'created_at_cell', 'created_at', 'updated_at_cell', 'updated_at',
] %}
{% set columns = own_columns + ['cells'] %}
{% set cells = lead_cells(
    declared_attributes(var('lead_attributes')), declared_mart_columns(var('lead_columns_in_mart'))
) %}
{% set declared = {} %}
{% for cell in cells | rejectattr('is_own') | sort(attribute='column') %}
    {% do declared.update({cell.column: cell.alias}) %}
{% endfor %}

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

-- of several rows with one id the one that is scored
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

select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    is_deleted,
    {{ scoring_moment(var('as_of')) }} as known_at
from changed_rows
where {{ is_to_be_kept(ref('int_history__kept_moments'), var('as_of'), var('keep_inputs')) }}
{% endif %}
{% endsnapshot %}
