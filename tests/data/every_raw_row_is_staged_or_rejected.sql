-- Nothing is lost silently: of every raw table, rows read = rows staged + rows rejected.
with

counts as (

    select
        'leads' as source_name,
        (select count(*) from {{ ref('base_crm__leads') }}) as rows_read,
        (select count(*) from {{ ref('stg_crm__leads') }}) as rows_staged,
        (select count(*) from {{ ref('rejected_rows') }} where source_name = 'leads') as rows_rejected

    union all

    select
        'events' as source_name,
        (select count(*) from {{ ref('base_tracking__events') }}) as rows_read,
        (select count(*) from {{ ref('stg_tracking__events') }}) as rows_staged,
        (select count(*) from {{ ref('rejected_rows') }} where source_name = 'events') as rows_rejected

    union all

    select
        'outcomes' as source_name,
        (select count(*) from {{ ref('base_crm__outcomes') }}) as rows_read,
        (select count(*) from {{ ref('stg_crm__outcomes') }}) as rows_staged,
        (select count(*) from {{ ref('rejected_rows') }} where source_name = 'outcomes') as rows_rejected

    union all

    select
        'identities' as source_name,
        (select count(*) from {{ ref('base_tracking__identities') }}) as rows_read,
        (select count(*) from {{ ref('stg_tracking__identities') }}) as rows_staged,
        (select count(*) from {{ ref('rejected_rows') }} where source_name = 'identities') as rows_rejected

)

select
    source_name,
    rows_read,
    rows_staged,
    rows_rejected
from counts
where rows_read <> rows_staged + rows_rejected
