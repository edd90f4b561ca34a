{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set seed = none if kept or 'scorecards' in var('absent_policy_files') else ref('scorecards') %}
{% set found = policy_columns_found(seed, 'scorecards', kept) %}

with

source_rows as (
    {{ policy_rows(seed, 'scorecards', found, kept, var('as_of')) }}
)

select
    -- ids
    {{ policy_row_id('scorecards') }} as row_id,
    source_rows.scorecard_id,
    -- text
    source_rows.name,
    source_rows.audience_field,
    source_rows.audience_value,
    source_rows.notes,
    -- words
    {{ policy_typed('status', 'word', found) }} as status,
    {{ policy_typed('audience_operator', 'word', found) }} as audience_operator,
    {{ policy_typed('account_rollup', 'word', found) }} as account_rollup,
    -- booleans
    {{ policy_filled('audience_field', found) }} as has_audience_field,
    -- a scorecard that stands in several rows is retired when all of them say so
    case
        when source_rows.scorecard_id is null then coalesce(lower(source_rows.status_text), '') = 'retired'
        else
            min(case when lower(source_rows.status_text) = 'retired' then 1 else 0 end)
                over (partition by source_rows.scorecard_id)
            = 1
    end as is_retired,
    -- numbers
    {{ policy_typed('base_points', 'points', found) }} as base_points,
    {{ policy_typed('min_score', 'points', found) }} as min_score,
    {{ policy_typed('max_score', 'points', found) }} as max_score,
    -- the typed cells as they stand
    source_rows.status_text,
    source_rows.base_points_text,
    source_rows.min_score_text,
    source_rows.max_score_text,
    source_rows.audience_operator_text,
    source_rows.account_rollup_text
from source_rows
