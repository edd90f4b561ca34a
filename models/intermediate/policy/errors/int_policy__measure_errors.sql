-- Event criteria whose measure, frequency and decay do not go together, or lack a part.

with

event_criteria as (
    select *
    from {{ ref('stg_policy__criteria') }}
    where not is_retired and signal = 'event'
),

columns_found as (
    select column_name
    from {{ ref('stg_policy__columns') }}
    where file = 'criteria.csv' and is_found
),

missing_bounds as (
    select
        row_id,
        'at_least' as column_name,
        at_least_text as value,
        'The measure ' || measure || ' needs a bound, and at_least and at_most are empty.' as problem,
        'Write at_least, at_most or both.' as remedy
    from event_criteria
    where
        measure in ('sum', 'rate', 'days_since_last')
        and at_least_text is null
        and at_most_text is null
        and 'at_most' in (select columns_found.column_name from columns_found)
),

missing_measure_fields as (
    select
        row_id,
        'measure_field' as column_name,
        measure_field as value,
        'The cell is empty, but the measure ' || measure || ' needs it.' as problem,
        case measure
            when 'rate' then 'Write the event names to count against, such as email_sent (several with | between).'
            else 'Write the property of the events whose values count, such as amount.'
        end as remedy
    from event_criteria
    where measure in ('distinct_values', 'sum', 'rate') and measure_field is null
),

missing_decay_days as (
    select
        row_id,
        'decay_days' as column_name,
        decay_days_text as value,
        'The cell is empty, but the decay ' || decay || ' needs it.' as problem,
        case decay
            when 'linear' then 'Write after how many days the points are gone, such as 90.'
            else 'Write after how many days the points have halved, such as 30.'
        end as remedy
    from event_criteria
    where decay <> 'none' and decay_days_text is null and (effect is null or effect = 'points')
),

every_without_count as (
    select
        row_id,
        'frequency' as column_name,
        frequency_text as value,
        'The frequency every does not go with the measure ' || measure || '.' as problem,
        'Write once, or one of the measures count, distinct_days, distinct_values or sum.' as remedy
    from event_criteria
    where frequency = 'every' and measure in ('rate', 'days_since_last') and (effect is null or effect = 'points')
),

decay_without_count as (
    select
        row_id,
        'decay' as column_name,
        decay_text as value,
        'Decay goes with the measure count only, not with ' || measure || '.' as problem,
        'Write none, or the measure count.' as remedy
    from event_criteria
    where decay <> 'none' and measure <> 'count' and (effect is null or effect = 'points')
),

decay_of_several as (
    select
        row_id,
        'decay' as column_name,
        decay_text as value,
        'Decay goes with an every_n of 1 only, not with ' || every_n_text || '.' as problem,
        'Write none, or leave every_n empty: then each event gives its own points, by its own age.' as remedy
    from event_criteria
    where
        decay <> 'none'
        and measure = 'count'
        and frequency = 'every'
        and every_n <> 1
        and (effect is null or effect = 'points')
),

errors as (
    {%- for kind in [
        'missing_bounds', 'missing_measure_fields', 'missing_decay_days', 'every_without_count',
        'decay_without_count', 'decay_of_several',
    ] %}
    select * from {{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    'criteria.csv' as file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from errors
