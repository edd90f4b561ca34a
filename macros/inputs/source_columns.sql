{#
    The columns that a raw table really has, as a list of dicts name, type; none where they cannot be
    known: while dbt parses, in a unit test (whose rows are a CTE), or when dbt only compiles and the
    table is not loaded yet. Every needed column then counts as a text column that is there.
    Args: relation, the source or seed; what, its name for people, e.g. crm.leads.
#}
{% macro source_columns(relation, what) %}
    {% if not execute or relation.is_cte %}
        {{ return(none) }}
    {% endif %}
    {% if not adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier) %}
        {% if flags.WHICH in ('compile', 'docs', 'generate', 'lint', 'list', 'parse') %}
            {{ return(none) }}
        {% endif %}
        {% do exceptions.raise_compiler_error(
            "The raw table " ~ what ~ " was not found as " ~ relation ~ ". Load it, or say where it is with the vars "
            ~ "crm_database, crm_schema, tracking_database, tracking_schema, leads_table, outcomes_table, events_table "
            ~ "and identities_table. If you have no outcomes or identities, set has_outcomes or has_identities to false."
        ) %}
    {% endif %}
    {% set found = [] %}
    {% for column in adapter.get_columns_in_relation(relation) %}
        {% do found.append({'name': column.name, 'type': column.data_type}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#
    How the needed columns of a raw table are read, whatever their types and the case of their names:
    a dict of lower-case column name to a dict
        text        SQL of the cell as trimmed text; null when it holds nothing
        is_typed    whether the column holds times itself, so that no text has to be parsed
        typed_time  SQL of the cell as a UTC timestamp if so, else of a null
    A column that the table lacks reads as null everywhere.
    Args:
        found     what `source_columns` returned
        what      the table's name for people
        required  columns that must be there
        any_of    columns of which at least one must be there
        optional  columns that may be there
        declared  dict of var name to the list of columns that this var declares; a warning says which
                  of them are not there
#}
{% macro source_cells(found, what, required, any_of=[], optional=[], declared={}) %}
    {% set by_name = {} %}
    {% for column in found or [] %}
        {% if column.name | lower in by_name and by_name[column.name | lower].name != column.name %}
            {% do exceptions.raise_compiler_error(
                "The raw table " ~ what ~ " has the columns " ~ by_name[column.name | lower].name ~ " and " ~ column.name
                ~ ", which differ only in case. Column names match in any case; rename one of them."
            ) %}
        {% endif %}
        {% do by_name.update({column.name | lower: column}) %}
    {% endfor %}

    {% if found is not none %}
        {% set missing = required | reject('in', by_name) | list %}
        {% if any_of and not (any_of | select('in', by_name) | list) %}
            {% do missing.append(any_of | join(' or ')) %}
        {% endif %}
        {% if missing %}
            {% do exceptions.raise_compiler_error(
                "The raw table " ~ what ~ " lacks the required column" ~ ('s ' if missing | length > 1 else ' ')
                ~ (missing | join(', ')) ~ ". It has " ~ (by_name | join(', ') or 'no column at all')
                ~ ". Rename or add what is missing (names match in any case), for instance in a view that the vars then point to."
            ) %}
        {% endif %}
        {% for var_name, columns in declared.items() %}
            {% set absent = columns | reject('in', by_name) | unique | list %}
            {% if absent %}
                {% do exceptions.warn(
                    "The raw table " ~ what ~ " has no column " ~ (absent | join(', ')) ~ ", which the var " ~ var_name
                    ~ " declares: not known for all rows."
                ) %}
            {% endif %}
        {% endfor %}
    {% endif %}

    {% set needed = required + any_of + optional %}
    {% for columns in declared.values() %}
        {% do needed.extend(columns) %}
    {% endfor %}
    {% set cells = {} %}
    {% for name in needed | unique %}
        {% if found is none %}
            {% do cells.update({name: leadscore._source_cell(quoted_name(name), 'text')}) %}
        {% elif name in by_name %}
            {% do cells.update({name: leadscore._source_cell(quoted_name(by_name[name].name), cell_kind(by_name[name].type))}) %}
        {% else %}
            {% do cells.update({name: leadscore._source_cell('cast(null as ' ~ dbt.type_string() ~ ')', 'absent')}) %}
        {% endif %}
    {% endfor %}
    {{ return(cells) }}
{% endmacro %}

{% macro _source_cell(column, kind) %}
    {% set is_typed = kind in ('date', 'time', 'fine_time', 'zoned_time') %}
    {% set text = column if kind == 'absent' else leadscore.cell_as_text(column, kind) %}
    {{ return({
        'text': leadscore.trimmed(text) if kind in ('text', 'nested', 'other') else text,
        'is_typed': is_typed,
        'typed_time': leadscore.cell_as_time(column, kind) if is_typed else 'cast(null as ' ~ dbt.type_timestamp() ~ ')',
    }) }}
{% endmacro %}


{#
    The text of a time as a base model keeps it: null where the source column holds times itself.
    Args: cells, as `source_cells` returned them; name, the source column.
#}
{% macro time_text(cells, name) -%}
    {{ 'cast(null as ' ~ dbt.type_string() ~ ')' if cells[name].is_typed else cells[name].text }}
{%- endmacro %}


{#
    A time of a base model, from its columns <name>_cell (text) and <name>_typed.
    Args as for `time_text`.
#}
{% macro cell_time(cells, name) -%}
    {%- if cells[name].is_typed -%}{{ name }}_typed{%- else -%}{{ parsed_time(name ~ '_cell') }}{%- endif -%}
{%- endmacro %}


{# Whether the source says any time there, readable or not. Args as for `time_text`. #}
{% macro cell_is_given(cells, name) -%}
    {{ name }}_{{ 'typed' if cells[name].is_typed else 'cell' }} is not null
{%- endmacro %}


{#
    The cells of a raw lead that have a meaning, as base_crm__leads holds them: a list of dicts
        column    lower-case name of the source column
        alias     column of the base model with the trimmed text as it stands; for a source column that
                  holds times itself that one is null, and the time stands for it
        time      column of the base model with the time, for columns that the contract names as times
        is_own    whether the contract names the column; else only a var declares it
        is_shown  whether only lead_columns_in_mart declares it
    Args: attributes, mart_columns: what declared_attributes and declared_mart_columns returned; moment_column, the
    column of each lead's own moment or none, which only decides between rows that are otherwise equal.
#}
{% macro lead_cells(attributes, mart_columns, moment_column=none) %}
    {% set cells = leadscore._own_cells(['lead_id', 'account_id', 'email'], ['created_at', 'updated_at']) %}
    {% do leadscore._add_cells(cells, attributes | map(attribute='column') | list, false) %}
    {% do leadscore._add_cells(cells, mart_columns | map(attribute='column') | list, true) %}
    {% do leadscore._add_cells(cells, [moment_column] if moment_column else [], true) %}
    {{ return(cells) }}
{% endmacro %}

{# The cells of a raw event that have a meaning, as base_tracking__events holds them; else as lead_cells. #}
{% macro event_cells(properties) %}
    {% set cells = leadscore._own_cells(
        ['event_id', 'event_name', 'lead_id', 'anonymous_id'], ['occurred_at', 'loaded_at']
    ) %}
    {% do leadscore._add_cells(cells, properties | map(attribute='column') | list, false) %}
    {{ return(cells) }}
{% endmacro %}

{% macro _own_cells(texts, times) %}
    {% set cells = [] %}
    {% for column in texts %}
        {% do cells.append({'column': column, 'alias': column, 'time': none, 'is_own': true, 'is_shown': false}) %}
    {% endfor %}
    {% for column in times %}
        {% do cells.append({
            'column': column, 'alias': column ~ '_cell', 'time': column, 'is_own': true, 'is_shown': false,
        }) %}
    {% endfor %}
    {{ return(cells) }}
{% endmacro %}

{% macro _add_cells(cells, columns, is_shown) %}
    {% for column in columns %}
        {% if column not in cells | map(attribute='column') %}
            {% do cells.append({
                'column': column,
                'alias': leadscore._free_alias('cell', column, cells | map(attribute='alias') | list),
                'time': none,
                'is_own': false,
                'is_shown': is_shown,
            }) %}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# The aliases of the cells that only vars declare, by their source columns in the order of those names. #}
{% macro aliases_by_column(cells) %}
    {% set found = {} %}
    {% for cell in cells | rejectattr('is_own') | sort(attribute='column') %}
        {% do found.update({cell.column: cell.alias}) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#
    The trimmed text of a source column as it stands, from a base model's columns.
    Args: cells, what lead_cells or event_cells returned; column, the source column; table, the base
    model's alias where one is needed.
#}
{% macro cell_text(cells, column, table='') -%}
    {%- set cell = cells | selectattr('column', 'equalto', column) | first -%}
    {%- set prefix = table ~ '.' if table else '' -%}
    {%- if cell.time -%}
    coalesce({{ prefix }}{{ cell.alias }}, {{ cell_as_text(prefix ~ cell.time, 'time') }})
    {%- else -%}
    {{ prefix }}{{ cell.alias }}
    {%- endif -%}
{%- endmacro %}


{#
    The order in which one of several rows with the same id is kept when the rule of its source leaves a
    tie: by the source's columns in the order of their lower-case names, as trimmed text as it stands,
    an empty cell lowest, the greatest row first. Columns that are only shown decide last, so that the
    row is the same however the input is ordered.
    Args: cells, what lead_cells or event_cells returned; table, the base model's alias where one is needed.
#}
{% macro tie_order(cells, table='') -%}
    {%- for cell in (cells | sort(attribute='column', case_sensitive=true)) | sort(attribute='is_shown') %}
    {{ by_bytes(cell_text(cells, cell.column, table)) }} desc nulls last{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#
    A cell of an attribute or property as it is compared: null where it says "not known".
    Args: text, an SQL expression of trimmed text; missing_values, the var's list.
#}
{% macro cleaned(text, missing_values) -%}
    {%- set words = [] -%}
    {%- for value in missing_values -%}
        {#- an unquoted null in YAML is no text -#}
        {%- set word = 'null' if value is none else value | string | trim -%}
        {%- if word -%}{%- do words.append(leadscore.lower_case(text_literal(word))) -%}{%- endif -%}
    {%- endfor -%}
    {%- if words -%}
    case when {{ leadscore.lower_case(text) }} not in ({{ words | unique | join(', ') }}) then {{ text }} end
    {%- else -%}
    {{ text }}
    {%- endif -%}
{%- endmacro %}


{#
    The trimmed text of an event's property as it stands in a base model's columns; of a path its leaf.
    Args: cells, what event_cells returned; property, one of declared_properties; table, the base model's alias.
#}
{% macro property_text(cells, property, table='') -%}
    {%- set text = cell_text(cells, property.column, table) -%}
    {{ trimmed(json_leaf(text, property.path)) if property.path else text }}
{%- endmacro %}
