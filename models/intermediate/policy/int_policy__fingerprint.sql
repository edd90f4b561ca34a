-- One row: the hash of all that scores and their words hang on in the policy, as it is in force at the moments scored.
-- Two runs with the same one differ by their leads and events only.
{% set moments = [
    scoring_moment(var('as_of')),
    days_later(scoring_moment(var('as_of')), '-' ~ var('trend_days')),
] %}

with

scorecard_lines as (

    select {{ fingerprint([
        "'scorecard'", 'scorecards.scorecard_id', 'scorecards.name', 'scorecards.status', 'scorecards.policy_version',
    ]) }} as line
    from {{ ref('int_policy__scorecards') }} as scorecards

),

criterion_lines as (

    select {{ fingerprint(["'criterion'", 'criteria.criterion_id', 'criteria.name']
        + ["case when " ~ counts_on_date('criteria', 'cast(' ~ moments[0] ~ ' as date)') ~ " then 1 else 0 end"]
        + ["case when " ~ counts_on_date('criteria', 'cast(' ~ moments[1] ~ ' as date)') ~ " then 1 else 0 end"]
    ) }} as line
    from {{ ref('int_policy__criteria') }} as criteria

),

group_lines as (

    select {{ fingerprint([
        "'group'", 'scorecards.scorecard_id', 'policy_groups.group_id', 'policy_groups.name',
    ]) }} as line
    from {{ ref('int_policy__groups') }} as policy_groups
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on policy_groups.scorecard_key = scorecards.scorecard_key

),

action_lines as (

    select {{ fingerprint([
        "'action'", 'scorecards.scorecard_id', 'actions.priority', 'actions.action', 'actions.sla_hours', 'actions.team',
    ]) }} as line
    from {{ ref('int_policy__actions') }} as actions
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on actions.scorecard_key = scorecards.scorecard_key

),

action_band_lines as (

    select {{ fingerprint([
        "'action band'", 'scorecards.scorecard_id', 'action_bands.priority', 'action_bands.scope', 'action_bands.band',
    ]) }} as line
    from {{ ref('int_policy__action_bands') }} as action_bands
    inner join {{ ref('int_policy__scorecards') }} as scorecards
        on action_bands.scorecard_key = scorecards.scorecard_key

),

-- events whose property is compared with the date are looked at again every day
dated_lines as (

    select distinct {{ fingerprint(["'date'", 'cast(' ~ moments[0] ~ ' as date)']) }} as line
    from {{ ref('int_policy__tests') }} as tests
    where
        tests.item_kind = 'property'
        and tests.operator = 'days_from_now'

),

lines as (

    {%- for kind in ['scorecard', 'criterion', 'group', 'action', 'action_band', 'dated'] %}
    select {{ kind }}_lines.line
    from {{ kind }}_lines
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select coalesce({{ text_md5(joined_text('lines.line', '\n', by_bytes('lines.line'))) }}, '') as policy_fingerprint
from lines
