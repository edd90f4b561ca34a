-- Files and columns that are missing, and files whose cells are not separated by commas.

with

files as (
    select
        file,
        is_file_found,
        separator,
        {{ joined_text('column_name', ',', 'position') }} as column_names
    from {{ ref('stg_policy__columns') }}
    group by file, is_file_found, separator
),

missing_files as (
    select
        file,
        cast(null as {{ dbt.type_string() }}) as column_name,
        'The file is missing.' as problem,
        'Put a file of this name into seeds/scoring, with the first line ' || column_names
        || '. It may hold no other line.' as remedy
    from files
    where not is_file_found
),

wrong_separators as (
    select
        file,
        cast(null as {{ dbt.type_string() }}) as column_name,
        case separator
            when 'semicolon' then 'The cells are separated by ; and not by commas.'
            else 'The cells are separated by tabs and not by commas.'
        end as problem,
        'Save the file as CSV with commas between the cells ("CSV UTF-8 (comma delimited)" in a spreadsheet).' as remedy
    from files
    where is_file_found and separator <> 'comma'
),

missing_columns as (
    select
        file,
        column_name,
        'The column is missing.' as problem,
        'Add ' || column_name || ' to the first line of the file. Its cells may stay empty where a default is meant.'
            as remedy
    from {{ ref('stg_policy__columns') }}
    where is_file_found and separator = 'comma' and not is_found and column_name <> 'notes'
),

errors as (
    select * from missing_files
    union all
    select * from wrong_separators
    union all
    select * from missing_columns
)

select
    file,
    cast(null as {{ dbt.type_string() }}) as row_id,
    column_name,
    cast(null as {{ dbt.type_string() }}) as value,
    problem,
    remedy
from errors
