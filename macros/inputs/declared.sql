{#
    What the vars declare about the raw tables. Models read the var and pass it on, so that unit
    tests can override it.
#}

{#
    The declared attributes of leads, as a list of dicts:
        name    lower-case name, as criteria are matched against it
        column  the source column's name, lower case
        alias   the column of stg_crm__leads that holds it, e.g. attribute_lead_source
    Args: lead_attributes, the var's list of column names.
#}
{% macro declared_attributes(lead_attributes) %}
    {% set declared = [] %}
    {% for name in lead_attributes %}
        {% do leadscore._declare(declared, 'attribute', name | string, name | string) %}
    {% endfor %}
    {{ return(declared) }}
{% endmacro %}

{#
    The declared properties of events, as a list of dicts: name and alias as above (property_page),
    column, and path: the list of keys into a JSON column, empty for a plain column.
    Args: event_properties, the var's dict of name to `column` or `column:$.a.b`.
#}
{% macro declared_properties(event_properties) %}
    {% set declared = [] %}
    {% for name, place in event_properties.items() %}
        {% do leadscore._declare(declared, 'property', name | string, place | string) %}
    {% endfor %}
    {{ return(declared) }}
{% endmacro %}

{#
    The columns of leads that the marts show, as a list of dicts:
        column  the source column's name, lower case
        alias   the column of stg_crm__leads that holds it, e.g. mart_phone
    Args: lead_columns_in_mart, the var's list of column names.
#}
{% macro declared_mart_columns(lead_columns_in_mart) %}
    {% set declared = [] %}
    {% for column in lead_columns_in_mart | map('string') | map('trim') | map('lower') | unique %}
        {% do declared.append({
            'column': column,
            'alias': leadscore._free_alias('mart', column, declared | map(attribute='alias') | list),
        }) %}
    {% endfor %}
    {{ return(declared) }}
{% endmacro %}

{% macro _declare(declared, kind, name, place) %}
    {% set column, separator, path = (place | trim).partition(':$') %}
    {% set keys = path.strip('.').split('.') if separator else [] %}
    {% if not name | trim or not column | trim or (separator and (not path.startswith('.') or '' in keys or '[' in path)) %}
        {% do exceptions.raise_compiler_error(
            "The declared " ~ kind ~ " '" ~ name ~ "' has the place '" ~ place
            ~ "'. Write a column, or column:$.key.key for a path of keys into a JSON column."
        ) %}
    {% endif %}
    {% set clean_name = leadscore.lower_name(name | trim) %}
    {% if clean_name in declared | map(attribute='name') %}
        {% do exceptions.raise_compiler_error(
            "The " ~ kind ~ " '" ~ name ~ "' is declared twice. Names match in any case; keep one of them."
        ) %}
    {% endif %}
    {% do declared.append({
        'name': clean_name,
        'column': column | trim | lower,
        'alias': leadscore._free_alias(kind, clean_name, declared | map(attribute='alias') | list),
        'path': keys,
    }) %}
{% endmacro %}


{# The dictionary key of "not known" for the declared item at a position (attributes first, then properties). #}
{% macro unknown_value_key(position) -%}
    {{ -1 - position }}
{%- endmacro %}


{# A column name <kind>_<name> that needs no quotes and is none of those taken. #}
{% macro _free_alias(kind, name, taken) %}
    {% set wished = (kind ~ '_' ~ modules.re.sub('[^a-z0-9]+', '_', name | lower))[:50].strip('_') %}
    {% if wished not in taken %}
        {{ return(wished) }}
    {% endif %}
    {% for number in range(2, taken | length + 3) %}
        {% if wished ~ '_' ~ number not in taken %}
            {{ return(wished ~ '_' ~ number) }}
        {% endif %}
    {% endfor %}
{% endmacro %}
