{#
    Reading the tables that loaders land, whatever the loader: Fivetran writes `is_deleted` and
    `property_email`, Airbyte `IsDeleted`, `canonical-vid` and `properties_email`. A column is looked
    for by several names, of which the loaders' differences in case, `_` and `-` are no part.
#}

{#
    A landed table and its columns, as a dict: relation, and columns, a dict of a column's name in lower
    case, and of that without anything but letters and digits, to a dict name, type; none where the
    columns cannot be known (see `source_columns`).
    Args: relation, the source, ref or seed.
    Stops with a message where the table is not there.
#}
{% macro landed_table(relation) %}
    {% if not execute or relation.is_cte %}
        {{ return({'relation': relation, 'columns': none}) }}
    {% endif %}
    {% if not adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier) %}
        {% if flags.WHICH in ('compile', 'docs', 'generate', 'lint', 'list', 'parse') %}
            {{ return({'relation': relation, 'columns': none}) }}
        {% endif %}
        {% do exceptions.raise_compiler_error(
            "The landed table " ~ relation ~ " was not found. Say in the yml of your sources where your loader puts it, "
            ~ "or leave the argument out if you do not load it."
        ) %}
    {% endif %}
    {% set columns = {} %}
    {% set found = adapter.get_columns_in_relation(relation) %}
    {% for column in found %}
        {% set plain = modules.re.sub('[^a-z0-9]', '', column.name | lower) %}
        {% if plain not in columns %}
            {% do columns.update({plain: {'name': column.name, 'type': column.data_type}}) %}
        {% endif %}
    {% endfor %}
    {# a name that is spelled alike outranks one that only sounds alike #}
    {% for column in found %}
        {% do columns.update({column.name | lower: {'name': column.name, 'type': column.data_type}}) %}
    {% endfor %}
    {{ return({'relation': relation, 'columns': columns}) }}
{% endmacro %}


{#
    Those of several columns that a landed table has, in the order of the names, as a list of dicts
    column (SQL), kind (as `cell_kind` names it) and keys (a path into a JSON column, else empty).
    Args: table, what `landed_table` returned; names, a list of column names, or `column:$.key.key` for a
    leaf of a JSON column. Where the columns cannot be known the first name counts, as text.
#}
{% macro landed_cells(table, names) %}
    {% set cells = [] %}
    {% for place in (names if table.columns is not none else names[:1]) %}
        {% set name, separator, path = (place | lower if ':$' not in place else place).partition(':$') %}
        {% set keys = path.strip('.').split('.') if separator else [] %}
        {% set plain = modules.re.sub('[^a-z0-9]', '', name | lower) %}
        {% set found = {'name': name, 'type': 'text'} if table.columns is none
            else table.columns.get(name | lower, table.columns.get(plain)) %}
        {% if found %}
            {% set cell = {'column': leadscore.quoted_name(found.name), 'kind': leadscore.cell_kind(found.type), 'keys': keys} %}
            {% if cell not in cells %}
                {% do cells.append(cell) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(cells) }}
{% endmacro %}


{#
    SQL of the first known of several columns, as trimmed text; of a null where the table has none of them.
    Args as for `landed_cells`.
#}
{% macro landed_text(table, names) -%}
    {%- set texts = [] -%}
    {%- for cell in leadscore.landed_cells(table, names) -%}{%- do texts.append(leadscore._landed_text(cell)) -%}{%- endfor -%}
    {{ leadscore._first_known(texts, 'cast(null as ' ~ dbt.type_string() ~ ')') }}
{%- endmacro %}

{% macro _landed_text(cell) -%}
    {%- if cell['keys'] -%}
    {{ leadscore.trimmed(leadscore.json_leaf('(' ~ leadscore.cell_as_text(cell.column, cell.kind) ~ ')', cell['keys'])) }}
    {%- else -%}
    {{ leadscore._source_cell(cell.column, cell.kind).text }}
    {%- endif -%}
{%- endmacro %}


{#
    SQL of the first known of several columns as a UTC timestamp: of a column of times, of milliseconds
    since 1970 (numbers, or text of 11 to 14 digits), or of text by the grammar of raw times. Null where it
    cannot be read, or where the table has none of them. Args as for `landed_cells`.
#}
{% macro landed_time(table, names) -%}
    {%- set times = [] -%}
    {%- for cell in leadscore.landed_cells(table, names) -%}
        {%- if cell.kind in ('date', 'time', 'fine_time', 'zoned_time') -%}
            {%- do times.append(leadscore.cell_as_time(cell.column, cell.kind)) -%}
        {%- elif cell.kind in ('text', 'nested') or cell['keys'] -%}
            {%- set text = leadscore._landed_text(cell) -%}
            {%- do times.append(
                'case when ' ~ leadscore.regex_found(text, "'^[0-9]{11,14}$'") ~ ' then ' ~ leadscore.time_of_milliseconds(text)
                ~ ' else ' ~ leadscore.parsed_time(text) ~ ' end'
            ) -%}
        {%- else -%}
            {%- do times.append(leadscore.time_of_milliseconds(cell.column)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ leadscore._first_known(times, 'cast(null as ' ~ dbt.type_timestamp() ~ ')') }}
{%- endmacro %}

{% macro _first_known(expressions, none_of_them) -%}
    {%- if not expressions -%}
    {{ none_of_them }}
    {%- elif expressions | length == 1 -%}
    {{ expressions[0] }}
    {%- else -%}
    coalesce({{ expressions | join(', ') }})
    {%- endif -%}
{%- endmacro %}


{# A UTC timestamp from milliseconds since 1970, a whole number or its digits. #}
{% macro time_of_milliseconds(milliseconds) -%}
    {{ leadscore.microseconds_later("cast('1970-01-01 00:00:00' as timestamp)", 'cast(' ~ milliseconds ~ ' as bigint) * 1000') }}
{%- endmacro %}


{# SQL of whether the first known of several columns says yes; false where none is known. Args as for `landed_cells`. #}
{% macro landed_flag(table, names) -%}
    coalesce(lower({{ leadscore.landed_text(table, names) }}), 'false') in ('true', 't', 'yes', 'y', '1')
{%- endmacro %}


{#
    SQL of whether a row still stands in the source: neither deleted there, as the loaders mark it, nor an
    older version of a row. Args: table, what `landed_table` returned.
#}
{% macro landed_row_stands(table) -%}
    {%- if table.columns is none -%}
    true
    {%- else -%}
    (
        not {{ leadscore.landed_flag(table, ['_fivetran_deleted']) }}
        and not {{ leadscore.landed_flag(table, ['is_deleted']) }}
        and not {{ leadscore.landed_flag(table, ['archived']) }}
        and {{ leadscore._landed_version_stands(table) }}
    )
    {%- endif -%}
{%- endmacro %}

{# SQL of whether a row is the newest version of itself, where Fivetran keeps the older ones (history mode). #}
{% macro _landed_version_stands(table) -%}
    {%- if table.columns is none -%}
    true
    {%- else -%}
    coalesce(lower({{ leadscore.landed_text(table, ['_fivetran_active']) }}), 'true') not in ('false', 'f', 'no', 'n', '0')
    {%- endif -%}
{%- endmacro %}


{# SQL of when the loader wrote a row; null where it does not say so. #}
{% macro landed_load_time(table) -%}
    {{ leadscore.landed_time(table, ['_fivetran_synced', '_airbyte_extracted_at', '_airbyte_emitted_at'] if table.columns is not none else []) }}
{%- endmacro %}


{#
    SQL of when an event that is planned ahead counts as loaded: when it takes place, if that is later than
    the loader wrote it. A meeting next week would otherwise be refused as `future_time`.
    Args: loaded_at, occurred_at, SQL of timestamps.
#}
{% macro load_time_of_planned(loaded_at, occurred_at) -%}
    case when {{ occurred_at }} > {{ loaded_at }} then {{ occurred_at }} else {{ loaded_at }} end
{%- endmacro %}


{#
    The columns that a user wants to be carried along, as a list of dicts alias and text (SQL).
    Args:
        table     what `landed_table` returned
        wanted    a list of names, or a dict of the column to make to the name in the source
        prefixes  what the loaders may put before the name, such as `property_`; a prefix that ends in
                  `:$.` makes it a key of a JSON column
        is_given  whether the user named them, so that one that the table lacks deserves a warning
#}
{% macro landed_extras(table, wanted, prefixes=[''], is_given=true) %}
    {% set extras = [] %}
    {% set pairs = wanted.items() if wanted is mapping else zip(wanted, wanted) %}
    {% for alias, name in pairs %}
        {% set places = [name] if ':$' in name else [] %}
        {% for prefix in prefixes if ':$' not in name %}{% do places.append(prefix ~ name) %}{% endfor %}
        {% if is_given and table.columns is not none and not leadscore.landed_cells(table, places) %}
            {% do exceptions.warn(
                "The landed table " ~ table.relation ~ " has no column for '" ~ name ~ "' (looked for "
                ~ (places | join(', ')) ~ "): not known for all rows."
            ) %}
        {% endif %}
        {% do extras.append({'alias': leadscore.quoted_name(alias | lower), 'text': leadscore.landed_text(table, places)}) %}
    {% endfor %}
    {{ return(extras) }}
{% endmacro %}


{# SQL of the domain of a mail address, in lower case; null where there is no `@`. #}
{% macro email_domain(email) -%}
    case when {{ email }} like '%@%' then {{ leadscore.trimmed("lower(" ~ leadscore.regex_replaced(email, "'^.*@'", "''") ~ ")") }} end
{%- endmacro %}


{# The rows of several CTEs, one after the other, with the columns that a raw input has. #}
{% macro union_of(names, columns) -%}
    {%- for name in names %}
{{ 'union all' if not loop.first }}
select
    {{ columns | join(',\n    ') }}
from {{ name }}
    {%- endfor %}
{%- endmacro %}


{# Stops with a message where a macro was called without any of its tables. #}
{% macro need_a_table(macro_name, tables) %}
    {% if execute and not tables.values() | reject('none') | list %}
        {% do exceptions.raise_compiler_error(
            "The macro " ~ macro_name ~ " needs at least one table: " ~ (tables | join(', ')) ~ "."
        ) %}
    {% endif %}
{% endmacro %}
