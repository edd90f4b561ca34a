-- A row per scorecard that scores (live or draft), with its settings and the version of its policy.

select
    settings.scorecard_key,
    settings.scorecard_id,
    settings.name,
    settings.status,
    settings.base_points,
    settings.min_score,
    settings.max_score,
    settings.audience_test_key,
    settings.account_rollup,
    versions.policy_version
from {{ ref('int_policy__scorecard_settings') }} as settings
inner join {{ ref('int_policy__versions') }} as versions on settings.scorecard_key = versions.scorecard_key
