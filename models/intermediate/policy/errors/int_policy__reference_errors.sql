-- Names that lead nowhere: of scorecards, groups, attributes, properties, bands and other criteria.
{% set attributes = declared_attributes(var('lead_attributes')) | map(attribute='name') | list %}
{% set properties = declared_properties(var('event_properties')) | map(attribute='name') | list %}

with

-- files that have all the columns by which others look them up; a missing file or column is named once
files_to_look_up as (
    select file
    from {{ ref('stg_policy__columns') }}
    where
        is_found
        and (
            (file = 'scorecards.csv' and column_name = 'scorecard_id')
            or (file = 'criteria.csv' and column_name = 'criterion_id')
            or (file = 'groups.csv' and column_name in ('scorecard_id', 'group_id'))
            or (file = 'bands.csv' and column_name in ('scorecard_id', 'scope', 'band'))
        )
    group by file
    having count(*) = case file when 'groups.csv' then 2 when 'bands.csv' then 3 else 1 end
),

scorecard_ids as (
    select distinct scorecard_id
    from {{ ref('stg_policy__scorecards') }}
    where scorecard_id is not null
),

criteria as (
    select *
    from {{ ref('stg_policy__criteria') }}
    where not is_retired
),

item_tests as (
    select *
    from {{ ref('int_policy__item_tests') }}
    where not is_retired
),

actions as (
    select *
    from {{ ref('stg_policy__actions') }}
    where not is_retired
),

-- scorecards ------------------------------------------------------------------

unknown_scorecards as (
    select
        cells.file,
        cells.row_id,
        cells.column_name,
        cells.value,
        'There is no such scorecard.' as problem,
        'Write a scorecard_id that stands in scorecards.csv (upper and lower case matter), or add it there.' as remedy
    from {{ ref('int_policy__cells') }} as cells
    left join scorecard_ids on cells.value = scorecard_ids.scorecard_id
    where
        cells.column_name = 'scorecard_id'
        and cells.file <> 'scorecards.csv'
        and cells.value is not null
        and scorecard_ids.scorecard_id is null
        and 'scorecards.csv' in (select files_to_look_up.file from files_to_look_up)
),

-- groups ----------------------------------------------------------------------

group_fits as (
    select
        criteria.row_id,
        criteria.group_id,
        criteria.dimension,
        count(policy_groups.group_id) as group_count,
        -- a dimension that cannot be read is named where it stands
        count(
            case
                when
                    criteria.dimension is null
                    or policy_groups.dimension is null
                    or criteria.dimension = policy_groups.dimension
                    then policy_groups.group_id
            end
        ) as fitting_count
    from criteria
    inner join scorecard_ids on criteria.scorecard_id = scorecard_ids.scorecard_id
    left join {{ ref('stg_policy__groups') }} as policy_groups
        on criteria.scorecard_id = policy_groups.scorecard_id and criteria.group_id = policy_groups.group_id
    where criteria.group_id is not null
    group by criteria.row_id, criteria.group_id, criteria.dimension
),

wrong_groups as (
    select
        'criteria.csv' as file,
        row_id,
        'group_id' as column_name,
        group_id as value,
        case
            when group_count = 0 then 'The scorecard has no such group.'
            else 'The group is not of the dimension ' || dimension || '.'
        end as problem,
        case
            when group_count = 0
                then 'Write a group_id that groups.csv has for this scorecard, add it there, or leave the cell empty.'
            else 'Write a group of the same dimension, or correct the dimension here or in groups.csv.'
        end as remedy
    from group_fits
    where fitting_count = 0 and 'groups.csv' in (select files_to_look_up.file from files_to_look_up)
),

-- attributes and properties -----------------------------------------------------

-- a row per name that the vars declare
known_attributes as (
    {{ rows_of_names(attributes) }}
),

known_properties as (
    {{ rows_of_names(properties) }}
),

known_names as (
    select
        'attribute' as item_kind,
        coalesce('Write one of: ' || {{ joined_text('name', ', ', 'position') }} || '; or declare', 'Declare')
        || ' it in the var lead_attributes.' as remedy
    from known_attributes

    union all

    select
        'property' as item_kind,
        coalesce('Write one of: ' || {{ joined_text('name', ', ', 'position') }} || '; or declare', 'Declare')
        || ' it in the var event_properties.' as remedy
    from known_properties
),

unknown_attributes as (
    select
        item_tests.file,
        item_tests.row_id,
        item_tests.item_column as column_name,
        item_tests.item_text as value,
        'There is no such attribute of leads.' as problem,
        known_names.remedy
    from item_tests
    inner join known_names on item_tests.item_kind = known_names.item_kind
    left join known_attributes on item_tests.item_name = known_attributes.name
    where item_tests.item_kind = 'attribute' and item_tests.item_text is not null and known_attributes.name is null
),

named_properties as (
    select
        file,
        row_id,
        item_column as column_name,
        item_text as value
    from item_tests
    where item_kind = 'property' and item_text is not null

    union all

    select
        'criteria.csv' as file,
        row_id,
        'measure_field' as column_name,
        measure_field as value
    from criteria
    where signal = 'event' and measure in ('distinct_values', 'sum') and measure_field is not null
),

unknown_properties as (
    select
        named_properties.file,
        named_properties.row_id,
        named_properties.column_name,
        named_properties.value,
        'There is no such property of events.' as problem,
        known_names.remedy
    from named_properties
    inner join known_names on known_names.item_kind = 'property'
    left join known_properties on {{ lower_case('named_properties.value') }} = known_properties.name
    where known_properties.name is null
),

-- bands -------------------------------------------------------------------------

action_bands as (
    {%- for scope, column in [('total', 'band'), ('fit', 'fit_band'), ('engagement', 'engagement_band')] %}
    select
        row_id,
        scorecard_id,
        '{{ scope }}' as scope,
        '{{ column }}' as column_name,
        {{ column }} as value
    from actions
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

named_bands as (
    select
        action_bands.row_id,
        action_bands.scorecard_id,
        action_bands.scope,
        action_bands.column_name,
        action_bands.value,
        {{ trimmed('each_part.part') }} as band
    from action_bands
    inner join scorecard_ids on action_bands.scorecard_id = scorecard_ids.scorecard_id
    {{ join_each_part('action_bands.value', 'each_part') }}
    where {{ trimmed('each_part.part') }} is not null
),

unknown_bands as (
    select distinct
        'actions.csv' as file,
        named_bands.row_id,
        named_bands.column_name,
        named_bands.value,
        'The scorecard has no band ' || named_bands.band || ' of scope ' || named_bands.scope || '.' as problem,
        'Write bands that bands.csv has for this scorecard and scope (upper and lower case matter)'
        || case named_bands.scope when 'total' then ', disqualified or insufficient_data' else '' end
        || ', or leave the cell empty for any.' as remedy
    from named_bands
    left join {{ ref('stg_policy__bands') }} as bands
        on
            named_bands.scorecard_id = bands.scorecard_id
            and named_bands.band = bands.band
            -- a scope that cannot be read is named where it stands
            and (named_bands.scope = bands.scope or bands.scope is null)
    where
        bands.band is null
        and not (named_bands.scope = 'total' and named_bands.band in ('disqualified', 'insufficient_data'))
        and 'bands.csv' in (select files_to_look_up.file from files_to_look_up)
),

-- other criteria ----------------------------------------------------------------

links as (
    {%- for column in ['requires', 'unless'] %}
    select
        row_id,
        criterion_id,
        scorecard_id,
        '{{ column }}' as column_name,
        {{ column }} as value
    from criteria
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

linked_ids as (
    select
        links.row_id,
        links.criterion_id,
        links.scorecard_id,
        links.column_name,
        links.value,
        {{ trimmed('each_part.part') }} as linked_id
    from links
    {{ join_each_part('links.value', 'each_part') }}
    where {{ trimmed('each_part.part') }} is not null
),

linked_fits as (
    select
        linked_ids.row_id,
        linked_ids.column_name,
        linked_ids.value,
        linked_ids.linked_id,
        coalesce(linked_ids.linked_id = linked_ids.criterion_id, false) as is_itself,
        count(linked.criterion_id) as criterion_count,
        -- a scorecard that is missing in one of the two rows is named there
        count(
            case
                when
                    linked_ids.scorecard_id is null
                    or linked.scorecard_id is null
                    or linked_ids.scorecard_id = linked.scorecard_id
                    then linked.criterion_id
            end
        ) as fitting_count
    from linked_ids
    left join {{ ref('stg_policy__criteria') }} as linked on linked_ids.linked_id = linked.criterion_id
    group by
        linked_ids.row_id,
        linked_ids.column_name,
        linked_ids.value,
        linked_ids.linked_id,
        coalesce(linked_ids.linked_id = linked_ids.criterion_id, false)
),

wrong_links as (
    select
        'criteria.csv' as file,
        row_id,
        column_name,
        value,
        case
            when is_itself then 'The criterion names itself.'
            when criterion_count = 0 then 'There is no criterion ' || linked_id || '.'
            else 'The criterion ' || linked_id || ' belongs to another scorecard.'
        end as problem,
        case
            when is_itself then 'Take it out of the cell.'
            when criterion_count = 0
                then 'Write ids that stand in the column criterion_id (upper and lower case matter), with | between.'
            else 'Write ids of criteria of the same scorecard; copy the other one into this scorecard if need be.'
        end as remedy
    from linked_fits
    where (is_itself or fitting_count = 0) and 'criteria.csv' in (select files_to_look_up.file from files_to_look_up)
),

errors as (
    {%- for kind in [
        'unknown_scorecards', 'wrong_groups', 'unknown_attributes', 'unknown_properties', 'unknown_bands', 'wrong_links',
    ] %}
    select * from {{ kind }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    file,
    row_id,
    column_name,
    value,
    problem,
    remedy
from errors
