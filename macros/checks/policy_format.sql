{# What the policy files hold: the one place that says which columns there are and what may stand in them. #}

{#
    The policy files with their columns, as a dict of file name (without .csv) to a dict of
    column name to kind. Kinds:
        text       any text
        list       several texts with `|` between
        word       one of a few words, see policy_words
        points     a number below 1,000,000 in size with 2 decimals
        limit      like points, but above 0
        bound      a number with 6 decimals
        count      a whole number above 0
        hours      a number that is not negative
        date       YYYY-MM-DD
#}
{% macro policy_format() %}
    {{ return({
        'scorecards': {
            'scorecard_id': 'text',
            'name': 'text',
            'status': 'word',
            'base_points': 'points',
            'min_score': 'points',
            'max_score': 'points',
            'audience_field': 'text',
            'audience_operator': 'word',
            'audience_value': 'text',
            'account_rollup': 'word',
            'notes': 'text',
        },
        'criteria': {
            'criterion_id': 'text',
            'scorecard_id': 'text',
            'dimension': 'word',
            'group_id': 'text',
            'name': 'text',
            'signal': 'word',
            'field': 'text',
            'property': 'text',
            'operator': 'word',
            'value': 'text',
            'measure': 'word',
            'measure_field': 'text',
            'at_least': 'bound',
            'at_most': 'bound',
            'window_days': 'count',
            'points': 'points',
            'frequency': 'word',
            'every_n': 'count',
            'max_points': 'limit',
            'decay': 'word',
            'decay_days': 'count',
            'effect': 'word',
            'requires': 'list',
            'unless': 'list',
            'valid_from': 'date',
            'valid_to': 'date',
            'is_active': 'word',
            'notes': 'text',
        },
        'groups': {
            'scorecard_id': 'text',
            'group_id': 'text',
            'dimension': 'word',
            'name': 'text',
            'min_points': 'points',
            'max_points': 'points',
        },
        'dimensions': {
            'scorecard_id': 'text',
            'dimension': 'word',
            'min_points': 'points',
            'max_points': 'points',
        },
        'bands': {
            'scorecard_id': 'text',
            'scope': 'word',
            'band': 'text',
            'min_points': 'points',
        },
        'actions': {
            'scorecard_id': 'text',
            'priority': 'count',
            'band': 'list',
            'fit_band': 'list',
            'engagement_band': 'list',
            'action': 'text',
            'sla_hours': 'hours',
            'team': 'text',
        },
    }) }}
{% endmacro %}


{# The words that a column of kind `word` may hold, as a list; the one that an empty cell means stands first. #}
{% macro policy_words(column) %}
    {% set operators = [
        'equals', 'not_equals', 'contains', 'not_contains', 'starts_with', 'ends_with', 'matches',
        'between', 'days_from_now', 'is_true', 'is_false', 'is_set', 'is_not_set',
    ] %}
    {{ return({
        'status': ['live', 'draft', 'retired'],
        'audience_operator': operators,
        'account_rollup': ['max', 'sum', 'average', 'top3'],
        'dimension': ['fit', 'engagement'],
        'signal': ['attribute', 'event'],
        'operator': operators,
        'measure': ['count', 'distinct_days', 'distinct_values', 'sum', 'rate', 'days_since_last'],
        'frequency': ['once', 'every'],
        'decay': ['none', 'linear', 'exponential', 'step'],
        'effect': ['points', 'disqualify'],
        'is_active': ['true', 'false'],
        'scope': ['total', 'fit', 'engagement'],
    }[column]) }}
{% endmacro %}


{# The columns of kind `word` in which an empty cell means the first of the words. #}
{% macro policy_columns_with_default_word() %}
    {{ return(['status', 'account_rollup', 'measure', 'frequency', 'decay', 'effect', 'is_active']) }}
{% endmacro %}


{# The columns whose cells may not be empty in any row, as a dict of file name to a list of columns. #}
{% macro policy_needed_columns() %}
    {{ return({
        'scorecards': ['scorecard_id'],
        'criteria': ['criterion_id', 'scorecard_id', 'dimension', 'name', 'signal', 'field'],
        'groups': ['scorecard_id', 'group_id', 'dimension'],
        'dimensions': ['scorecard_id', 'dimension'],
        'bands': ['scorecard_id', 'scope', 'band'],
        'actions': ['scorecard_id', 'priority', 'action'],
    }) }}
{% endmacro %}


{# The columns whose texts together name a row of the file in policy_errors. #}
{% macro policy_row_key(file) %}
    {{ return({
        'scorecards': ['scorecard_id'],
        'criteria': ['criterion_id'],
        'groups': ['scorecard_id', 'group_id'],
        'dimensions': ['scorecard_id', 'dimension'],
        'bands': ['scorecard_id', 'scope', 'band'],
        'actions': ['scorecard_id', 'priority'],
    }[file]) }}
{% endmacro %}


{# The column of the staged file that holds the cell's text: typed columns keep it in `<column>_text`. #}
{% macro policy_text_column(column, kind) -%}
    {{ return(column if kind in ['text', 'list'] else column ~ '_text') }}
{%- endmacro %}


{#
    A query with a row per name and its `position` from 1; for an empty list a row without a name.
    Args: names, a list of texts known when the project is compiled.
#}
{% macro rows_of_names(names) %}
    {%- for name in names or [none] %}
    select
        cast({{ 'null' if name is none else text_literal(name) }} as {{ dbt.type_string() }}) as name,
        {{ loop.index }} as position
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}
