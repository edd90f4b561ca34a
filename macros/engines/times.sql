{# Times: UTC timestamps without zone, compared in whole microseconds. #}

{% macro time_pattern() -%}
    '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?( ?(Z|[+-]([01][0-9]|2[0-3])(:?[0-5][0-9])?))?)?$'
{%- endmacro %}

{# Of a text that begins as YYYY-MM-DD, whether there is such a day, from the year 1 on. #}
{% macro existing_day_pattern() -%}
    {%- set leap = '(0[48]|[2468][048]|[13579][26])' -%}
    '^([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))
    {#- -#}
    |([0-9]{2}{{ leap }}|{{ leap }}00)-02-29)'
{%- endmacro %}

{# Trimmed text as a UTC timestamp by the contract's grammar; null when it is unreadable. #}
{% macro parsed_time(text) -%}
    {{ adapter.dispatch('parsed_time', 'leadscore')(text) }}
{%- endmacro %}

{% macro duckdb__parsed_time(text) -%}
    {#-
        A cast to timestamp ignores an offset, one to timestamptz wants no space before it. DuckDB 1 wants no space
        before a Z either, and seconds before an offset.
    -#}
    case
        when {{ leadscore.regex_found(text, leadscore.time_pattern()) }} and {{ text }} >= '0001'
            then
                case
                    when contains(substr({{ text }}, 17), '+') or contains(substr({{ text }}, 17), '-')
                        then
                            make_timestamp(epoch_us(try_cast(
                                substr({{ text }}, 1, 16)
                                || case when substr({{ text }}, 17, 1) = ':' then '' else ':00' end
                                || replace(substr({{ text }}, 17), ' ', '') as timestamptz
                            )))
                    else try_cast(rtrim({{ text }}, ' Z') as timestamp)
                end
    end
{%- endmacro %}

{% macro postgres__parsed_time(text) -%}
    {#- no cast of this engine is tolerant, so the day is looked at first; a cast would round what is cut here -#}
    {%- set rest = 'substr(' ~ text ~ ', 17)' -%}
    {%- set local_time -%}
        cast(
            substr({{ text }}, 1, 16)
            || coalesce(substring({{ rest }} from '^:[0-9]{2}(?:[.][0-9]{1,6})?'), '') as timestamp
        )
    {%- endset -%}
    {%- set zone = 'substring(' ~ rest ~ " from '[+-].*$')" -%}
    case
        when
            {{ leadscore.regex_found(text, leadscore.time_pattern()) }}
            and {{ leadscore.regex_found(text, leadscore.existing_day_pattern()) }}
            and {{ text }} not like '0000%'
            then
                {{ local_time }}
                - case
                    when {{ zone }} is null then interval '0'
                    else cast(
                        substr({{ zone }}, 1, 3) || ':' || rpad(replace(substr({{ zone }}, 4), ':', ''), 2, '0') as interval
                    )
                end
    end
{%- endmacro %}


{# Whole microseconds from one timestamp to a later one. #}
{% macro microseconds_between(earlier, later) -%}
    {{ adapter.dispatch('microseconds_between', 'leadscore')(earlier, later) }}
{%- endmacro %}

{% macro default__microseconds_between(earlier, later) -%}
    cast(extract(epoch from ({{ later }}) - ({{ earlier }})) * 1000000 as bigint)
{%- endmacro %}

{% macro duckdb__microseconds_between(earlier, later) -%}
    date_diff('microsecond', {{ earlier }}, {{ later }})
{%- endmacro %}


{# Whole days from one date to another; negative when the second is the earlier one. #}
{% macro days_between(first_date, second_date) -%}
    {{ adapter.dispatch('days_between', 'leadscore')(first_date, second_date) }}
{%- endmacro %}

{% macro default__days_between(first_date, second_date) -%}
    (({{ second_date }}) - ({{ first_date }}))
{%- endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    date_diff('day', {{ first_date }}, {{ second_date }})
{%- endmacro %}


{# A timestamp moved by whole days. #}
{% macro days_later(moment, days) -%}
    {{ adapter.dispatch('days_later', 'leadscore')(moment, days) }}
{%- endmacro %}

{% macro default__days_later(moment, days) -%}
    ({{ moment }} + {{ days }} * interval '1 day')
{%- endmacro %}


{#
    The live scoring moment as a timestamp constant: the var `as_of`, else the start of the run
    (for the demo, whose events end on a fixed day: the var `demo_as_of`).
    Args: as_of, the var's value as the calling model read it.
    Stops with a message when the value is no time of the contract's grammar.
#}
{% macro scoring_moment(as_of) -%}
    {%- set demo_moment = var('demo_as_of', '') if var('use_demo_data', false) else '' -%}
    {%- set given = (as_of or demo_moment or '') | string | trim -%}
    {%- if not given -%}
        {%- set found = leadscore.run_start() -%}
    {%- else -%}
        {%- set parts = modules.re.match(
            '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(?::([0-9]{2})(?:[.]([0-9]+))?)?'
            ~ '(?: ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?))?)?$',
            given
        ) -%}
        {%- if not parts -%}
            {{ exceptions.raise_compiler_error(
                "The var as_of is '" ~ given ~ "', which is no time. Write it as 2026-03-01 or 2026-03-01T10:20:30 (UTC)."
            ) }}
        {%- endif -%}
        {%- set zone = parts.group(5) or 'Z' -%}
        {%- set zone_digits = zone[1:].replace(':', '') -%}
        {%- set zone_minutes = 0 if zone == 'Z' else (zone_digits[:2] | int * 60 + (zone_digits[2:] or '0') | int) -%}
        {%- set local = modules.datetime.datetime.strptime(
            parts.group(1) ~ ' ' ~ (parts.group(2) or '00:00') ~ ':' ~ (parts.group(3) or '00'),
            '%Y-%m-%d %H:%M:%S'
        ) -%}
        {%- set shift = modules.datetime.timedelta(minutes=zone_minutes) -%}
        {%- set found = (local + shift if zone[0] == '-' else local - shift).strftime('%Y-%m-%d %H:%M:%S')
            ~ '.' ~ ((parts.group(4) or '') ~ '000000')[:6] -%}
    {%- endif -%}
    cast('{{ found }}' as timestamp)
{%- endmacro %}


{# When this run began, as text of a UTC time. The Rust engine writes %f in thousandths, which keeps the order. #}
{% macro run_start() -%}
    {{ return(run_started_at.astimezone(modules.pytz.utc).strftime('%Y-%m-%d %H:%M:%S.%f')) }}
{%- endmacro %}


{# A timestamp moved by hours, whole or decimal, to the microsecond. #}
{% macro hours_later(moment, hours) -%}
    {{ adapter.dispatch('hours_later', 'leadscore')(moment, hours) }}
{%- endmacro %}

{% macro default__hours_later(moment, hours) -%}
    {{ leadscore.microseconds_later(moment, 'cast(' ~ hours ~ ' * 3600000000 as bigint)') }}
{%- endmacro %}

{% macro duckdb__hours_later(moment, hours) -%}
    {#- this engine multiplies intervals by floating point only -#}
    ({{ moment }} + to_microseconds(cast({{ hours }} * 3600000000 as bigint)))
{%- endmacro %}


{# A timestamp moved by microseconds, an expression of whole numbers. #}
{% macro microseconds_later(moment, microseconds) -%}
    {{ adapter.dispatch('microseconds_later', 'leadscore')(moment, microseconds) }}
{%- endmacro %}

{% macro default__microseconds_later(moment, microseconds) -%}
    ({{ moment }} + ({{ microseconds }}) * interval '1 microsecond')
{%- endmacro %}

{% macro postgres__microseconds_later(moment, microseconds) -%}
    {#- in two parts: this engine multiplies intervals by floating point, exact up to 2^53 -#}
    (
        {{ moment }}
        + cast({{ microseconds }} as bigint) / 86400000000 * interval '1 day'
        + cast({{ microseconds }} as bigint) % 86400000000 * interval '1 microsecond'
    )
{%- endmacro %}

{% macro duckdb__microseconds_later(moment, microseconds) -%}
    make_timestamp(epoch_us({{ moment }}) + cast({{ microseconds }} as bigint))
{%- endmacro %}
