{# Apache Spark's versions of the macros beside, in their order; what each is for stands there. #}

{% macro spark__cell_kind(data_type) %}
    {#- here `timestamp` is the type with a zone -#}
    {% if data_type == 'timestamp' %}
        {{ return('zoned_time') }}
    {% endif %}
    {{ return(leadscore.default__cell_kind(data_type)) }}
{% endmacro %}

{% macro spark__cell_as_text(column, kind) -%}
    {%- if kind == 'text' -%}
        cast({{ column }} as string) collate utf8_binary
    {%- elif kind in ('float', 'decimal') -%}
        {#- dbt-spark switches ANSI mode off, and without it small decimals come with an exponent too -#}
        {%- set text = 'cast(abs(' ~ column ~ ') as string)' -%}
        {%- set exponent = "cast(substring_index(" ~ text ~ ", 'E', -1) as int)" -%}
        {%- set digits = "trim(trailing '0' from replace(substring_index(" ~ text ~ ", 'E', 1), '.', ''))" -%}
        case
            {%- if kind == 'float' %}
            when isnan({{ column }}) then null
            {%- endif %}
            when {{ column }} = 0 then '0'
            else
                case when {{ column }} < 0 then '-' else '' end
                || case
                    when {{ text }} = 'Infinity' then 'Infinity'
                    when not contains({{ text }}, '.') and not contains({{ text }}, 'E') then {{ text }}
                    when not contains({{ text }}, 'E')
                        then trim(trailing '.' from trim(trailing '0' from {{ text }}))
                    when {{ exponent }} < 0 then '0.' || repeat('0', -{{ exponent }} - 1) || {{ digits }}
                    when length({{ digits }}) <= {{ exponent }} + 1 then rpad({{ digits }}, {{ exponent }} + 1, '0')
                    else substr({{ digits }}, 1, {{ exponent }} + 1) || '.' || substr({{ digits }}, {{ exponent }} + 2)
                end
        end
    {%- elif kind == 'nested' -%}
        to_json({{ column }}, map('ignoreNullFields', 'false'))
    {%- elif kind == 'zoned_time' -%}
        cast({{ leadscore.cell_as_time(column, kind) }} as string)
    {%- else -%}
        cast({{ column }} as string)
    {%- endif -%}
{%- endmacro %}

{% macro spark__cell_as_time(column, kind) -%}
    cast({{ column }} as timestamp_ntz)
{%- endmacro %}

{% macro spark__evidence_order(event_id, value_key) -%}
    named_struct('event_id', {{ event_id }}, 'value_key', {{ value_key }})
{%- endmacro %}

{% macro spark__value_of_evidence(evidence) -%}
    ({{ evidence }}).value_key
{%- endmacro %}

{% macro spark__json_leaf(text, keys) -%}
    {%- set path = namespace(text='$') -%}
    {%- for key in keys -%}
        {%- set mark = "'" if '"' in key else '"' -%}
        {%- set path.text = path.text ~ '[' ~ mark ~ key ~ mark ~ ']' -%}
    {%- endfor -%}
    {%- set read = 'try_parse_json(' ~ text ~ ')' -%}
    {%- set leaf = 'try_variant_get(' ~ read ~ ', ' ~ leadscore.text_literal(path.text) ~ ", 'variant')" -%}
    {%- set string = 'try_variant_get(' ~ read ~ ', ' ~ leadscore.text_literal(path.text) ~ ", 'string')" -%}
    {%- set number = 'try_variant_get(' ~ read ~ ', ' ~ leadscore.text_literal(path.text) ~ ", 'double')" -%}
    {#- this engine ignores what follows a value, which within brackets of two kinds cannot be right in both -#}
    case
        when
            try_parse_json('[' || {{ text }} || ']') is not null
            and try_parse_json('{"value":' || {{ text }} || '}') is not null
            and schema_of_variant({{ leaf }}) not like 'OBJECT%'
            and schema_of_variant({{ leaf }}) not like 'ARRAY%'
            {#- other engines cannot hold this character in a text -#}
            and not contains({{ string }}, chr(0))
            then
                case
                    when schema_of_variant({{ leaf }}) = 'DOUBLE' then {{ leadscore.cell_as_text(number, 'float') }}
                    else {{ string }}
                end
    end
{%- endmacro %}

{% macro spark__whole_row(alias) -%}
    {#- as text from the start: a missing table gives a null of no row's type, and what nobody reads is not made -#}
    to_json(struct({{ alias }}.*), map('ignoreNullFields', 'false'))
{%- endmacro %}

{% macro spark__row_as_json(whole_row) -%}
    {{ whole_row }}
{%- endmacro %}

{% macro spark__texts_as_json(texts) -%}
    to_json(
        named_struct(
            {%- for key, text in texts.items() %}
            {{ text_literal(key) }}, {{ text }}{{ ',' if not loop.last }}
            {%- endfor %}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}

{% macro spark__text_of_json(json, key) -%}
    try_element_at(from_json({{ json }}, 'map<string, string>'), {{ text_literal(key) }})
{%- endmacro %}

{% macro spark__parsed_number(text) -%}
    case
        when {{ leadscore.regex_found(text, leadscore.number_pattern()) }} then try_cast({{ text }} as decimal(38, 6))
    end
{%- endmacro %}

{% macro spark__whole_quotient(numerator, denominator) -%}
    {#- its result is a bigint, which the product of two would outgrow -#}
    cast(
        cast({{ numerator }} as decimal(38, 0)) div cast({{ denominator }} as decimal(38, 0))
        as {{ type_whole() }}
    )
{%- endmacro %}

{% macro spark__large_quotient(numerator, denominator) -%}
    {#- in two parts, each of which is a bigint -#}
    {%- set top = 'cast(' ~ numerator ~ ' as decimal(38, 0))' -%}
    {%- set bottom = 'cast(' ~ denominator ~ ' as decimal(38, 0))' -%}
    {%- set unit = 'cast(1000000000000000 as decimal(38, 0))' -%}
    (
        {{ leadscore.spark__whole_quotient(top, bottom ~ ' * ' ~ unit) }} * {{ unit }}
        + {{ leadscore.spark__whole_quotient(top ~ ' % (' ~ bottom ~ ' * ' ~ unit ~ ')', bottom) }}
    )
{%- endmacro %}

{% macro spark__join_each_part(text, alias) -%}
    cross join lateral explode(split({{ text }}, '[|]')) as {{ alias }} (part)
{%- endmacro %}

{% macro spark__joined_text(text, separator, order_by) -%}
    listagg({{ text }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{# A constant pattern as it stands: in other constants of this engine a backslash escapes. #}
{% macro _raw_pattern(pattern) -%}
    {{ 'r' if pattern.startswith("'") }}{{ pattern }}
{%- endmacro %}

{% macro spark__regex_found(text, pattern) -%}
    {#- (?d): only \n ends a line -#}
    {{ text }} rlike concat('(?d)', {{ leadscore._raw_pattern(pattern | trim) }})
{%- endmacro %}

{% macro spark__regex_replaced(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ leadscore._raw_pattern(pattern | trim) }}, {{ replacement }})
{%- endmacro %}

{% macro spark__hash_number(text) -%}
    cast(conv(substr(md5({{ text }}), 1, 15), 16, 10) as bigint)
{%- endmacro %}

{% macro spark__passing_hash(text) -%}
    xxhash64({{ text }})
{%- endmacro %}

{% macro spark__plain_number(number) -%}
    trim(trailing '.' from trim(trailing '0' from cast(cast({{ number }} as decimal(38, 2)) as string)))
{%- endmacro %}

{% macro spark__join_each_match(text, pattern, alias) -%}
    cross join lateral inline(
        transform(
            regexp_extract_all({{ text }}, {{ leadscore._raw_pattern(pattern | trim) }}, 0),
            (found, place) -> named_struct('part', found, 'position', place + 1)
        )
    ) as {{ alias }} (part, position)
{%- endmacro %}

{% macro spark__quoted_name(name) -%}
    {{ adapter.quote(name | replace('`', '``')) }}
{%- endmacro %}

{% macro spark__parsed_time(text) -%}
    {#- a cast to a time without zone drops the offset; digits after the sixth are cut -#}
    {%- set zone = "regexp_extract(" ~ text ~ ", '^.{16}[^+-]*([+-].*)$', 1)" -%}
    {%- set digits = "replace(" ~ zone ~ ", ':', '')" -%}
    {%- set seconds = "regexp_extract(" ~ text ~ ", '^.{16}(:[0-9]{2}([.][0-9]{1,6})?)', 1)" -%}
    {%- set local = "try_cast(substr(" ~ text ~ ", 1, 10) || ' ' || case when length(" ~ text ~ ") > 10 then substr("
        ~ text ~ ", 12, 5) else '00:00' end || case " ~ seconds ~ " when '' then ':00' else " ~ seconds
        ~ " end as timestamp_ntz)" -%}
    case
        when {{ leadscore.regex_found(text, leadscore.time_pattern()) }} and {{ text }} >= '0001'
            then
                case
                    when {{ zone }} = '' then {{ local }}
                    else
                        timestampadd(
                            minute,
                            case substr({{ zone }}, 1, 1) when '+' then -1 else 1 end
                            * (
                                60 * cast(substr({{ digits }}, 2, 2) as int)
                                + cast(rpad(substr({{ digits }}, 4, 2), 2, '0') as int)
                            ),
                            {{ local }}
                        )
                end
    end
{%- endmacro %}

{% macro spark__microseconds_between(earlier, later) -%}
    timestampdiff(microsecond, {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__days_between(first_date, second_date) -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{% macro spark__days_later(moment, days) -%}
    timestampadd(day, {{ days }}, {{ moment }})
{%- endmacro %}

{% macro spark__hours_later(moment, hours) -%}
    timestampadd(microsecond, cast({{ hours }} * 3600000000 as bigint), {{ moment }})
{%- endmacro %}

{% macro spark__microseconds_later(moment, microseconds) -%}
    timestampadd(microsecond, {{ microseconds }}, {{ moment }})
{%- endmacro %}

{% macro spark__text_literal(value) -%}
    '{{ value | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}


{#
    Seeds as the text that stands in the file: the loader of dbt-spark guesses types, and writes rows as literals. The workers read the file:
    the project's folder must have the same path there.
    Overrides the macros of dbt-spark; arguments as there.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% if not leadscore.is_policy_seed(model) %}
        {{ return(dbt.spark__create_csv_table(model, agate_table)) }}
    {% endif %}
    {#- a file of headings only has nothing to load #}
    {% if agate_table.rows | length > 0 %}
        {{ return('') }}
    {% endif %}
    {% set columns = [] %}
    {% for name in agate_table.column_names %}
        {% do columns.append(leadscore.quoted_name(name) ~ ' string') %}
    {% endfor %}
    {% set sql = 'create table ' ~ this ~ ' (' ~ columns | join(', ') ~ ') using parquet' %}
    {% call statement('_') %}
        {{ sql }}
    {% endcall %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {% if not leadscore.is_policy_seed(model) %}
        {{ return(dbt.spark__load_csv_rows(model, agate_table)) }}
    {% endif %}
    {% if agate_table.rows | length == 0 %}
        {{ return('') }}
    {% endif %}
    {% set file = make_temp_relation(this, '__file') %}
    {% set view %}
        create or replace temporary view {{ file }}
        using csv
        options (
            path {{ leadscore.text_literal('file://' ~ model.root_path ~ '/' ~ model.original_file_path) }},
            header 'true',
            multiLine 'true',
            escape '"',
            inferSchema 'false'
        )
    {% endset %}
    {% set sql %}
        create table {{ this }} using parquet as
        select *
        from {{ file }}
    {% endset %}
    {% do adapter.add_query(view, abridge_sql_log=True) %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}


{#
    The settings of the session without which numbers and times would be other ones. A session that was started by
    somebody else's profile may lack them.
#}
{% macro spark__refuse_unfit_database() %}
    {% set needed = {
        'spark.sql.session.timeZone': 'UTC',
        'spark.sql.timestampType': 'TIMESTAMP_NTZ',
        'spark.sql.decimalOperations.allowPrecisionLoss': 'false',
        'spark.sql.legacy.decimal.retainFractionDigitsOnTruncate': 'true',
        'spark.sql.parser.escapedStringLiterals': 'false',
        'spark.sql.caseSensitive': 'false',
    } %}
    {% set wrong = [] %}
    {% for name, value in needed.items() %}
        {% set found = run_query('set ' ~ name).rows[0][1] | string %}
        {% if found | lower != value | lower %}
            {% do wrong.append(name ~ ': ' ~ value) %}
        {% endif %}
    {% endfor %}
    {% if wrong %}
        {% do exceptions.raise_compiler_error(
            'The Spark session would count otherwise than this project says. Set in server_side_parameters of the '
            ~ 'profile: ' ~ wrong | join(', ') ~ ' (profiles.yml.example has all of them).'
        ) %}
    {% endif %}
{% endmacro %}
