{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set seed = none if kept or 'dimensions' in var('absent_policy_files') else ref('dimensions') %}
{% set found = policy_columns_found(seed, 'dimensions', kept) %}

with

source_rows as (
    {{ policy_rows(seed, 'dimensions', found, kept, var('as_of')) }}
),

retired_scorecards as (
    select distinct scorecard_id
    from {{ ref('stg_policy__scorecards') }}
    where is_retired
)

select
    -- ids
    {{ policy_row_id('dimensions') }} as row_id,
    source_rows.scorecard_id,
    -- words
    {{ policy_typed('dimension', 'word', found) }} as dimension,
    -- booleans
    retired_scorecards.scorecard_id is not null as is_retired,
    -- numbers
    {{ policy_typed('min_points', 'points', found) }} as min_points,
    {{ policy_typed('max_points', 'points', found) }} as max_points,
    -- the typed cells as they stand
    source_rows.dimension_text,
    source_rows.min_points_text,
    source_rows.max_points_text
from source_rows
left join retired_scorecards on source_rows.scorecard_id = retired_scorecards.scorecard_id
