-- The moments of runs whose inputs were kept, with the settings that shaped their scores. A run as of a moment
-- before the newest of them keeps nothing: it looks back with the inputs of today.
-- depends_on: {{ ref('int_policy__gate') }}
{{ config(
    materialized=stateful(),
    incremental_strategy='delete+insert',
    unique_key='moment',
    full_refresh=false,
    tags=['kept']
) }}
{% set settings = {
    'lead_attributes': var('lead_attributes'),
    'event_properties': var('event_properties'),
    'missing_values': var('missing_values'),
    'conversion_outcomes': var('conversion_outcomes'),
    'trend_days': var('trend_days'),
    'lead_columns_in_mart': var('lead_columns_in_mart'),
} %}

with this_moment as (
    select
        {{ scoring_moment(var('as_of')) }} as moment,
        cast({{ text_literal(tojson(settings)) }} as {{ dbt.type_string() }}) as settings
),

newest_moment as (
    {% if has_stored_rows() %}
    select max(moment) as moment
    from {{ this }}
    {% else %}
    select cast(null as {{ dbt.type_timestamp() }}) as moment
    {% endif %}
)

select
    this_moment.moment,
    this_moment.settings
from this_moment
cross join newest_moment
where
    {{ 'true' if var('keep_inputs') else 'false' }}
    and (newest_moment.moment is null or newest_moment.moment <= this_moment.moment)
