-- Cells whose text is not what their column holds: words, numbers, dates, ids.

with

unreadable_cells as (
    select *
    from {{ ref('int_policy__cells') }}
    where value is not null and not is_readable
),

known_words as (
    {%- for column in [
        'status', 'account_rollup', 'dimension', 'signal', 'operator', 'audience_operator', 'measure',
        'frequency', 'decay', 'effect', 'is_active', 'scope',
    ] %}
    {%- set column_loop = loop %}
    {%- for word in policy_words(column) %}
    select
        '{{ column }}' as column_name,
        '{{ word }}' as word,
        {{ loop.index }} as position,
        {{ 'true' if column in policy_columns_with_default_word() else 'false' }} as has_default
    {{ 'union all' if not (loop.last and column_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

word_lists as (
    select
        column_name,
        {{ joined_text('word', ', ', 'position') }} || case when has_default then ' (empty: the first).' else '.' end
            as words
    from known_words
    group by column_name, has_default
),

wrong_words as (
    select
        unreadable_cells.file,
        unreadable_cells.row_id,
        unreadable_cells.column_name,
        unreadable_cells.value,
        'The word is not known.' as problem,
        'Write one of: ' || word_lists.words as remedy
    from unreadable_cells
    inner join word_lists on unreadable_cells.column_name = word_lists.column_name
    where unreadable_cells.kind = 'word'
),

wrong_numbers as (
    select
        file,
        row_id,
        column_name,
        value,
        case
            when not {{ regex_found('value', number_pattern()) }} then 'This is no number.'
            when kind = 'count' then 'This is not a whole number above 0.'
            when kind = 'hours' then 'This is a negative number.'
            when kind = 'bound' then 'The number has more than 6 decimals.'
            when abs({{ parsed_number('value') }}) >= 1000000 then 'The number is not below 1,000,000 in size.'
            when {{ policy_number('value', 2) }} is null then 'The number has more than 2 decimals.'
            else 'The number is not above 0.'
        end as problem,
        case
            when not {{ regex_found('value', number_pattern()) }}
                then
                    'Write digits, with a point before decimals and at most 12 digits before it, such as '
                    || case when kind = 'count' then '30' else '12.5' end || ' (no comma, space, unit or exponent).'
            when kind = 'count' then 'Write 1, 2, 3 or more, or leave the cell empty where a default is meant.'
            when kind = 'hours' then 'Write 0 or more hours, or leave the cell empty.'
            when kind = 'bound' then 'Round it to 6 decimals.'
            when abs({{ parsed_number('value') }}) >= 1000000 then 'Write a number from -999999.99 to 999999.99.'
            when {{ policy_number('value', 2) }} is null then 'Round it to 2 decimals.'
            else 'Write the greatest size that the points may have, such as 20, or leave the cell empty for no limit.'
        end as remedy
    from unreadable_cells
    where kind in ('points', 'limit', 'bound', 'count', 'hours')
),

wrong_dates as (
    select
        file,
        row_id,
        column_name,
        value,
        'This is no day of the calendar, written as year-month-day.' as problem,
        'Write it like 2026-03-01.' as remedy
    from unreadable_cells
    where kind = 'date'
),

wrong_ids as (
    select
        file,
        row_id,
        column_name,
        value,
        'The id holds other signs than lower-case letters (a to z), digits and _.' as problem,
        'Write an id such as pricing_page, also where requires and unless name it.' as remedy
    from {{ ref('int_policy__cells') }}
    where
        file = 'criteria.csv'
        and column_name = 'criterion_id'
        and not {{ regex_found('value', "'^[a-z0-9_]+$'") }}
),

errors as (
    select * from wrong_words
    union all
    select * from wrong_numbers
    union all
    select * from wrong_dates
    union all
    select * from wrong_ids
)

select
    file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from errors
