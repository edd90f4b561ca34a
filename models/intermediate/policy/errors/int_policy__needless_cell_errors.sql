-- Cells that mean nothing in their row: they would be read over in silence, and their author may believe
-- otherwise. A cell that spells out the default is no error.

with

criteria as (
    select
        *,
        signal = 'attribute' as is_attribute,
        effect = 'disqualify' as is_disqualifying
    from {{ ref('stg_policy__criteria') }}
    where not is_retired
),

item_tests as (
    select *
    from {{ ref('int_policy__item_tests') }}
    where not is_retired
),

scorecards as (
    select *
    from {{ ref('stg_policy__scorecards') }}
    where not is_retired
),

-- a row per cell of a criterion that holds more than its default, with why it means nothing, if it does
criterion_cells as (
    {%- set of_attributes = "when is_attribute then 'A criterion of an attribute has no events.'" %}
    {%- set of_disqualifying = "when is_disqualifying then 'A criterion that disqualifies gives no points.'" %}
    {%- set cells = [
        ('property', 'property', 'property is not null', [of_attributes]),
        ('operator', 'operator_text', 'operator_text is not null', [
            "when signal = 'event' and not has_property then 'Without a property there is nothing to test.'",
        ]),
        ('value', 'value', 'value is not null', [
            "when signal = 'event' and not has_property then 'Without a property there is nothing to test.'",
        ]),
        ('measure', 'measure_text', "measure <> 'count'", [of_attributes]),
        ('measure_field', 'measure_field', 'measure_field is not null', [
            of_attributes,
            "when measure in ('count', 'distinct_days', 'days_since_last') then 'The measure ' || measure || ' has no field.'",
        ]),
        ('at_least', 'at_least_text', 'at_least_text is not null', [of_attributes]),
        ('at_most', 'at_most_text', 'at_most_text is not null', [of_attributes]),
        ('window_days', 'window_days_text', 'window_days_text is not null', [of_attributes]),
        ('points', 'points_text', 'points_text is not null', [of_disqualifying]),
        ('frequency', 'frequency_text', "frequency <> 'once'", [of_attributes, of_disqualifying]),
        ('every_n', 'every_n_text', 'every_n <> 1', [
            of_attributes,
            of_disqualifying,
            "when frequency = 'once' then 'The frequency once does not count in steps.'",
        ]),
        ('max_points', 'max_points_text', 'max_points_text is not null', [of_disqualifying]),
        ('decay', 'decay_text', "decay <> 'none'", [of_attributes, of_disqualifying]),
        ('decay_days', 'decay_days_text', 'decay_days_text is not null', [
            of_attributes,
            of_disqualifying,
            "when decay = 'none' then 'Without a decay no points fade.'",
        ]),
    ] %}
    {%- for column, text, is_more_than_default, reasons in cells %}
    select
        'criteria.csv' as file,
        row_id,
        '{{ column }}' as column_name,
        {{ text }} as value,
        case
            {%- for reason in reasons %}
            {{ reason }}
            {%- endfor %}
        end as reason
    from criteria
    where {{ is_more_than_default }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

operands_without_use as (
    select
        file,
        row_id,
        value_column as column_name,
        value,
        'The operator ' || operator || ' compares with nothing.' as reason
    from item_tests
    where operator in ('is_true', 'is_false', 'is_set', 'is_not_set') and value is not null
),

audience_operators_without_field as (
    select
        'scorecards.csv' as file,
        row_id,
        'audience_operator' as column_name,
        audience_operator_text as value,
        'Without an audience_field there is nothing to test.' as reason
    from scorecards
    where not has_audience_field and audience_operator_text is not null
),

audience_values_without_field as (
    select
        'scorecards.csv' as file,
        row_id,
        'audience_value' as column_name,
        audience_value as value,
        'Without an audience_field there is nothing to test.' as reason
    from scorecards
    where not has_audience_field and audience_value is not null
),

cells as (
    select * from criterion_cells
    union all
    select * from operands_without_use
    union all
    select * from audience_operators_without_field
    union all
    select * from audience_values_without_field
)

select
    file,
    row_id,
    column_name,
    value,
    'The cell means nothing here. ' || reason as problem,
    case
        when reason like '% nothing to test.'
            then
                'Clear the cell, or fill '
                || case file when 'criteria.csv' then 'property' else 'audience_field' end || ' too.'
        when column_name = 'every_n' and reason like '%once%' then 'Clear the cell, or write the frequency every.'
        when column_name = 'decay_days' and reason like '%decay%' then 'Clear the cell, or write the decay too.'
        else 'Clear the cell.'
    end as remedy
from cells
where reason is not null
