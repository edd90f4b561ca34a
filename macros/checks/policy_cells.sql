{# Reading the cells of the policy files: leniently, so that a wrong cell becomes an error row and not a failure. #}

{#
    The columns of a policy file that are there, as a dict of trimmed lower-case name to the quoted name.
    A unit test's rows have all columns of the format, as have kept ones; an absent file has none.
    Args: seed, the relation, or none when the file is absent; file, its name without .csv; kept, the
    relation of the kept policies when their rows are read in place of the file's.
#}
{% macro policy_columns_found(seed, file, kept=none) %}
    {% set found = {} %}
    {% if kept %}
        {% for name in leadscore.policy_format()[file] %}
            {% do found.update({name: quoted_name(name)}) %}
        {% endfor %}
    {% elif seed and execute and not seed.is_cte %}
        {% for column in adapter.get_columns_in_relation(seed) %}
            {% do found.setdefault(column.name | trim | lower, quoted_name(column.name)) %}
        {% endfor %}
    {% elif seed %}
        {% for name in leadscore.policy_format()[file] %}
            {% do found.update({name: quoted_name(name)}) %}
        {% endfor %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}


{# A cell as trimmed text; null when it is empty, and a cell of nothing but `|` is. #}
{% macro policy_cell(cell) -%}
    case
        when {{ trimmed("replace(cast(" ~ cell ~ " as " ~ dbt.type_string() ~ "), '|', '')") }} is not null
            then {{ trimmed("cast(" ~ cell ~ " as " ~ dbt.type_string() ~ ")") }}
    end
{%- endmacro %}


{#
    A query for the rows of a policy file that hold any text (also in a column that the format does not
    know), their cells as trimmed text, in the columns of the format: `<column>_text` where staging types them.
    A column that is not there is null throughout; a file that is not there has no rows.
    Args: seed, file and kept as above; found, what policy_columns_found says about them; as_of, the moment
    whose policy is read from the kept ones.
#}
{% macro policy_rows(seed, file, found, kept=none, as_of='') %}
    select
        {%- for name, kind in leadscore.policy_format()[file].items() %}
        {{ leadscore.policy_cell(found[name]) if name in found else 'cast(null as ' ~ dbt.type_string() ~ ')' }}
            as {{ leadscore.policy_text_column(name, kind) }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if kept %}
    from {{ kept }}
    where
        file = '{{ file }}'
        and kept_from = (
            select max(kept_from)
            from {{ kept }}
            where kept_from <= {{ scoring_moment(as_of) }}
        )
    {%- elif found %}
    from {{ seed }}
    where
        {%- for column in found.values() %}
        {{ 'or ' if not loop.first }}{{ trimmed('cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')') }} is not null
        {%- endfor %}
    {%- else %}
    where 1 = 0
    {%- endif %}
{% endmacro %}


{# The columns of all policy files, each name once, in the order in which the files first have them. #}
{% macro kept_policy_columns() %}
    {% set names = [] %}
    {% for columns in leadscore.policy_format().values() %}
        {% do names.extend(columns | reject('in', names) | list) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}


{#
    A typed cell: null when its text cannot be read, or when the file lacks the column, so that what
    hangs on it stays unjudged. Words are in lower case, and an empty cell holds the default word where there is one.
    Reads the columns of the CTE `source_rows`, which holds the query of policy_rows.
    Args: column, of the format; kind, of policy_format; found, what policy_columns_found says.
#}
{% macro policy_typed(column, kind, found) -%}
    {%- set text = 'source_rows.' ~ column ~ '_text' -%}
    {%- if kind == 'word' -%}
        {%- set words = leadscore.policy_words(column) -%}
        {%- if column in leadscore.policy_columns_with_default_word() -%}
            {%- set text = "coalesce(" ~ text ~ ", '" ~ words[0] ~ "')" -%}
        {%- endif -%}
        {%- if column in found -%}
            case when lower({{ text }}) in ('{{ words | join("', '") }}') then lower({{ text }}) end
        {%- else -%}
            cast(null as {{ dbt.type_string() }})
        {%- endif -%}
    {%- elif kind == 'date' -%}
        {{ leadscore.policy_date(text) }}
    {%- elif kind == 'points' -%}
        {{ leadscore.policy_points(text) }}
    {%- elif kind == 'limit' -%}
        cast(case when {{ leadscore.policy_points(text) }} > 0 then {{ leadscore.policy_points(text) }} end as decimal(38, 2))
    {%- elif kind == 'bound' -%}
        {{ leadscore.policy_number(text, 6) }}
    {%- elif kind == 'count' -%}
        case
            when {{ leadscore.policy_number(text, 0) }} > 0 then cast({{ leadscore.policy_number(text, 0) }} as bigint)
        end
    {%- elif kind == 'hours' -%}
        cast(case when {{ parsed_number(text) }} >= 0 then {{ parsed_number(text) }} end as decimal(38, 6))
    {%- endif -%}
{%- endmacro %}


{# Trimmed text as a decimal with 6 places; null unless it is a number with at most `places` decimals by value. #}
{% macro policy_number(text, places) -%}
    cast(
        case when {{ regex_found(text, leadscore.policy_number_pattern(places)) }} then {{ parsed_number(text) }} end
        as decimal(38, 6)
    )
{%- endmacro %}

{# The regular expression of numbers with at most `places` decimals; zeros after them do not count. #}
{% macro policy_number_pattern(places) -%}
    '^[+-]?([0-9]{1,12}([.]{{ '[0-9]{0,' ~ places ~ '}' if places }}0*)?|[.]{{ '[0-9]{1,' ~ places ~ '}0*' if places else '0+' }})$'
{%- endmacro %}


{# Trimmed text as points, decimal(38, 2); null unless it is a number below 1,000,000 in size with 2 decimals. #}
{% macro policy_points(text) -%}
    cast(
        case when abs({{ leadscore.policy_number(text, 2) }}) < 1000000 then {{ leadscore.policy_number(text, 2) }} end
        as decimal(38, 2)
    )
{%- endmacro %}


{# Trimmed text as a date; null unless it is a day that exists, as YYYY-MM-DD. #}
{% macro policy_date(text) -%}
    case
        when {{ regex_found(text, "'^[0-9]{4}-[0-9]{2}-[0-9]{2}$'") }}
            then cast({{ parsed_time(text) }} as date)
    end
{%- endmacro %}


{#
    The text of one end of a range `low..high`, trimmed; null when it is open or when there is no single `..`.
    Args: text, a trimmed cell; end, 'low' or 'high'.
#}
{% macro policy_range_end(text, end) -%}
    case
        when {{ text }} like '%..%' and {{ text }} not like '%...%'
            then {{ trimmed(
                "substr(" ~ text ~ ", 1, position('..' in " ~ text ~ ") - 1)" if end == 'low'
                else "substr(" ~ text ~ ", position('..' in " ~ text ~ ") + 2)"
            ) }}
    end
{%- endmacro %}


{# The least measure that meets a criterion: where the cell is empty, 1 for counts, and 0 where at_most makes them an absence. #}
{% macro policy_at_least(at_least, at_most, measure) -%}
    coalesce(
        {{ at_least }},
        case
            when {{ measure }} in ('count', 'distinct_days', 'distinct_values')
                then case when {{ at_most }} = 0 then 0 else 1 end
        end
    )
{%- endmacro %}


{# Whether a cell holds anything; null when the file lacks the column, so that what hangs on it stays unjudged. #}
{% macro policy_filled(column, found) -%}
    {{ 'source_rows.' ~ column ~ ' is not null' if column in found else 'cast(null as boolean)' }}
{%- endmacro %}


{#
    What separates the cells of a file, told by its header: 'comma', 'semicolon' or 'tab', as an SQL constant.
    Args: found, what policy_columns_found says.
#}
{% macro policy_separator_found(found) -%}
    {%- set names = found.keys() | list -%}
    {%- if names | length == 1 and ';' in names[0] -%}
        'semicolon'
    {%- elif names | length == 1 and '\t' in names[0] -%}
        'tab'
    {%- else -%}
        'comma'
    {%- endif -%}
{%- endmacro %}


{#
    How policy_errors names a row: its id, or the parts of its key with `/` between, as spelled.
    Reads the columns of the CTE `source_rows`.
    Args: file, the name of the policy file without .csv.
#}
{% macro policy_row_id(file) -%}
    {%- set key = leadscore.policy_row_key(file) -%}
    {%- for column in key -%}
        {%- set text = 'source_rows.' ~ leadscore.policy_text_column(column, leadscore.policy_format()[file][column]) -%}
        {{ text if key | length == 1 else "coalesce(" ~ text ~ ", '')" }}{{ " || '/' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
