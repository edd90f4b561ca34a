{% snapshot kept_identities %}
{{ config(
    strategy='check',
    unique_key='row_key',
    check_cols=['is_deleted'],
    updated_at='known_at'
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
    known_at
from {{ this }}
where false
{% else %}
{% set kept = load_relation(this) if execute else none %}
{% set columns = ['anonymous_id', 'merged_lead_id', 'lead_id', 'identified_at'] %}

-- rows that are equal say it once
with current_rows as (
    select {{ columns | join(', ') }}
    from {{ ref('base_tracking__identities') }}
    where reason is null
),

{{ changed_whole_rows(kept, columns) }}

select
    md5({{ texts_as_json({
        'anonymous_id': 'anonymous_id',
        'merged_lead_id': 'merged_lead_id',
        'lead_id': 'lead_id',
        'identified_at': cell_as_text('identified_at', 'time'),
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
