-- Rows that claim the same key as another row of their file. Every row of the set is named.

with

-- ids of criteria and scorecards are unique in their file, also where a scorecard is retired
repeated_criteria as (
    select
        'criteria.csv' as file,
        row_id,
        'criterion_id' as column_name,
        criterion_id as value,
        'Another row has the same criterion_id.' as problem,
        'Give each criterion an id of its own (also apart from those of retired scorecards), or delete one of the rows.'
            as remedy,
        count(*) over (partition by criterion_id) as row_count
    from {{ ref('stg_policy__criteria') }}
    where criterion_id is not null
),

repeated_scorecards as (
    select
        'scorecards.csv' as file,
        row_id,
        'scorecard_id' as column_name,
        scorecard_id as value,
        'Another row has the same scorecard_id.' as problem,
        'Give each scorecard an id of its own (also apart from retired ones), or delete one of the rows.' as remedy,
        count(*) over (partition by scorecard_id) as row_count
    from {{ ref('stg_policy__scorecards') }}
    where scorecard_id is not null
),

repeated_groups as (
    select
        'groups.csv' as file,
        row_id,
        'group_id' as column_name,
        group_id as value,
        'Another row has the same group_id for this scorecard.' as problem,
        'Give each group of a scorecard an id of its own, also across dimensions, or delete one of the rows.' as remedy,
        count(*) over (partition by scorecard_id, group_id) as row_count
    from {{ ref('stg_policy__groups') }}
    where not is_retired and scorecard_id is not null and group_id is not null
),

repeated_dimensions as (
    select
        'dimensions.csv' as file,
        row_id,
        'dimension' as column_name,
        dimension_text as value,
        'Another row has the same dimension for this scorecard.' as problem,
        'Keep one row for each dimension of a scorecard.' as remedy,
        count(*) over (partition by scorecard_id, dimension) as row_count
    from {{ ref('stg_policy__dimensions') }}
    where not is_retired and scorecard_id is not null and dimension is not null
),

repeated_bands as (
    select
        'bands.csv' as file,
        row_id,
        'band' as column_name,
        band as value,
        'Another row has the same band for this scorecard and scope.' as problem,
        'Keep one row for each band of a scope, or name one of them otherwise.' as remedy,
        count(*) over (partition by scorecard_id, scope, band) as row_count
    from {{ ref('stg_policy__bands') }}
    where not is_retired and scorecard_id is not null and scope is not null and band is not null
),

repeated_band_limits as (
    select
        'bands.csv' as file,
        row_id,
        'min_points' as column_name,
        min_points_text as value,
        case
            when min_points_text is null then 'Another row also is the lowest band of this scorecard and scope.'
            else 'Another row has the same min_points for this scorecard and scope.'
        end as problem,
        'Let each band of a scope begin at other points; only one may be the lowest (empty).' as remedy,
        count(*) over (partition by scorecard_id, scope, min_points) as row_count
    from {{ ref('stg_policy__bands') }}
    where
        not is_retired
        and scorecard_id is not null
        and scope is not null
        and (min_points is not null or min_points_text is null)
),

repeated_priorities as (
    select
        'actions.csv' as file,
        row_id,
        'priority' as column_name,
        priority_text as value,
        'Another row has the same priority for this scorecard.' as problem,
        'Number the actions of a scorecard 1, 2, 3, each number once.' as remedy,
        count(*) over (partition by scorecard_id, priority) as row_count
    from {{ ref('stg_policy__actions') }}
    where not is_retired and scorecard_id is not null and priority is not null
),

keyed_rows as (
    select * from repeated_criteria
    union all
    select * from repeated_scorecards
    union all
    select * from repeated_groups
    union all
    select * from repeated_dimensions
    union all
    select * from repeated_bands
    union all
    select * from repeated_band_limits
    union all
    select * from repeated_priorities
)

select
    file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from keyed_rows
where row_count > 1
