-- Every row of the raw leads with the reason to refuse it.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set cells = lead_cells(
    attributes, mart_columns, declared_moment_column(var('backtest'), var('backtest_moment_column'))
) %}

with ranked_leads as (
    select
        lead_id,
        account_id,
        email,
        {%- for attribute in attributes %}
        {{ cell_text(cells, attribute.column) }} as {{ attribute.alias }},
        {%- endfor %}
        {%- for column in mart_columns %}
        {{ cell_text(cells, column.column) }} as {{ column.alias }},
        {%- endfor %}
        created_at,
        updated_at,
        backtest_moment,
        is_created_at_unreadable,
        is_updated_at_unreadable,
        reason,
        source_row,
        row_number() over (
            partition by lead_id
            order by
                updated_at desc nulls last,
                {{ tie_order(cells) | trim }}
        ) as place
    from {{ ref('base_crm__leads') }}
),

judged_leads as (
    select
        ranked_leads.lead_id,
        ranked_leads.account_id,
        ranked_leads.email,
        {%- for attribute in attributes %}
        {{ cleaned('ranked_leads.' ~ attribute.alias, var('missing_values')) }} as {{ attribute.alias }},
        {%- endfor %}
        {%- for column in mart_columns %}
        ranked_leads.{{ column.alias }},
        {%- endfor %}
        ranked_leads.created_at,
        ranked_leads.updated_at,
        ranked_leads.backtest_moment,
        ranked_leads.is_created_at_unreadable,
        ranked_leads.is_updated_at_unreadable,
        case
            when ranked_leads.reason is not null then ranked_leads.reason
            when ranked_leads.place > 1 then 'duplicate_id'
            when final_merges.merged_lead_id is not null then 'merged'
        end as reason,
        ranked_leads.source_row
    from ranked_leads
    left join {{ ref('int_identity__merges') }} as final_merges on ranked_leads.lead_id = final_merges.merged_lead_id
)

select
    lead_id,
    account_id,
    email,
    {%- for attribute in attributes %}
    {{ attribute.alias }},
    {%- endfor %}
    {%- for column in mart_columns %}
    {{ column.alias }},
    {%- endfor %}
    created_at,
    updated_at,
    backtest_moment,
    is_created_at_unreadable,
    is_updated_at_unreadable,
    reason,
    case when reason is not null then {{ row_as_json('source_row') }} end as row_json
from judged_leads
