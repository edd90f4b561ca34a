-- depends_on: {{ ref('int_policy__gate') }}
-- What every run read, staged, refused and scored: a run adds its rows, and none takes any away.
{{ config(
    materialized=stateful(),
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}
{% set started_at = run_start() %}

with read_counts as (
    select
        'leads' as source_name,
        count(*) as rows_read
    from {{ ref('base_crm__leads') }}

    union all

    select
        'events' as source_name,
        count(*) as rows_read
    from {{ ref('base_tracking__events') }}

    union all

    select
        'outcomes' as source_name,
        count(*) as rows_read
    from {{ ref('base_crm__outcomes') }}

    union all

    select
        'identities' as source_name,
        count(*) as rows_read
    from {{ ref('base_tracking__identities') }}
),

staged_counts as (
    select
        'leads' as source_name,
        count(*) as rows_staged
    from {{ ref('stg_crm__leads') }}

    union all

    select
        'events' as source_name,
        count(*) as rows_staged
    from {{ ref('int_facts__events') }}
    where reason is null

    union all

    select
        'outcomes' as source_name,
        count(*) as rows_staged
    from {{ ref('stg_crm__outcomes') }}

    union all

    select
        'identities' as source_name,
        count(*) as rows_staged
    from {{ ref('stg_tracking__identities') }}
),

rejected_counts as (
    select
        source_name,
        count(*) as rows_rejected
    from {{ ref('rejected_rows') }}
    group by 1
),

unreadable_counts as (
    select
        'leads' as source_name,
        count(case when is_created_at_unreadable then 1 end) as unreadable_created_at,
        count(case when is_updated_at_unreadable then 1 end) as unreadable_updated_at,
        cast(null as bigint) as unreadable_loaded_at
    from {{ ref('int_identity__judged_leads') }}

    union all

    select
        'events' as source_name,
        cast(null as bigint) as unreadable_created_at,
        cast(null as bigint) as unreadable_updated_at,
        count(case when is_loaded_at_unreadable then 1 end) as unreadable_loaded_at
    from {{ ref('int_facts__events') }}
),

scored_leads as (
    select scorecard_id
    from {{ ref('scored_leads') }}

    union all

    select scorecard_id
    from {{ ref('scored_leads_draft') }}
),

scorecard_counts as (
    select
        scorecards.scorecard_id,
        count(scored_leads.scorecard_id) as leads_scored
    from {{ ref('int_policy__scorecards') }} as scorecards
    left join scored_leads on scorecards.scorecard_id = scored_leads.scorecard_id
    group by 1
),

audit_rows as (
    select
        read_counts.source_name,
        cast(null as {{ dbt.type_string() }}) as scorecard_id,
        read_counts.rows_read,
        staged_counts.rows_staged,
        coalesce(rejected_counts.rows_rejected, 0) as rows_rejected,
        unreadable_counts.unreadable_created_at,
        unreadable_counts.unreadable_updated_at,
        unreadable_counts.unreadable_loaded_at,
        cast(null as bigint) as leads_scored
    from read_counts
    inner join staged_counts on read_counts.source_name = staged_counts.source_name
    left join rejected_counts on read_counts.source_name = rejected_counts.source_name
    left join unreadable_counts on read_counts.source_name = unreadable_counts.source_name

    union all

    select
        cast(null as {{ dbt.type_string() }}) as source_name,
        scorecard_id,
        cast(null as bigint) as rows_read,
        cast(null as bigint) as rows_staged,
        cast(null as bigint) as rows_rejected,
        cast(null as bigint) as unreadable_created_at,
        cast(null as bigint) as unreadable_updated_at,
        cast(null as bigint) as unreadable_loaded_at,
        leads_scored
    from scorecard_counts
)

select
    cast({{ text_literal(invocation_id) }} as {{ dbt.type_string() }}) as run_id,
    {{ scoring_moment(started_at) }} as run_started_at,
    {{ scoring_moment(var('as_of')) }} as as_of,
    source_name,
    scorecard_id,
    rows_read,
    rows_staged,
    rows_rejected,
    unreadable_created_at,
    unreadable_updated_at,
    unreadable_loaded_at,
    leads_scored
from audit_rows
