-- The leads that can be scored, with the whole numbers by which the wide tables know them.
{% set attributes = declared_attributes(var('lead_attributes')) %}
{% set mart_columns = declared_mart_columns(var('lead_columns_in_mart')) %}
{% set moment_column = declared_moment_column(var('backtest'), var('backtest_moment_column')) %}
{% set own_moment = (
    'leads.backtest_moment' if moment_column
    else days_later('leads.created_at', whole_days(var('backtest_days'), 'backtest_days', 0))
) %}
{% set columns = ['leads.account_id', 'leads.created_at'] %}
{% if moment_column %}{% do columns.append('leads.backtest_moment') %}{% endif %}
{% for item in attributes + mart_columns %}{% do columns.append('leads.' ~ item.alias) %}{% endfor %}

select
    owners.owner_key as lead_key,
    leads.lead_id,
    leads.account_id,
    leads.created_at,
    -- a lead is not scored before it came to be
    {% if is_backtested(var('backtest'), var('has_outcomes')) -%}
    case when leads.created_at is null or leads.created_at <= {{ own_moment }} then {{ own_moment }} end as backtest_at,
    {%- else -%}
    cast(null as {{ dbt.type_timestamp() }}) as backtest_at,
    {%- endif %}
    -- differs when anything about the lead does
    {{ passing_hash(fingerprint(columns)) }} as lead_hash
from {{ ref('stg_crm__leads') }} as leads
inner join {{ ref('int_dictionary__owners') }} as owners
    on {{ owner_name('lead', 'leads.lead_id') }} = owners.owner_name
