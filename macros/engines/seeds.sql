{#
    Loading seeds: what the engines' own loaders do with a file that a spreadsheet saved.

    The macros <engine>__load_csv_rows override those of dbt, and concern the seeds of which is_policy_seed holds; all
    others go on to dbt's own loader. A project that imports this one lets dbt find them here, for its own policy files:
        dispatch: [{macro_namespace: dbt, search_order: [<its name>, leadscore, dbt]}]
    They then run for its seeds too, where only macros with their package's name before them are found.
#}

{#
    Whether a seed is loaded as the text that stands in its file: those of this project, and of another one that imports
    it the files that are called like a policy file and lie in a folder `scoring`.
    Args: model, the seed as dbt hands it to the loader.
#}
{% macro is_policy_seed(model) %}
    {{ return(
        model.package_name == 'leadscore'
        or (model.name in leadscore.policy_format() and 'scoring' in model.fqn[1:-1])
    ) }}
{% endmacro %}


{#
    Loads policy seeds as text.
    dbt-duckdb's own COPY guesses quotes from the file, guesses types where the format names no column,
    refuses rows that end early and cannot follow a changed set of columns. What a policy file holds is
    judged by policy_errors, not by the loader.
    Overrides the macro of dbt-duckdb; arguments as there.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% if not leadscore.is_policy_seed(model) %}
        {{ return(dbt.duckdb__load_csv_rows(model, agate_table)) }}
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


{#
    Likewise on PostgreSQL: its server cannot read the file, and dbt's own loader guesses types, takes `null` for an
    empty cell and cannot follow a changed set of columns either.
    Overrides macros of dbt; arguments as there.
#}
{% macro postgres__create_csv_table(model, agate_table) %}
    {% if not leadscore.is_policy_seed(model) %}
        {{ return(default__create_csv_table(model, agate_table)) }}
    {% endif %}
    {% set columns = [] %}
    {% for name in agate_table.column_names %}
        {% do columns.append(leadscore.quoted_name(name) ~ ' text') %}
    {% endfor %}
    {% set sql = 'create table ' ~ this ~ ' (' ~ columns | join(', ') ~ ')' %}
    {% call statement('_') %}
        {{ sql }}
    {% endcall %}
    {{ return(sql) }}
{% endmacro %}

{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {% set is_other = full_refresh %}
    {% if leadscore.is_policy_seed(model) and not full_refresh %}
        {% set stored = adapter.get_columns_in_relation(old_relation) | map(attribute='name') | list %}
        {% set is_other = stored | sort != agate_table.column_names | list | sort %}
    {% endif %}
    {{ return(default__reset_csv_table(model, is_other, old_relation, agate_table)) }}
{% endmacro %}

{% macro postgres__load_csv_rows(model, agate_table) %}
    {% if not leadscore.is_policy_seed(model) %}
        {{ return(default__load_csv_rows(model, agate_table)) }}
    {% endif %}
    {% set rows = [] %}
    {% for row in leadscore.rows_as_text(agate_table) %}
        {% do rows.append(row | list) %}
    {% endfor %}
    {#- one value for all rows: a placeholder for each cell takes ten times as long -#}
    {% set names, cells = [], [] %}
    {% for name in agate_table.column_names %}
        {% do names.append(leadscore.quoted_name(name) | replace('%', '%%')) %}
        {% do cells.append("nullif(rows_of_file.cells ->> " ~ loop.index0 ~ ", '')") %}
    {% endfor %}
    {% set sql %}
        insert into {{ this }} ({{ names | join(', ') }})
        select {{ cells | join(', ') }}
        from json_array_elements(cast(%s as json)) as rows_of_file (cells)
    {% endset %}
    {% do adapter.add_query(sql, bindings=[tojson(rows)], abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}


{#
    The rows of a CSV file as dbt read it, read once more so that every cell is the text that stands there.
    Args: agate_table, as dbt's `load_agate_table` gives it.
#}
{% macro rows_as_text(agate_table) %}
    {% set text_types = agate_table.column_types | selectattr('cast_nulls', 'defined') | list %}
    {% if not text_types %}
        {{ return(agate_table.rows) }}
    {% endif %}
    {#- which texts this type takes for nulls is a list; nothing else may be changed from here -#}
    {% set text_type = text_types[0] %}
    {% do text_type.null_values.clear() %}
    {{ return(agate_table.from_csv(
        agate_table.original_abspath,
        column_types=[text_type] * (agate_table.column_names | length),
        delimiter=config.get('delimiter', ','),
        encoding='utf-8-sig'
    ).rows) }}
{% endmacro %}
