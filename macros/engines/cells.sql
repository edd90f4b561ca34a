{# Cells: source columns of any type as the text and the times that the rules read. #}

{#
    What kind of value a column holds, from the type that the engine names: `text`, `float`,
    `decimal`, `date`, `time`, `fine_time` (finer than microseconds), `zoned_time`, `nested`
    (structs, lists, maps) or `other` (whatever a plain cast writes well: integers, booleans, JSON).
    Args: data_type, the engine's name of the type.
#}
{% macro cell_kind(data_type) %}
    {{ return(adapter.dispatch('cell_kind', 'leadscore')(data_type | lower | trim)) }}
{% endmacro %}

{% macro default__cell_kind(data_type) %}
    {% set word = modules.re.split('[^a-z0-9_]', data_type)[0] %}
    {% if data_type.endswith(']') or word in ('struct', 'map', 'list', 'array', 'union', 'record', 'row', 'super') %}
        {{ return('nested') }}
    {% elif word in ('varchar', 'text', 'string', 'character', 'char', 'bpchar', 'nvarchar') %}
        {{ return('text') }}
    {% elif word in ('float', 'double', 'real', 'float4', 'float8', 'float64') %}
        {{ return('float') }}
    {% elif word in ('decimal', 'numeric', 'bignumeric', 'number') %}
        {{ return('decimal') }}
    {% elif word == 'date' %}
        {{ return('date') }}
    {% elif word in ('timestamptz', 'timestamp_tz', 'timestamp_ltz') or data_type.endswith(' with time zone') %}
        {{ return('zoned_time') }}
    {% elif word == 'timestamp_ns' %}
        {{ return('fine_time') }}
    {% elif word.startswith('timestamp') or word.startswith('datetime') %}
        {{ return('time') }}
    {% endif %}
    {{ return('other') }}
{% endmacro %}

{% macro postgres__cell_kind(data_type) %}
    {#- a time of day with a zone is no moment; numeric may have no precision -#}
    {% if data_type.startswith('time ') or data_type == 'timetz' %}
        {{ return('other') }}
    {% endif %}
    {{ return(leadscore.default__cell_kind(data_type)) }}
{% endmacro %}


{#
    A column of any kind as text, not yet trimmed: numbers plainly (300, not 300.0 or 3e2), times in
    UTC, nested values as JSON. A NaN is no value.
    Args: column, an SQL expression; kind, as `cell_kind` names it.
#}
{% macro cell_as_text(column, kind) -%}
    {{ adapter.dispatch('cell_as_text', 'leadscore')(column, kind) }}
{%- endmacro %}

{% macro duckdb__cell_as_text(column, kind) -%}
    {%- if kind == 'text' -%}
        {#- a column's own collation would otherwise decide how its text compares -#}
        {{ column }} collate "binary"
    {%- elif kind == 'float' -%}
        case
            when isnan({{ column }}) then null
            when isinf({{ column }}) then case when {{ column }} > 0 then 'Infinity' else '-Infinity' end
            when {{ column }} = 0 then '0'
            when not contains(cast({{ column }} as varchar), 'e') then regexp_replace(cast({{ column }} as varchar), '[.]0$', '')
            else
                case when {{ column }} < 0 then '-' else '' end
                || case
                    when contains(cast({{ column }} as varchar), 'e-')
                        then
                            '0.'
                            || repeat('0', cast(split_part(cast({{ column }} as varchar), 'e-', 2) as integer) - 1)
                            || regexp_replace(split_part(cast({{ column }} as varchar), 'e', 1), '[-.]', '', 'g')
                    else
                        rpad(
                            regexp_replace(split_part(cast({{ column }} as varchar), 'e', 1), '[-.]', '', 'g'),
                            cast(split_part(cast({{ column }} as varchar), 'e+', 2) as integer) + 1,
                            '0'
                        )
                end
        end
    {%- elif kind == 'decimal' -%}
        case
            when contains(cast({{ column }} as varchar), '.') then rtrim(rtrim(cast({{ column }} as varchar), '0'), '.')
            else cast({{ column }} as varchar)
        end
    {%- elif kind == 'nested' -%}
        cast(to_json({{ column }}) as varchar)
    {%- elif kind == 'zoned_time' -%}
        cast({{ leadscore.cell_as_time(column, kind) }} as varchar)
    {%- else -%}
        cast({{ column }} as varchar)
    {%- endif -%}
{%- endmacro %}

{% macro postgres__cell_as_text(column, kind) -%}
    {%- if kind == 'float' -%}
        {#- by way of the shortest text that reads as the same number: a cast to numeric keeps 15 digits -#}
        case
            when {{ column }} = 'NaN' then null
            else cast(trim_scale(cast(cast({{ column }} as text) as numeric)) as text)
        end
    {%- elif kind == 'decimal' -%}
        case when {{ column }} <> 'NaN' then cast(trim_scale({{ column }}) as text) end
    {%- elif kind == 'nested' -%}
        cast(to_json({{ column }}) as text)
    {%- elif kind == 'zoned_time' -%}
        cast({{ leadscore.cell_as_time(column, kind) }} as text)
    {%- else -%}
        {#- a column's own collation would otherwise decide how its text compares and folds -#}
        cast({{ column }} as text) collate "default"
    {%- endif -%}
{%- endmacro %}


{#
    A column of a time's kind as a UTC timestamp without zone, to the microsecond; null for infinity.
    Args: column, an SQL expression; kind, one of `date`, `time`, `fine_time`, `zoned_time`.
#}
{% macro cell_as_time(column, kind) -%}
    {{ adapter.dispatch('cell_as_time', 'leadscore')(column, kind) }}
{%- endmacro %}

{% macro duckdb__cell_as_time(column, kind) -%}
    {%- if kind == 'fine_time' -%}
        {#- cut, not rounded, also before 1970 -#}
        make_timestamp((epoch_ns({{ column }}) - ((epoch_ns({{ column }}) % 1000) + 1000) % 1000) // 1000)
    {%- elif kind == 'zoned_time' -%}
        case when isfinite({{ column }}) then make_timestamp(epoch_us({{ column }})) end
    {%- else -%}
        case when isfinite({{ column }}) then cast({{ column }} as timestamp) end
    {%- endif -%}
{%- endmacro %}

{% macro postgres__cell_as_time(column, kind) -%}
    case
        when isfinite({{ column }})
            then {{ column ~ " at time zone 'UTC'" if kind == 'zoned_time' else 'cast(' ~ column ~ ' as timestamp)' }}
    end
{%- endmacro %}
