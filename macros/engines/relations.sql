{# Tables and views: what becomes of a view while what it reads is made anew. #}

{#
    The materialization of a mart that is a view where views outlive the tables that they read. PostgreSQL drops them
    with each table that a run replaces, so readers would miss the mart from there to the end of the run.
#}
{% macro mart_view() %}
    {{ return(adapter.dispatch('mart_view', 'leadscore')()) }}
{% endmacro %}

{% macro default__mart_view() %}
    {{ return('view') }}
{% endmacro %}

{% macro postgres__mart_view() %}
    {{ return('table') }}
{% endmacro %}


{#
    A statement that lets roles read a mart; nothing without a role, or on an engine with other ways to say who reads.
    Args: relation, of the mart; roles, a list of names.
#}
{% macro reader_grant(relation, roles) %}
    {{- adapter.dispatch('reader_grant', 'leadscore')(relation, roles) -}}
{% endmacro %}

{% macro default__reader_grant(relation, roles) %}
{% endmacro %}

{% macro postgres__reader_grant(relation, roles) %}
    {%- if roles -%}
        grant select on {{ relation }} to {{ roles | join(', ') }}
    {%- endif -%}
{% endmacro %}


{#
    A statement that lets roles look into the schema of a mart, as reader_grant. Not into that of a replay, which is none of
    theirs.
    Args: schema, of the mart; roles, a list of names; schema_suffix, of a replay.
#}
{% macro reader_access(schema, roles, schema_suffix) %}
    {{- adapter.dispatch('reader_access', 'leadscore')(schema, roles, schema_suffix) -}}
{% endmacro %}

{% macro default__reader_access(schema, roles, schema_suffix) %}
{% endmacro %}

{% macro postgres__reader_access(schema, roles, schema_suffix) %}
    {%- if roles and not schema_suffix -%}
        grant usage on schema {{ adapter.quote(schema) }} to {{ roles | join(', ') }}
    {%- endif -%}
{% endmacro %}


{# Stops the run, before anything is scored, in a database in which scores would be other ones. #}
{% macro refuse_unfit_database() %}
    {{ return(adapter.dispatch('refuse_unfit_database', 'leadscore')()) }}
{% endmacro %}

{% macro default__refuse_unfit_database() %}
{% endmacro %}

{% macro postgres__refuse_unfit_database() %}
    {% set version, encoding, folded = run_query(
        "select cast(current_setting('server_version_num') as integer), current_setting('server_encoding'), "
        ~ "lower('\u00c4\u0416')"
    ).rows[0] %}
    {% if version < 150000 %}
        {% do exceptions.raise_compiler_error(
            'PostgreSQL 15 or later is needed; this is version ' ~ version // 10000 ~ '.'
        ) %}
    {% endif %}
    {% if encoding != 'UTF8' or folded != '\u00e4\u0436' %}
        {% do exceptions.raise_compiler_error(
            'The database ' ~ target.dbname ~ ' cannot fold the case of letters other than a to z (encoding ' ~ encoding
            ~ '), so that Ärzte and ÄRZTE would be two texts. Create it so that it can: create database ' ~ target.dbname
            ~ " template template0 encoding 'UTF8' lc_ctype 'C.UTF-8' (or another locale of UTF-8), and move the raw tables."
        ) %}
    {% endif %}
{% endmacro %}
