-- Stands between the policy as written and everything that is scored by it: with any row in policy_errors
-- the run stops here, says all of them at once, and no table behind this one changes.
{% set errors = ref('policy_errors') %}
{% if execute and flags.WHICH in ['run', 'build'] %}
    {% do refuse_unfit_database() %}
    {% do stop_on_mistaken_models(graph.nodes.values() | list) %}
    {% do stop_on_policy_errors(errors) %}
{% endif %}

select count(*) as problem_count
from {{ errors }}
