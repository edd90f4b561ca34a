{# Tables that outlive a run, also where dbt's `incremental` cannot replace rows. #}

{# The materialization of tables that outlive a run. #}
{% macro stateful() %}
    {{ return(adapter.dispatch('stateful', 'leadscore')()) }}
{% endmacro %}

{% macro default__stateful() %}
    {{ return('incremental') }}
{% endmacro %}

{# Plain tables of Spark know neither delete nor merge, and dbt's `incremental` for it takes no strategies of others. #}
{% macro spark__stateful() %}
    {{ return('stateful') }}
{% endmacro %}


{# Whether the table of the calling model holds rows of earlier runs, which this run adds to. #}
{% macro has_stored_rows() %}
    {% if is_incremental() %}
        {{ return(true) }}
    {% endif %}
    {% if not execute or model.config.materialized != 'stateful' or should_full_refresh() %}
        {{ return(false) }}
    {% endif %}
    {% if is_running_a_model() %}
        {% do leadscore.recovered_table(this) %}
    {% endif %}
    {{ return(load_relation(this) is not none) }}
{% endmacro %}


{#
    Materialization of tables that outlive a run, for an engine that only writes tables as a whole: the rows that stay
    and the new ones are written to `<name>__next`, which then takes the place of the table. Where the run only adds
    rows they are inserted.

    A run can die anywhere. A table that can be made again is missing then, which makes the next run a full one. One
    that cannot (full_refresh=false) is copied from `<name>__next` rather than renamed, since a rename moves files and
    names in two steps: while the table is missing, `<name>__next` is complete and the next run copies it again.
#}
{% materialization stateful, adapter='spark' %}
    {%- set strategy = config.get('incremental_strategy') -%}
    {%- set is_kept_for_good = config.get('full_refresh') == false -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set next_relation = leadscore.relation_beside(this, '__next') -%}
    {%- set new_table = leadscore.relation_beside(this, '__new') -%}
    {%- set new_view = make_temp_relation(this, '__new_rows') -%}

    {{ run_hooks(pre_hooks) }}

    {%- do leadscore.recovered_table(this) -%}
    {%- set stored = load_relation(this) -%}
    {%- if stored is not none and (stored.is_view or should_full_refresh()) -%}
        {%- do adapter.drop_relation(stored) -%}
        {%- set stored = none -%}
    {%- endif -%}

    {%- if stored is none -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {%- call statement('create_new_rows') -%}
            {{ create_temporary_view(new_view, compiled_code) }}
        {%- endcall -%}
        {%- set condition = leadscore.stateful_condition(strategy, new_table) | trim -%}
        {%- set new_columns = leadscore.names_and_types(new_view) -%}
        {%- set stored_columns = leadscore.names_and_types(stored) -%}
        {%- set same_columns = new_columns.keys() | sort == stored_columns.keys() | sort -%}
        {%- set sees_new_rows = (new_table | string) in condition -%}
        {%- set has_changes = true -%}
        {%- if sees_new_rows -%}
            {#- their query reads the table, so they are worked out once -#}
            {%- do leadscore.write_rows(new_table, 'select * from ' ~ new_view) -%}
            {%- set has_changes = not same_columns or run_query('select 1 as found from ' ~ new_table ~ ' limit 1').rows | length > 0 -%}
        {%- endif -%}
        {%- set new_rows = new_table if sees_new_rows else new_view -%}
        {%- set added = leadscore.added_rows(strategy) -%}

        {%- if not has_changes -%}
            {%- call statement('main') -%}
                select 1 as nothing_to_do
            {%- endcall -%}
        {%- elif condition == '1 = 0' and same_columns -%}
            {%- set names = get_quoted_csv(new_columns.keys()) -%}
            {%- call statement('main') -%}
                insert into {{ target_relation }} ({{ names }})
                select {{ names }}
                from {{ new_rows }}
                where {{ added }}
            {%- endcall -%}
        {%- else -%}
            {%- set columns = dict(new_columns) -%}
            {%- if config.get('on_schema_change') == 'append_new_columns' -%}
                {%- for name in stored_columns if name not in new_columns -%}
                    {%- do columns.update({name: stored_columns[name]}) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- set next_rows -%}
                {%- if condition != '1 = 1' %}
                select {{ leadscore.columns_or_nulls(columns, stored_columns) }}
                from {{ stored }}
                where not coalesce({{ condition }}, false)
                union all
                {%- endif %}
                select {{ leadscore.columns_or_nulls(columns, new_columns) }}
                from {{ new_rows }}
                where {{ added }}
            {%- endset -%}
            {%- do adapter.drop_relation(next_relation) -%}
            {%- call statement('main') -%}
                {{ create_table_as(false, next_relation, next_rows) }}
            {%- endcall -%}
            {%- do adapter.cache_added(next_relation) -%}
            {%- do adapter.drop_relation(stored) -%}
            {%- if is_kept_for_good -%}
                {%- do leadscore.write_rows(target_relation, 'select * from ' ~ next_relation) -%}
                {%- do adapter.drop_relation(next_relation) -%}
            {%- else -%}
                {%- do adapter.rename_relation(next_relation, target_relation) -%}
            {%- endif -%}
        {%- endif -%}
        {%- call statement('drop_new_rows') -%}
            drop view if exists {{ new_view }}
        {%- endcall -%}
        {%- if sees_new_rows -%}
            {%- do adapter.drop_relation(new_table) -%}
        {%- endif -%}
    {%- endif -%}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
    Materialization of the marts, for the same engine: dbt's `table` drops what is there before it works out what comes,
    and a failure would leave none. Here it is dropped once `<name>__next` is written.
#}
{% materialization swapped, adapter='spark' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set next_relation = leadscore.relation_beside(this, '__next') -%}
    {%- set stored = load_relation(this) -%}

    {{ run_hooks(pre_hooks) }}
    {%- do adapter.drop_relation(next_relation) -%}
    {%- call statement('main') -%}
        {{ create_table_as(false, next_relation, compiled_code) }}
    {%- endcall -%}
    {%- do adapter.cache_added(next_relation) -%}
    {%- if stored is not none -%}
        {%- do adapter.drop_relation(stored) -%}
    {%- endif -%}
    {%- do adapter.rename_relation(next_relation, target_relation) -%}

    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
    Materialization of all tables that are built anew, for the embedded engine, which can take back a dropped table: the
    former one goes and the new one is written in one transaction. dbt's `table` renames both instead and looks for
    indexes and foreign keys, which takes longer than most of the models here.
#}
{% materialization swapped, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set stored = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if stored is not none -%}
        {%- do adapter.drop_relation(stored) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ create_table_as(false, target_relation, compiled_code) }}
    {%- endcall -%}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke(stored, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#
    Finishes what a run that died left undone: see the materialization. Args: relation, the table of a model.
#}
{% macro recovered_table(relation) %}
    {%- set next_relation = leadscore.relation_beside(relation, '__next') -%}
    {%- set written = load_relation(next_relation) -%}
    {%- if written is not none -%}
        {%- if load_relation(relation) is none and config.get('full_refresh') == false -%}
            {%- set target_relation = relation.incorporate(type='table') -%}
            {%- do leadscore.write_rows(target_relation, 'select * from ' ~ written) -%}
        {%- endif -%}
        {%- do adapter.drop_relation(written) -%}
    {%- endif -%}
{% endmacro %}


{# A table beside that of a model. Args: relation, suffix. #}
{% macro relation_beside(relation, suffix) %}
    {{ return(relation.incorporate(path={'identifier': relation.identifier ~ suffix}, type='table')) }}
{% endmacro %}


{# Makes a table from a query, in place of one that may be there, and tells dbt of it. #}
{% macro write_rows(relation, query) %}
    {%- do adapter.drop_relation(relation) -%}
    {% call statement('write_rows') %}
        create table {{ relation }} {{ file_format_clause() }}
        as {{ query }}
    {% endcall %}
    {% do adapter.cache_added(relation) %}
{% endmacro %}


{# As replaced_rows, with dbt's own strategies. #}
{% macro stateful_condition(strategy, new_rows) %}
    {%- if strategy == 'append' -%}
        1 = 0
    {%- elif strategy == 'delete+insert' -%}
        {{ leadscore.replaced_rows('spans', new_rows) }}
    {%- else -%}
        {{ leadscore.replaced_rows(strategy, new_rows) }}
    {%- endif -%}
{% endmacro %}


{# The types of a relation's columns by their names. #}
{% macro names_and_types(relation) %}
    {% set found = {} %}
    {% for column in adapter.get_columns_in_relation(relation) %}
        {% do found.update({column.name: column.data_type}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# A select list of all of `columns`, null where a relation lacks one. Args: dicts of name to type. #}
{% macro columns_or_nulls(columns, present) -%}
    {%- for name, type in columns.items() -%}
    {{ 'cast(' ~ (adapter.quote(name) if name in present else 'null') ~ ' as ' ~ type ~ ') as ' ~ adapter.quote(name) }}
    {{- ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
