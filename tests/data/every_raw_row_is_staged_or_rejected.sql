-- Nothing is lost silently: of every raw table, rows read = rows staged + rows rejected.
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
)

select
    read_counts.source_name,
    read_counts.rows_read,
    staged_counts.rows_staged,
    rejected_counts.rows_rejected
from read_counts
inner join staged_counts on read_counts.source_name = staged_counts.source_name
left join rejected_counts on read_counts.source_name = rejected_counts.source_name
where read_counts.rows_read <> staged_counts.rows_staged + coalesce(rejected_counts.rows_rejected, 0)
