{% set kept = ref('int_history__kept_policy') if var('as_known') else none %}
{% set seed = none if kept or 'actions' in var('absent_policy_files') else ref('actions') %}
{% set found = policy_columns_found(seed, 'actions', kept) %}

with

source_rows as (
    {{ policy_rows(seed, 'actions', found, kept, var('as_of')) }}
),

retired_scorecards as (
    select distinct scorecard_id
    from {{ ref('stg_policy__scorecards') }}
    where is_retired
)

select
    -- ids
    {{ policy_row_id('actions') }} as row_id,
    source_rows.scorecard_id,
    -- text
    source_rows.band,
    source_rows.fit_band,
    source_rows.engagement_band,
    source_rows.action,
    source_rows.team,
    -- booleans
    retired_scorecards.scorecard_id is not null as is_retired,
    -- numbers
    {{ policy_typed('priority', 'count', found) }} as priority,
    {{ policy_typed('sla_hours', 'hours', found) }} as sla_hours,
    -- the typed cells as they stand
    source_rows.priority_text,
    source_rows.sla_hours_text
from source_rows
left join retired_scorecards on source_rows.scorecard_id = retired_scorecards.scorecard_id
