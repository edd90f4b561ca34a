{#- Every row of the raw leads with the reason to refuse it. -#}

{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set cells = lead_cells(attributes, mart_columns) %}

with ranked_leads as (
    select
        leads.*,
        row_number() over (
            partition by leads.lead_id
            order by
                leads.updated_at desc nulls last,
                {{ tie_order(cells) | trim }}
        ) as place
    from {{ ref('base_crm__leads') }} as leads
),

judged_leads as (
    select
        ranked_leads.*,
        case
            when ranked_leads.reason is not null then ranked_leads.reason
            when ranked_leads.place > 1 then 'duplicate_id'
            when merges.merged_lead_id is not null then 'merged'
        end as final_reason
    from ranked_leads
    left join {{ ref('int_identity__merges') }} as merges on ranked_leads.lead_id = merges.merged_lead_id
)

select
    lead_id,
    account_id,
    email,
    created_at,
    updated_at,
    {%- for attribute in attributes %}
    {{ cleaned(cell_text(cells, attribute.column), var('missing_values')) }} as {{ attribute.alias }},
    {%- endfor %}
    {%- for column in mart_columns %}
    {{ cell_text(cells, column.column) }} as {{ column.alias }},
    {%- endfor %}
    is_created_at_unreadable,
    is_updated_at_unreadable,
    final_reason as reason,
    case when final_reason is not null then {{ row_as_json('source_row') }} end as row_json
from judged_leads
