{#
    Versions for warehouses on which the project is compiled and parsed and not run: Snowflake, BigQuery, Redshift, Trino
    and ClickHouse, in this order, after what several of them share. What each macro is for stands beside its default.
    Databricks takes those of Spark. Redshift would take those of PostgreSQL, an engine it left long ago.
#}

{# --- what several of them share ------------------------------------------------------------------------------------ #}

{# A number's text without the zeros behind its point. #}
{% macro _without_last_zeros(text) -%}
    case
        when {{ text }} like '%.%' then rtrim(rtrim({{ text }}, '0'), '.')
        else {{ text }}
    end
{%- endmacro %}

{#
    A quotient cut to a whole number where `/` rounds at some decimal: what is rounded lies half a unit lower. Exact as far
    as that decimal goes. The numerator stands there once, since quotients are nested.
#}
{% macro _rounded_down(numerator, denominator) -%}
    cast(
        round((2 * ({{ numerator }}) - ({{ denominator }}) + 1) / (2 * ({{ denominator }})), 0) as {{ leadscore.type_whole() }}
    )
{%- endmacro %}

{# A constant of text in which a backslash escapes, for a pattern that is written as if it did not. #}
{% macro _escaped_pattern(pattern) -%}
    {{ pattern | replace('\\', '\\\\') if pattern.startswith("'") else pattern }}
{%- endmacro %}

{#
    A time's text as a UTC timestamp, from its parts: digits after the sixth are cut, an offset is taken off.
    Args: text; cast_name, the engine's cast that gives null for what is no time; type, of times.
#}
{% macro _time_of_parts(text, cast_name, type) -%}
    {%- set rest = 'substr(' ~ text ~ ', 17)' -%}
    {%- set seconds = 'substr(' ~ leadscore.regex_replaced(rest, "'( ?Z| ?[+-].*)$'", "''") ~ ', 1, 10)' -%}
    {%- set zone = 'replace(' ~ leadscore.regex_replaced(rest, "'^[^+-]*'", "''") ~ ", ':', '')" -%}
    {%- set local_time -%}
        {{ cast_name }}(
            substr({{ text }}, 1, 10)
            || ' '
            || case when length({{ text }}) > 10 then substr({{ text }}, 12, 5) else '00:00' end
            || case when substr({{ rest }}, 1, 1) = ':' then {{ seconds }} else ':00' end
            as {{ type }}
        )
    {%- endset -%}
    {%- set minutes -%}
        case substr({{ zone }}, 1, 1) when '+' then -1 else 1 end
        * (
            60 * cast(substr({{ zone }}, 2, 2) as integer)
            + cast('0' || substr({{ zone }}, 4, 2) as integer)
        )
    {%- endset -%}
    case
        when
            {{ leadscore.regex_found(text, leadscore.time_pattern()) }}
            and {{ leadscore.regex_found(text, leadscore.existing_day_pattern()) }}
            and {{ text }} not like '0000%'
            then
                case
                    when {{ zone }} = '' then {{ local_time }}
                    else {{ leadscore.microseconds_later(local_time, minutes ~ ' * 60000000') }}
                end
    end
{%- endmacro %}

{#
    The greatest event id and its value as one text: nothing sorts before the mark between them, and engines that have no
    max() of rows have one of texts.
#}
{% macro default__evidence_order(event_id, value_key) -%}
    ({{ event_id }} || chr(1) || coalesce(cast({{ value_key }} as {{ dbt.type_string() }}), ''))
{%- endmacro %}

{% macro default__value_of_evidence(evidence) -%}
    cast(nullif(split_part({{ evidence }}, chr(1), 2), '') as integer)
{%- endmacro %}

{# Numbers as text by way of a decimal: floating point beyond 26 digits before the point, or 12 after it, is not kept. #}
{% macro default__cell_as_text(column, kind) -%}
    {%- set text = dbt.type_string() -%}
    {%- if kind == 'float' -%}
        {{ leadscore._without_last_zeros('cast(cast(' ~ column ~ ' as decimal(38, 12)) as ' ~ text ~ ')') }}
    {%- elif kind == 'decimal' -%}
        {{ leadscore._without_last_zeros('cast(' ~ column ~ ' as ' ~ text ~ ')') }}
    {%- elif kind == 'nested' -%}
        {{ leadscore.row_as_json(column) }}
    {%- elif kind == 'zoned_time' -%}
        cast({{ leadscore.cell_as_time(column, kind) }} as {{ text }})
    {%- else -%}
        cast({{ column }} as {{ text }})
    {%- endif -%}
{%- endmacro %}

{# --- Snowflake ----------------------------------------------------------------------------------------------------- #}

{% macro snowflake__cell_as_time(column, kind) -%}
    {%- if kind == 'zoned_time' -%}
        cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
    {%- else -%}
        cast({{ column }} as timestamp_ntz)
    {%- endif -%}
{%- endmacro %}

{% macro snowflake__trimmed(text) -%}
    nullif(trim({{ text }}, ' \t\n\r'), '')
{%- endmacro %}

{% macro snowflake__join_each_part(text, alias) -%}
    cross join lateral (
        select parts.value as part
        from table(split_to_table({{ text }}, '|')) as parts
    ) as {{ alias }}
{%- endmacro %}

{% macro snowflake__join_each_match(text, pattern, alias) -%}
    cross join lateral (
        select
            cast(matches.value as text) as part,
            matches.index + 1 as position
        from table(flatten(input => regexp_substr_all({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}))) as matches
    ) as {{ alias }}
{%- endmacro %}

{% macro snowflake__joined_text(text, separator, order_by) -%}
    listagg({{ text }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{% macro snowflake__regex_found(text, pattern) -%}
    {#- regexp_like wants the whole text to match -#}
    regexp_instr({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}) > 0
{%- endmacro %}

{% macro snowflake__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}, {{ replacement }})
{%- endmacro %}

{% macro snowflake__hash_number(text) -%}
    to_number(substr(md5({{ text }}), 1, 15), 'XXXXXXXXXXXXXXX')
{%- endmacro %}

{% macro snowflake__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "''") }}'
{%- endmacro %}

{% macro snowflake__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then try_cast({{ text }} as decimal(38, 6))
    end
{%- endmacro %}

{% macro snowflake__whole_quotient(numerator, denominator) -%}
    {{ leadscore._rounded_down(numerator, denominator) }}
{%- endmacro %}

{% macro snowflake__parsed_time(text) -%}
    {{ leadscore._time_of_parts(text, 'try_cast', 'timestamp_ntz') }}
{%- endmacro %}

{% macro snowflake__microseconds_between(earlier, later) -%}
    datediff(microsecond, {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro snowflake__days_between(first_date, second_date) -%}
    datediff(day, {{ first_date }}, {{ second_date }})
{%- endmacro %}

{% macro snowflake__days_later(moment, days) -%}
    dateadd(day, {{ days }}, {{ moment }})
{%- endmacro %}

{% macro snowflake__microseconds_later(moment, microseconds) -%}
    dateadd(microsecond, {{ microseconds }}, {{ moment }})
{%- endmacro %}

{% macro snowflake__json_leaf(text, keys) -%}
    {%- set leaf = namespace(sql='try_parse_json(' ~ text ~ ')') -%}
    {%- for key in keys -%}
        {%- set leaf.sql = 'get(' ~ leaf.sql ~ ', ' ~ leadscore.text_literal(key) ~ ')' -%}
    {%- endfor -%}
    case
        when typeof({{ leaf.sql }}) not in ('OBJECT', 'ARRAY', 'NULL_VALUE') then cast({{ leaf.sql }} as text)
    end
{%- endmacro %}

{% macro snowflake__whole_row(alias) -%}
    object_construct_keep_null({{ alias }}.*)
{%- endmacro %}

{% macro snowflake__row_as_json(whole_row) -%}
    to_json({{ whole_row }})
{%- endmacro %}

{% macro snowflake__texts_as_json(texts) -%}
    to_json(object_construct_keep_null(
        {%- for key, text in texts.items() %}
        {{ leadscore.text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro snowflake__text_of_json(json, key) -%}
    cast(get(parse_json({{ json }}), {{ leadscore.text_literal(key) }}) as text)
{%- endmacro %}

{# --- BigQuery ------------------------------------------------------------------------------------------------------ #}

{% macro bigquery__cell_kind(data_type) %}
    {#- here `timestamp` is a moment, and what has no zone is called datetime -#}
    {{ return('zoned_time' if data_type == 'timestamp' else leadscore.default__cell_kind(data_type)) }}
{% endmacro %}

{% macro bigquery__cell_as_time(column, kind) -%}
    {#- a moment is what the models call a timestamp; what has no zone is taken for UTC -#}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro bigquery__value_of_evidence(evidence) -%}
    cast(nullif(split({{ evidence }}, chr(1))[safe_offset(1)], '') as int64)
{%- endmacro %}

{% macro bigquery__trimmed(text) -%}
    nullif(trim({{ text }}, ' \t\n\r'), '')
{%- endmacro %}

{% macro bigquery__join_each_part(text, alias) -%}
    cross join unnest(array(
        select as struct part
        from unnest(split({{ text }}, '|')) as part
    )) as {{ alias }}
{%- endmacro %}

{% macro bigquery__join_each_match(text, pattern, alias) -%}
    cross join unnest(array(
        select as struct
            part,
            place + 1 as position
        from unnest(regexp_extract_all({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }})) as part with offset as place
    )) as {{ alias }}
{%- endmacro %}

{% macro bigquery__regex_found(text, pattern) -%}
    regexp_contains({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }})
{%- endmacro %}

{% macro bigquery__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}, {{ replacement }})
{%- endmacro %}

{% macro bigquery__type_floating() -%}
    float64
{%- endmacro %}

{% macro bigquery__hash_number(text) -%}
    cast(concat('0x', substr(to_hex(md5({{ text }})), 1, 15)) as int64)
{%- endmacro %}

{% macro bigquery__passing_hash(text) -%}
    farm_fingerprint({{ text }})
{%- endmacro %}

{% macro bigquery__text_md5(text) -%}
    to_hex(md5({{ text }}))
{%- endmacro %}

{% macro bigquery__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "\\'") | replace("\n", "\\n") | replace("\r", "\\r") }}'
{%- endmacro %}

{% macro bigquery__quoted_name(name) -%}
    {{ adapter.quote(name | replace('\\', '\\\\') | replace('`', '\\`')) }}
{%- endmacro %}

{% macro bigquery__type_whole() -%}
    bignumeric
{%- endmacro %}

{% macro bigquery__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then safe_cast({{ text }} as bignumeric(38, 6))
    end
{%- endmacro %}

{% macro bigquery__parsed_time(text) -%}
    {{ leadscore._time_of_parts(text, 'safe_cast', 'timestamp') }}
{%- endmacro %}

{% macro bigquery__microseconds_between(earlier, later) -%}
    timestamp_diff({{ later }}, {{ earlier }}, microsecond)
{%- endmacro %}

{% macro bigquery__days_between(first_date, second_date) -%}
    date_diff({{ second_date }}, {{ first_date }}, day)
{%- endmacro %}

{% macro bigquery__days_later(moment, days) -%}
    timestamp_add({{ moment }}, interval {{ days }} day)
{%- endmacro %}

{% macro bigquery__microseconds_later(moment, microseconds) -%}
    timestamp_add({{ moment }}, interval {{ microseconds }} microsecond)
{%- endmacro %}

{% macro bigquery__json_leaf(text, keys) -%}
    {%- set leaf = namespace(sql='safe.parse_json(' ~ text ~ ", wide_number_mode => 'round')") -%}
    {%- for key in keys -%}
        {%- set leaf.sql = leaf.sql ~ '[' ~ leadscore.text_literal(key) ~ ']' -%}
    {%- endfor -%}
    {#- gives null for objects and arrays -#}
    lax_string({{ leaf.sql }})
{%- endmacro %}

{% macro bigquery__row_as_json(whole_row) -%}
    to_json_string({{ whole_row }})
{%- endmacro %}

{% macro bigquery__texts_as_json(texts) -%}
    to_json_string(json_object(
        {%- for key, text in texts.items() %}
        {{ leadscore.text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro bigquery__text_of_json(json, key) -%}
    lax_string(parse_json({{ json }})[{{ leadscore.text_literal(key) }}])
{%- endmacro %}

{# --- Redshift ------------------------------------------------------------------------------------------------------ #}

{% macro redshift__cell_kind(data_type) %}
    {{ return(leadscore.default__cell_kind(data_type)) }}
{% endmacro %}

{% macro redshift__cell_as_text(column, kind) -%}
    {{ leadscore.default__cell_as_text(column, kind) }}
{%- endmacro %}

{% macro redshift__cell_as_time(column, kind) -%}
    {{ column ~ " at time zone 'UTC'" if kind == 'zoned_time' else 'cast(' ~ column ~ ' as timestamp)' }}
{%- endmacro %}

{% macro redshift__evidence_order(event_id, value_key) -%}
    {{ leadscore.default__evidence_order(event_id, value_key) }}
{%- endmacro %}

{% macro redshift__value_of_evidence(evidence) -%}
    {{ leadscore.default__value_of_evidence(evidence) }}
{%- endmacro %}

{% macro redshift__trimmed(text) -%}
    nullif(btrim({{ text }}, chr(32) || chr(9) || chr(10) || chr(13)), '')
{%- endmacro %}

{% macro redshift__by_bytes(text) -%}
    {{ text }}
{%- endmacro %}

{% macro redshift__join_each_part(text, alias) -%}
    {#- to run there it would have to be given a column: this engine unnests nothing else -#}
    cross join unnest(split_to_array({{ text }}, '|')) as {{ alias }} (part)
{%- endmacro %}

{% macro redshift__joined_text(text, separator, order_by) -%}
    listagg({{ text }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{% macro redshift__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }})
{%- endmacro %}

{% macro redshift__type_floating() -%}
    double precision
{%- endmacro %}

{% macro redshift__hash_number(text) -%}
    strtol(substring(md5({{ text }}), 1, 15), 16)
{%- endmacro %}

{% macro redshift__passing_hash(text) -%}
    {{ leadscore.hash_number(text) }}
{%- endmacro %}

{% macro redshift__text_hash(text) -%}
    {{ leadscore.text_md5(text) }}
{%- endmacro %}

{% macro redshift__join_each_match(text, pattern, alias) -%}
    {#- it has no function that gives every match: right where they follow each other without a gap; see join_each_part -#}
    cross join unnest(
        split_to_array(rtrim(regexp_replace({{ text }}, {{ pattern | trim }}, '$0' || chr(30)), chr(30)), chr(30))
    ) with offset as {{ alias }} (part, position)
{%- endmacro %}

{% macro redshift__whole_quotient(numerator, denominator) -%}
    {{ leadscore._rounded_down(numerator, denominator) }}
{%- endmacro %}

{% macro redshift__parsed_time(text) -%}
    {{ leadscore._time_of_parts(text, 'cast', 'timestamp') }}
{%- endmacro %}

{% macro redshift__microseconds_between(earlier, later) -%}
    datediff(microsecond, {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro redshift__days_between(first_date, second_date) -%}
    datediff(day, {{ first_date }}, {{ second_date }})
{%- endmacro %}

{% macro redshift__days_later(moment, days) -%}
    dateadd(day, {{ days }}, {{ moment }})
{%- endmacro %}

{% macro redshift__microseconds_later(moment, microseconds) -%}
    {#- in two parts, since a number of parts is a plain integer -#}
    dateadd(
        microsecond,
        cast(mod({{ microseconds }}, 1000000) as integer),
        dateadd(second, cast(({{ microseconds }} - mod({{ microseconds }}, 1000000)) / 1000000 as integer), {{ moment }})
    )
{%- endmacro %}

{% macro redshift__json_leaf(text, keys) -%}
    {%- set quoted = [] -%}
    {%- for key in keys -%}{%- do quoted.append(leadscore.text_literal(key)) -%}{%- endfor -%}
    {%- set leaf = 'json_extract_path_text(' ~ text ~ ', ' ~ quoted | join(', ') ~ ', true)' -%}
    case
        when is_valid_json({{ text }}) and left({{ leaf }}, 1) not in ('{', '[') then nullif({{ leaf }}, '')
    end
{%- endmacro %}

{% macro redshift__whole_row(alias) -%}
    object_transform({{ alias }})
{%- endmacro %}

{% macro redshift__row_as_json(whole_row) -%}
    json_serialize({{ whole_row }})
{%- endmacro %}

{% macro redshift__texts_as_json(texts) -%}
    json_serialize(object(
        {%- for key, text in texts.items() %}
        {{ leadscore.text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro redshift__text_of_json(json, key) -%}
    json_extract_path_text({{ json }}, {{ leadscore.text_literal(key) }}, true)
{%- endmacro %}

{% macro redshift__mart_view() %}
    {{ return('table') }}
{% endmacro %}

{% macro redshift__refuse_unfit_database() %}
{% endmacro %}

{# --- Trino --------------------------------------------------------------------------------------------------------- #}

{% macro trino__cell_as_text(column, kind) -%}
    {%- if kind in ('float', 'decimal') -%}
        {%- set number = 'cast(' ~ column ~ ' as decimal(38, 12))' if kind == 'float' else column -%}
        regexp_replace(cast({{ number }} as varchar), '[.]?0+$|(?<=[.][0-9]{0,12}[1-9])0+$', '')
    {%- else -%}
        {{ leadscore.default__cell_as_text(column, kind) }}
    {%- endif -%}
{%- endmacro %}

{% macro trino__cell_as_time(column, kind) -%}
    {%- if kind == 'zoned_time' -%}
        cast({{ column }} at time zone 'UTC' as timestamp(6))
    {%- else -%}
        cast({{ column }} as timestamp(6))
    {%- endif -%}
{%- endmacro %}

{% macro trino__evidence_order(event_id, value_key) -%}
    row({{ event_id }}, {{ value_key }})
{%- endmacro %}

{% macro trino__value_of_evidence(evidence) -%}
    ({{ evidence }})[2]
{%- endmacro %}

{% macro trino__trimmed(text) -%}
    nullif(trim(both chr(32) || chr(9) || chr(10) || chr(13) from {{ text }}), '')
{%- endmacro %}

{% macro trino__plain_number(number) -%}
    trim(trailing '.' from trim(trailing '0' from cast(cast({{ number }} as decimal(38, 2)) as varchar)))
{%- endmacro %}

{% macro trino__join_each_part(text, alias) -%}
    cross join unnest(split({{ text }}, '|')) as {{ alias }} (part)
{%- endmacro %}

{% macro trino__join_each_match(text, pattern, alias) -%}
    cross join unnest(regexp_extract_all({{ text }}, {{ pattern }})) with ordinality as {{ alias }} (part, position)
{%- endmacro %}

{% macro trino__joined_text(text, separator, order_by) -%}
    listagg({{ text }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{% macro trino__regex_found(text, pattern) -%}
    regexp_like({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro trino__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }})
{%- endmacro %}

{% macro trino__hash_number(text) -%}
    from_base(substr(lower(to_hex(md5(to_utf8({{ text }})))), 1, 15), 16)
{%- endmacro %}

{% macro trino__text_md5(text) -%}
    lower(to_hex(md5(to_utf8({{ text }}))))
{%- endmacro %}

{% macro trino__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then try_cast({{ text }} as decimal(38, 6))
    end
{%- endmacro %}

{% macro trino__whole_quotient(numerator, denominator) -%}
    {{ leadscore._rounded_down(numerator, denominator) }}
{%- endmacro %}

{% macro trino__parsed_time(text) -%}
    {{ leadscore._time_of_parts(text, 'try_cast', 'timestamp(6)') }}
{%- endmacro %}

{# Its date_diff counts no microseconds; seconds as floating point are exact to a quarter of one until 2100. #}
{% macro _trino_microseconds(moment) -%}
    cast(round(to_unixtime({{ moment }}) * 1000000) as bigint)
{%- endmacro %}

{% macro trino__microseconds_between(earlier, later) -%}
    ({{ leadscore._trino_microseconds(later) }} - {{ leadscore._trino_microseconds(earlier) }})
{%- endmacro %}

{% macro trino__days_between(first_date, second_date) -%}
    date_diff('day', {{ first_date }}, {{ second_date }})
{%- endmacro %}

{% macro trino__days_later(moment, days) -%}
    date_add('day', {{ days }}, {{ moment }})
{%- endmacro %}

{% macro trino__microseconds_later(moment, microseconds) -%}
    cast(
        from_unixtime_nanos(({{ leadscore._trino_microseconds(moment) }} + {{ microseconds }}) * 1000) at time zone 'UTC'
        as timestamp(6)
    )
{%- endmacro %}

{% macro trino__json_leaf(text, keys) -%}
    {%- set quoted = [] -%}
    {%- for key in keys -%}{%- do quoted.append('["' ~ key | replace('\\', '\\\\') | replace('"', '\\"') ~ '"]') -%}{%- endfor -%}
    {#- null for objects and arrays -#}
    json_extract_scalar(try(json_parse({{ text }})), {{ leadscore.text_literal('$' ~ quoted | join('')) }})
{%- endmacro %}

{% macro trino__row_as_json(whole_row) -%}
    json_format(cast({{ whole_row }} as json))
{%- endmacro %}

{% macro trino__texts_as_json(texts) -%}
    {%- set keys = [] -%}
    {%- for key in texts -%}{%- do keys.append(leadscore.text_literal(key)) -%}{%- endfor -%}
    json_format(cast(map(array[{{ keys | join(', ') }}], array[{{ texts.values() | join(', ') }}]) as json))
{%- endmacro %}

{% macro trino__text_of_json(json, key) -%}
    element_at(cast(json_parse({{ json }}) as map(varchar, varchar)), {{ leadscore.text_literal(key) }})
{%- endmacro %}

{# --- ClickHouse ---------------------------------------------------------------------------------------------------- #}

{% macro clickhouse__cell_kind(data_type) %}
    {#- nullable(string), lowcardinality(string), datetime64(6, 'UTC'), float64 -#}
    {{ return(leadscore.default__cell_kind(modules.re.sub('nullable[(]|lowcardinality[(]|[)]+$', '', data_type))) }}
{% endmacro %}

{% macro clickhouse__cell_as_time(column, kind) -%}
    toDateTime64({{ column }}, 6, 'UTC')
{%- endmacro %}

{% macro clickhouse__cell_as_text(column, kind) -%}
    {%- if kind == 'nested' -%}
        toJSONString({{ column }})
    {%- elif kind in ('float', 'decimal') -%}
        {#- writes no zeros at the end -#}
        toString(toDecimal128({{ column }}, 12))
    {%- elif kind == 'zoned_time' -%}
        toString({{ leadscore.cell_as_time(column, kind) }})
    {%- else -%}
        toString({{ column }})
    {%- endif -%}
{%- endmacro %}

{% macro clickhouse__evidence_order(event_id, value_key) -%}
    tuple({{ event_id }}, {{ value_key }})
{%- endmacro %}

{% macro clickhouse__value_of_evidence(evidence) -%}
    tupleElement({{ evidence }}, 2)
{%- endmacro %}

{% macro clickhouse__trimmed(text) -%}
    nullif(replaceRegexpAll({{ text }}, '^[ \\t\\n\\r]+|[ \\t\\n\\r]+$', ''), '')
{%- endmacro %}

{% macro clickhouse__lower_case(text) -%}
    lowerUTF8(translateUTF8({{ text }}, 'Σİ', 'σi'))
{%- endmacro %}

{% macro clickhouse__plain_number(number) -%}
    toString(toDecimal128({{ number }}, 2))
{%- endmacro %}

{% macro clickhouse__join_each_part(text, alias) -%}
    array join arrayMap(part -> cast(tuple(part), 'Tuple(part String)'), splitByChar('|', {{ text }})) as {{ alias }}
{%- endmacro %}

{% macro clickhouse__join_each_match(text, pattern, alias) -%}
    array join arrayMap(
        (part, position) -> cast(tuple(part, position), 'Tuple(part String, position Int32)'),
        extractAll({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}),
        arrayEnumerate(extractAll({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}))
    ) as {{ alias }}
{%- endmacro %}

{% macro clickhouse__joined_text(text, separator, order_by) -%}
    arrayStringConcat(
        arrayMap(pair -> pair.2, arraySort(groupArray(tuple({{ order_by }}, {{ text }})))), '{{ separator }}'
    )
{%- endmacro %}

{% macro clickhouse__regex_found(text, pattern) -%}
    match({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }})
{%- endmacro %}

{% macro clickhouse__regex_replaced(text, pattern, replacement) -%}
    replaceRegexpAll({{ text }}, {{ leadscore._escaped_pattern(pattern | trim) }}, {{ replacement }})
{%- endmacro %}

{% macro clickhouse__type_floating() -%}
    Float64
{%- endmacro %}

{% macro clickhouse__hash_number(text) -%}
    toInt64(bitShiftRight(reinterpretAsUInt64(reverse(substring(MD5({{ text }}), 1, 8))), 4))
{%- endmacro %}

{% macro clickhouse__passing_hash(text) -%}
    cityHash64({{ text }})
{%- endmacro %}

{% macro clickhouse__text_md5(text) -%}
    lower(hex(MD5({{ text }})))
{%- endmacro %}

{% macro clickhouse__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{% macro clickhouse__quoted_name(name) -%}
    {{ adapter.quote(name | replace('\\', '\\\\') | replace('`', '\\`')) }}
{%- endmacro %}

{% macro clickhouse__type_whole() -%}
    Int256
{%- endmacro %}

{% macro clickhouse__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then toDecimal128OrNull({{ text }}, 6)
    end
{%- endmacro %}

{% macro clickhouse__whole_quotient(numerator, denominator) -%}
    intDiv({{ numerator }}, {{ denominator }})
{%- endmacro %}

{% macro clickhouse__parsed_time(text) -%}
    case
        when
            {{ leadscore.regex_found(text, leadscore.time_pattern()) }}
            and {{ leadscore.regex_found(text, leadscore.existing_day_pattern()) }}
            and {{ text }} not like '0000%'
            then parseDateTime64BestEffortOrNull({{ text }}, 6, 'UTC')
    end
{%- endmacro %}

{% macro clickhouse__microseconds_between(earlier, later) -%}
    dateDiff('microsecond', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro clickhouse__days_between(first_date, second_date) -%}
    dateDiff('day', {{ first_date }}, {{ second_date }})
{%- endmacro %}

{% macro clickhouse__days_later(moment, days) -%}
    addDays({{ moment }}, {{ days }})
{%- endmacro %}

{% macro clickhouse__microseconds_later(moment, microseconds) -%}
    addMicroseconds({{ moment }}, {{ microseconds }})
{%- endmacro %}

{% macro clickhouse__json_leaf(text, keys) -%}
    {%- set quoted = [text] -%}
    {%- for key in keys -%}{%- do quoted.append(leadscore.text_literal(key)) -%}{%- endfor -%}
    {%- set path = quoted | join(', ') -%}
    case
        when not isValidJSON({{ text }}) then null
        when JSONType({{ path }}) = 'String' then JSONExtractString({{ path }})
        when JSONType({{ path }}) not in ('Object', 'Array', 'Null') then JSONExtractRaw({{ path }})
    end
{%- endmacro %}

{% macro clickhouse__whole_row(alias) -%}
    tuple({{ alias }}.*)
{%- endmacro %}

{% macro clickhouse__row_as_json(whole_row) -%}
    toJSONString({{ whole_row }})
{%- endmacro %}

{% macro clickhouse__texts_as_json(texts) -%}
    toJSONString(map(
        {%- for key, text in texts.items() %}
        {{ leadscore.text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}

{% macro clickhouse__text_of_json(json, key) -%}
    JSONExtract({{ json }}, {{ leadscore.text_literal(key) }}, 'Nullable(String)')
{%- endmacro %}
