-- The batches of `leadscore export --destination`, which adds the rows; a run only sees to it that the table is there.
{{ config(
    materialized=stateful(),
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

select
    cast(null as {{ dbt.type_string() }}) as batch_id,
    cast(null as {{ dbt.type_string() }}) as destination,
    cast(null as {{ dbt.type_int() }}) as batch_number,
    cast(null as {{ dbt.type_string() }}) as status,
    cast(null as {{ dbt.type_string() }}) as file_name,
    cast(null as {{ dbt.type_string() }}) as column_map,
    cast(null as {{ dbt.type_bigint() }}) as row_count,
    cast(null as timestamp) as recorded_at
where false
