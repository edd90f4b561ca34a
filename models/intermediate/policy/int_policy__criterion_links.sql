-- A row per criterion that another one requires, or that holds it back.

with

links as (
    select
        criterion_id,
        'requires' as link_type,
        requires as linked_ids
    from {{ ref('stg_policy__criteria') }}

    union all

    select
        criterion_id,
        'unless' as link_type,
        unless as linked_ids
    from {{ ref('stg_policy__criteria') }}
),

linked_ids as (
    select distinct
        links.criterion_id,
        links.link_type,
        {{ trimmed('each_part.part') }} as linked_id
    from links
    {{ join_each_part('links.linked_ids', 'each_part') }}
)

select
    criteria.criterion_key,
    linked_ids.link_type,
    linked_criteria.criterion_key as linked_criterion_key
from linked_ids
inner join {{ ref('int_policy__criteria') }} as criteria
    on linked_ids.criterion_id = criteria.criterion_id
inner join {{ ref('int_policy__criteria') }} as linked_criteria
    on linked_ids.linked_id = linked_criteria.criterion_id
