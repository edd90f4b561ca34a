-- depends_on: {{ ref('int_state__run') }}
-- depends_on: {{ ref('int_scoring__moments') }}
-- How many of the attributes that a scorecard's active criteria use are known for each lead.
with

used_attributes as (

    select distinct
        criteria.scorecard_key,
        tests.item_name
    from {{ ref('int_policy__criteria') }} as criteria
    inner join {{ ref('int_policy__tests') }} as tests
        on criteria.test_key = tests.test_key
    where
        criteria.signal = 'attribute'
        and criteria.is_active

),

used_counts as (

    select
        used_attributes.scorecard_key,
        count(*) as attributes_used
    from used_attributes
    group by 1

),

known_counts as (

    select
        used_attributes.scorecard_key,
        lead_values.lead_key,
        count(attribute_values.value) as attributes_known
    from {{ ref('int_facts__lead_values') }} as lead_values
    inner join {{ ref('int_dictionary__values') }} as attribute_values
        on lead_values.value_key = attribute_values.value_key
    inner join used_attributes
        on attribute_values.item_name = used_attributes.item_name
    where attribute_values.item_kind = 'attribute'
    {%- if not run_state().scores_all %}
        and lead_values.lead_key in (select moments.lead_key from {{ ref('int_scoring__moments') }} as moments)
    {%- endif %}
    group by 1, 2

)

select
    known_counts.scorecard_key,
    known_counts.lead_key,
    known_counts.attributes_known,
    used_counts.attributes_used
from known_counts
inner join used_counts
    on known_counts.scorecard_key = used_counts.scorecard_key
