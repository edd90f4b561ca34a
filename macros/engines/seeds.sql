{# Loading seeds: what the engines' own loaders do with a file that a spreadsheet saved. #}

{#
    Loads the policy seeds (tag `policy`) as the text that stands in the file, other seeds as ever.
    dbt-duckdb's own COPY guesses quotes from the file, guesses types where the format names no column,
    refuses rows that end early and cannot follow a changed set of columns. What a policy file holds is
    judged by policy_errors, not by the loader.
    Overrides the macro of dbt-duckdb; arguments as there.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% if 'policy' not in config.get('tags', []) %}
        {{ return(dbt_duckdb.duckdb__load_csv_rows(model, agate_table)) }}
    {% endif %}
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
