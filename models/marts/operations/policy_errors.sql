-- A row per problem of the policy files. A column that a file lacks is named once, and none of its cells.

with

columns_found as (
    select
        file,
        column_name
    from {{ ref('stg_policy__columns') }}
    where is_found
),

file_errors as (
    select * from {{ ref('int_policy__file_errors') }}
),

cell_errors as (
    select * from {{ ref('int_policy__empty_cell_errors') }}
    union distinct
    select * from {{ ref('int_policy__format_errors') }}
    union distinct
    select * from {{ ref('int_policy__reference_errors') }}
    union distinct
    select * from {{ ref('int_policy__order_errors') }}
    union distinct
    select * from {{ ref('int_policy__pattern_errors') }}
    union distinct
    select * from {{ ref('int_policy__duplicate_errors') }}
    union distinct
    select * from {{ ref('int_policy__measure_errors') }}
    union distinct
    select * from {{ ref('int_policy__needless_cell_errors') }}
),

errors as (
    select
        file,
        row_id,
        column_name,
        value,
        problem,
        remedy
    from file_errors

    union all

    select
        cell_errors.file,
        cell_errors.row_id,
        cell_errors.column_name,
        cell_errors.value,
        cell_errors.problem,
        cell_errors.remedy
    from cell_errors
    inner join columns_found
        on cell_errors.file = columns_found.file and cell_errors.column_name = columns_found.column_name
)

select
    file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from errors
