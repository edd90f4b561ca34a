{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set seed = none if kept or 'criteria' in var('absent_policy_files') else ref('criteria') %}
{% set found = policy_columns_found(seed, 'criteria', kept) %}

with

source_rows as (
    {{ policy_rows(seed, 'criteria', found, kept, var('as_of')) }}
),

retired_scorecards as (
    select distinct scorecard_id
    from {{ ref('stg_policy__scorecards') }}
    where is_retired
)

select
    -- ids
    {{ policy_row_id('criteria') }} as row_id,
    source_rows.criterion_id,
    source_rows.scorecard_id,
    source_rows.group_id,
    -- text
    source_rows.name,
    source_rows.field,
    source_rows.property,
    source_rows.value,
    source_rows.measure_field,
    source_rows.requires,
    source_rows.unless,
    source_rows.notes,
    -- words
    {{ policy_typed('dimension', 'word', found) }} as dimension,
    {{ policy_typed('signal', 'word', found) }} as signal,
    {{ policy_typed('operator', 'word', found) }} as operator,
    {{ policy_typed('measure', 'word', found) }} as measure,
    {{ policy_typed('frequency', 'word', found) }} as frequency,
    {{ policy_typed('decay', 'word', found) }} as decay,
    {{ policy_typed('effect', 'word', found) }} as effect,
    -- booleans
    cast({{ policy_typed('is_active', 'word', found) }} as boolean) as is_active,
    {{ policy_filled('property', found) }} as has_property,
    retired_scorecards.scorecard_id is not null as is_retired,
    -- numbers
    {{ policy_typed('at_least', 'bound', found) }} as at_least,
    {{ policy_typed('at_most', 'bound', found) }} as at_most,
    {{ policy_typed('window_days', 'count', found) }} as window_days,
    {{ policy_typed('points', 'points', found) }} as points,
    {{ policy_typed('every_n', 'count', found) }} as every_n,
    {{ policy_typed('max_points', 'limit', found) }} as max_points,
    {{ policy_typed('decay_days', 'count', found) }} as decay_days,
    -- dates
    {{ policy_typed('valid_from', 'date', found) }} as valid_from,
    {{ policy_typed('valid_to', 'date', found) }} as valid_to,
    -- the typed cells as they stand
    source_rows.dimension_text,
    source_rows.signal_text,
    source_rows.operator_text,
    source_rows.measure_text,
    source_rows.at_least_text,
    source_rows.at_most_text,
    source_rows.window_days_text,
    source_rows.points_text,
    source_rows.frequency_text,
    source_rows.every_n_text,
    source_rows.max_points_text,
    source_rows.decay_text,
    source_rows.decay_days_text,
    source_rows.effect_text,
    source_rows.valid_from_text,
    source_rows.valid_to_text,
    source_rows.is_active_text
from source_rows
left join retired_scorecards on source_rows.scorecard_id = retired_scorecards.scorecard_id
