{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set seed = none if kept or 'bands' in var('absent_policy_files') else ref('bands') %}
{% set found = policy_columns_found(seed, 'bands', kept) %}

with

source_rows as (
    {{ policy_rows(seed, 'bands', found, kept, var('as_of')) }}
),

retired_scorecards as (
    select distinct scorecard_id
    from {{ ref('stg_policy__scorecards') }}
    where is_retired
)

select
    -- ids
    {{ policy_row_id('bands') }} as row_id,
    source_rows.scorecard_id,
    -- text
    source_rows.band,
    -- words
    {{ policy_typed('scope', 'word', found) }} as scope,
    -- booleans
    retired_scorecards.scorecard_id is not null as is_retired,
    -- numbers
    {{ policy_typed('min_points', 'points', found) }} as min_points,
    -- the typed cells as they stand
    source_rows.scope_text,
    source_rows.min_points_text
from source_rows
left join retired_scorecards on source_rows.scorecard_id = retired_scorecards.scorecard_id
