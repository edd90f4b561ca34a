-- Whose events they are: a row per id or visitor that is known and span of time, with the lead that it stands for.
-- An id has one span; of a visitor one begins with each identification as another lead, and the first one also
-- covers the time before.
with

owner_spans as (

    select
        {{ owner_name('lead', 'known_ids.known_id') }} as owner_name,
        known_ids.known_id as owner_id,
        false as is_visitor,
        known_ids.lead_id,
        known_ids.merged_at as known_from,
        cast(null as {{ dbt.type_timestamp() }}) as span_from,
        cast(null as {{ dbt.type_timestamp() }}) as span_to
    from {{ ref('int_identity__known_ids') }} as known_ids

    union all

    select
        {{ owner_name('visitor', 'visitors.anonymous_id') }} as owner_name,
        visitors.anonymous_id as owner_id,
        true as is_visitor,
        visitors.lead_id,
        visitors.known_from,
        visitors.span_from,
        visitors.span_to
    from {{ ref('int_identity__visitors') }} as visitors

)

select
    owners.owner_key,
    owner_spans.owner_name,
    owner_spans.owner_id,
    owner_spans.is_visitor,
    leads.owner_key as lead_key,
    owner_spans.lead_id,
    owner_spans.known_from,
    owner_spans.span_from,
    owner_spans.span_to
from owner_spans
inner join {{ ref('int_dictionary__owners') }} as owners
    on owner_spans.owner_name = owners.owner_name
inner join {{ ref('int_dictionary__owners') }} as leads
    on {{ owner_name('lead', 'owner_spans.lead_id') }} = leads.owner_name
