-- Cells that may not be empty: in every row, or because of what another cell of the row says.

with

item_tests as (
    select *
    from {{ ref('int_policy__item_tests') }}
    where not is_retired
),

always_needed as (
    select
        file,
        row_id,
        column_name,
        'The cell is empty.' as problem,
        case column_name
            when 'criterion_id' then 'Give the criterion an id, such as pricing_page; or clear the whole row.'
            when 'name' then 'Write what explanations shall call the criterion, such as Visited pricing page.'
            when 'field' then 'Write the attribute, or the event name (several with | between).'
            when 'action' then 'Write what the sales team shall do.'
            when 'priority' then 'Write 1 for the action to try first, 2 for the next, and so on.'
            when 'band' then 'Write the name of the band, such as hot or A.'
            when 'dimension' then 'Write fit or engagement.'
            when 'signal' then 'Write attribute or event.'
            when 'scope' then 'Write total, fit or engagement.'
            when 'group_id' then 'Give the group an id, such as email; or clear the whole row.'
            else
                case
                    when file = 'scorecards.csv' then 'Give the scorecard an id, such as b2b; or clear the whole row.'
                    else 'Write the id of a scorecard in scorecards.csv; or clear the whole row.'
                end
        end as remedy
    from {{ ref('int_policy__cells') }}
    where is_needed and value is null
),

missing_points as (
    select
        'criteria.csv' as file,
        row_id,
        'points' as column_name,
        'The cell is empty, and the criterion does not disqualify.' as problem,
        'Write how many points it gives (negative to take points away), or the effect disqualify.' as remedy
    from {{ ref('stg_policy__criteria') }}
    where not is_retired and effect = 'points' and points_text is null
),

missing_operators as (
    select
        file,
        row_id,
        operator_column as column_name,
        'The cell is empty, but ' || item_column || ' names something to test.' as problem,
        'Write how to test it: {{ policy_words('operator') | join(', ') }}.' as remedy
    from item_tests
    where item_kind is not null and item_text is not null and operator_text is null
),

missing_values as (
    select
        file,
        row_id,
        value_column as column_name,
        'The cell is empty, but the operator ' || operator || ' needs a value.' as problem,
        case
            when operator = 'between' then 'Write a range of numbers: 100..500, 500.. or ..50.'
            when operator = 'days_from_now' then 'Write a range of whole days, such as 0..90 (the next 90 days).'
            when operator = 'matches' then 'Write a regular expression, such as ^(vp|head).'
            else 'Write the text to compare with (several with | between), or use is_set or is_not_set.'
        end as remedy
    from item_tests
    where operator not in ('is_true', 'is_false', 'is_set', 'is_not_set') and value is null
),

errors as (
    select * from always_needed
    union all
    select * from missing_points
    union all
    select * from missing_operators
    union all
    select * from missing_values
)

select
    file,
    row_id,
    column_name,
    cast(null as {{ dbt.type_string() }}) as value,
    problem,
    remedy
from errors
