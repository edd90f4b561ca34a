-- Pairs and ranges that are the wrong way round, ranges that cannot be read, and limits on the wrong side of 0.

with

criteria as (
    select
        *,
        {{ policy_at_least('at_least', 'at_most', 'measure') }} as least_by_default
    from {{ ref('stg_policy__criteria') }}
    where not is_retired
),

item_tests as (
    select
        *,
        (
            value not like '%..%'
            or value like '%...%'
            or (low_text is null and high_text is null)
            or (low_text is not null and low_number is null)
            or (high_text is not null and high_number is null)
        ) as is_unreadable
    from {{ ref('int_policy__item_tests') }}
    where not is_retired and operator in ('between', 'days_from_now') and value is not null
),

reversed_bounds as (
    select
        'criteria.csv' as file,
        row_id,
        'at_least' as column_name,
        at_least_text as value,
        'at_least is greater than at_most (' || at_most_text || ').' as problem,
        'Swap the two, or correct one of them.' as remedy
    from criteria
    where at_least > at_most
),

bounds_reversed_by_default as (
    select
        'criteria.csv' as file,
        row_id,
        'at_least' as column_name,
        at_least_text as value,
        'An empty at_least asks for at least 1, which is more than at_most (' || at_most_text || ').' as problem,
        'Write at_least too (0 to let a lead without such events pass), or an at_most of 0 or from 1.' as remedy
    from criteria
    where signal = 'event' and at_least_text is null and least_by_default > at_most
),

reversed_dates as (
    select
        'criteria.csv' as file,
        row_id,
        'valid_from' as column_name,
        valid_from_text as value,
        'valid_from is later than valid_to (' || valid_to_text || ').' as problem,
        'Swap the two, or correct one of them.' as remedy
    from criteria
    where valid_from > valid_to
),

reversed_scores as (
    select
        'scorecards.csv' as file,
        row_id,
        'min_score' as column_name,
        min_score_text as value,
        'min_score is greater than max_score (' || max_score_text || ').' as problem,
        'Swap the two, or correct one of them.' as remedy
    from {{ ref('stg_policy__scorecards') }}
    where not is_retired and min_score > max_score
),

limits as (
    select
        'groups.csv' as file,
        row_id,
        min_points,
        min_points_text,
        max_points,
        max_points_text
    from {{ ref('stg_policy__groups') }}
    where not is_retired

    union all

    select
        'dimensions.csv' as file,
        row_id,
        min_points,
        min_points_text,
        max_points,
        max_points_text
    from {{ ref('stg_policy__dimensions') }}
    where not is_retired
),

reversed_limits as (
    select
        file,
        row_id,
        'min_points' as column_name,
        min_points_text as value,
        'min_points is greater than max_points (' || max_points_text || ').' as problem,
        'Swap the two, or correct one of them.' as remedy
    from limits
    where min_points > max_points
),

minimums_above_zero as (
    select
        file,
        row_id,
        'min_points' as column_name,
        min_points_text as value,
        'A min_points above 0 would give points to leads that met nothing.' as problem,
        'Write 0 or a negative number, or leave the cell empty; use base_points to give points to all.' as remedy
    from limits
    where min_points > 0
),

maximums_below_zero as (
    select
        file,
        row_id,
        'max_points' as column_name,
        max_points_text as value,
        'A max_points below 0 would take points from leads that met nothing.' as problem,
        'Write 0 or a positive number, or leave the cell empty; use base_points to take points from all.' as remedy
    from limits
    where max_points < 0
),

unreadable_ranges as (
    select
        file,
        row_id,
        value_column as column_name,
        value,
        case operator
            when 'between' then 'This is no range of numbers.'
            else 'This is no range of whole days.'
        end as problem,
        case operator
            when 'between'
                then
                    'Write low..high with at most 12 digits and 6 decimals each: 100..500, 500.. or ..50 '
                    || '(one number alone: 5..5).'
            else 'Write low..high in whole days from the scoring date: 0..90 (the next 90 days), -30..-1, 0.. or ..0.'
        end as remedy
    from item_tests
    where is_unreadable
),

reversed_ranges as (
    select
        file,
        row_id,
        value_column as column_name,
        value,
        'The range ends before it begins.' as problem,
        'Write the smaller number first: ' || high_text || '..' || low_text || '.' as remedy
    from item_tests
    where not is_unreadable and low_number > high_number
),

errors as (
    {%- for kind in [
        'reversed_bounds', 'bounds_reversed_by_default', 'reversed_dates', 'reversed_scores', 'reversed_limits',
        'minimums_above_zero', 'maximums_below_zero', 'unreadable_ranges', 'reversed_ranges',
    ] %}
    select * from {{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from errors
