-- A row per scorecard that scores with the hash of everything in its policy that can change a score. Values
-- are hashed as typed and with defaults filled, so that spelling, notes, names and the order of rows do not count.

with

setting_lines as (
    select
        settings.scorecard_key,
        {{ fingerprint([
            "'scorecard'", 'settings.base_points', 'settings.min_score', 'settings.max_score',
            'settings.account_rollup', 'tests.item_name', 'tests.operator', 'tests.normalised_value',
        ]) }} as line
    from {{ ref('int_policy__scorecard_settings') }} as settings
    left join {{ ref('int_policy__test_uses') }} as tests
        on settings.scorecard_id = tests.row_id and tests.file = 'scorecards.csv'
),

criterion_lines as (
    select
        criteria.scorecard_key,
        {{ fingerprint([
            "'criterion'", 'criteria.criterion_id', 'criteria.dimension', 'criteria.group_id', 'criteria.signal',
            'criteria.measure', 'criteria.measure_property', 'criteria.at_least', 'criteria.at_most',
            'criteria.window_days', 'criteria.points', 'criteria.frequency', 'criteria.every_n',
            'criteria.max_points', 'criteria.decay', 'criteria.decay_days', 'criteria.effect',
            'criteria.valid_from', 'criteria.valid_to', 'criteria.is_active',
            'tests.item_kind', 'tests.item_name', 'tests.operator', 'tests.normalised_value',
        ]) }} as line
    from {{ ref('int_policy__criteria') }} as criteria
    left join {{ ref('int_policy__test_uses') }} as tests
        on criteria.criterion_id = tests.row_id and tests.file = 'criteria.csv'
),

event_lines as (
    select
        criteria.scorecard_key,
        {{ fingerprint(["'event'", 'criteria.criterion_id', 'events.role', 'events.event_name']) }} as line
    from {{ ref('int_policy__criterion_events') }} as events
    inner join {{ ref('int_policy__criteria') }} as criteria on events.criterion_key = criteria.criterion_key
),

link_lines as (
    select
        criteria.scorecard_key,
        {{ fingerprint(["'link'", 'criteria.criterion_id', 'links.link_type', 'linked.criterion_id']) }} as line
    from {{ ref('int_policy__criterion_links') }} as links
    inner join {{ ref('int_policy__criteria') }} as criteria on links.criterion_key = criteria.criterion_key
    inner join {{ ref('int_policy__criteria') }} as linked on links.linked_criterion_key = linked.criterion_key
),

group_lines as (
    select
        scorecard_key,
        {{ fingerprint(["'group'", 'group_id', 'dimension', 'min_points', 'max_points']) }} as line
    from {{ ref('int_policy__groups') }}
),

dimension_lines as (
    select
        scorecard_key,
        {{ fingerprint(["'dimension'", 'dimension', 'min_points', 'max_points']) }} as line
    from {{ ref('int_policy__dimensions') }}
),

band_lines as (
    select
        scorecard_key,
        {{ fingerprint(["'band'", 'scope', 'band', 'min_points']) }} as line
    from {{ ref('int_policy__bands') }}
),

lines as (
    {%- for kind in ['setting', 'criterion', 'event', 'link', 'group', 'dimension', 'band'] %}
    select
        scorecard_key,
        line
    from {{ kind }}_lines
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    scorecard_key,
    {{ text_md5(joined_text('line', '\n', by_bytes('line'))) }} as policy_version
from lines
group by scorecard_key
