-- A row per band that an action names, by the scope of the column it stands in; no row for a scope: any band.

with

action_bands as (
    {%- for scope, column in [('total', 'band'), ('fit', 'fit_band'), ('engagement', 'engagement_band')] %}
    select
        scorecard_id,
        priority,
        '{{ scope }}' as scope,
        {{ column }} as band_names
    from {{ ref('stg_policy__actions') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select distinct
    scorecards.scorecard_key,
    action_bands.priority,
    action_bands.scope,
    {{ trimmed('each_part.part') }} as band
from action_bands
inner join {{ ref('int_policy__scorecard_settings') }} as scorecards
    on action_bands.scorecard_id = scorecards.scorecard_id
{{ join_each_part('action_bands.band_names', 'each_part') }}
where {{ trimmed('each_part.part') }} is not null
