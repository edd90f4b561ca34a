-- The days that metrics are laid out on: no metric has a time outside of them.
with

digits as (
    {%- for digit in range(10) %}
    select {{ digit }} as digit
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- 0 to 99,999, cut to the days of the years 2000 to 2099
day_numbers as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit
        + 10000 * ten_thousands.digit as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as ten_thousands
)

select cast({{ days_later("cast('2000-01-01' as timestamp)", 'day_number') }} as date) as day
from day_numbers
where day_number < 36525
