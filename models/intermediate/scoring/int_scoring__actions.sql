-- The recommended action of each combination of bands that occurs: the first of the scorecard's actions that fits.
with

combinations as (

    select distinct
        scores.scorecard_key,
        scores.score_status,
        scores.band,
        scores.fit_band,
        scores.engagement_band
    from {{ ref('int_scoring__results') }} as scores

),

-- how many of an action's conditions there are, and how many a combination meets
conditions_needed as (

    select
        action_bands.scorecard_key,
        action_bands.priority,
        count(distinct action_bands.scope) as scope_count,
        max(case when action_bands.scope = 'total' then 1 else 0 end) as names_bands
    from {{ ref('int_policy__action_bands') }} as action_bands
    group by 1, 2

),

conditions_met as (

    select
        combinations.scorecard_key,
        combinations.score_status,
        combinations.band,
        combinations.fit_band,
        combinations.engagement_band,
        action_bands.priority,
        count(distinct action_bands.scope) as scope_count
    from combinations
    inner join {{ ref('int_policy__action_bands') }} as action_bands
        on
            combinations.scorecard_key = action_bands.scorecard_key
            and action_bands.band = case action_bands.scope
                when 'total' then combinations.band
                when 'fit' then combinations.fit_band
                when 'engagement' then combinations.engagement_band
            end
    group by 1, 2, 3, 4, 5, 6

),

fitting_actions as (

    select
        combinations.scorecard_key,
        combinations.score_status,
        combinations.band,
        combinations.fit_band,
        combinations.engagement_band,
        actions.action,
        actions.sla_hours,
        actions.team,
        row_number() over (
            partition by
                combinations.scorecard_key,
                combinations.score_status,
                combinations.band,
                combinations.fit_band,
                combinations.engagement_band
            order by actions.priority
        ) as position
    from combinations
    inner join {{ ref('int_policy__actions') }} as actions
        on combinations.scorecard_key = actions.scorecard_key
    left join conditions_needed
        on
            actions.scorecard_key = conditions_needed.scorecard_key
            and actions.priority = conditions_needed.priority
    left join conditions_met
        on
            combinations.scorecard_key = conditions_met.scorecard_key
            and combinations.score_status = conditions_met.score_status
            and combinations.band is not distinct from conditions_met.band
            and combinations.fit_band is not distinct from conditions_met.fit_band
            and combinations.engagement_band is not distinct from conditions_met.engagement_band
            and actions.priority = conditions_met.priority
    where
        coalesce(conditions_met.scope_count, 0) = coalesce(conditions_needed.scope_count, 0)
        -- a lead without a band of points is named outright, or gets no action
        and (combinations.score_status = 'scored' or conditions_needed.names_bands = 1)

)

select
    fitting_actions.scorecard_key,
    fitting_actions.score_status,
    fitting_actions.band,
    fitting_actions.fit_band,
    fitting_actions.engagement_band,
    fitting_actions.action,
    fitting_actions.sla_hours,
    fitting_actions.team
from fitting_actions
where fitting_actions.position = 1
