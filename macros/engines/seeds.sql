{# Loading seeds: what the engines' own loaders do with a file that a spreadsheet saved. #}

{#
    Loads every seed of this project as the text that stands in the file.
    dbt-duckdb's own COPY guesses quotes from the file, guesses types where the format names no column,
    refuses rows that end early and cannot follow a changed set of columns. What a policy file holds is
    judged by policy_errors, not by the loader.
    Overrides the macro of dbt-duckdb; arguments as there.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% set sql %}
        create or replace table {{ this }} as
        select *
        from read_csv(
            '{{ adapter.get_seed_file_path(model) | replace("'", "''") }}',
            delim = ',',
            quote = '"',
            escape = '"',
            comment = '',
            header = true,
            skip = 0,
            all_varchar = true,
            null_padding = true,
            strict_mode = false,
            parallel = false
        )
    {% endset %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
