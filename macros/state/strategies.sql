{# How the tables that outlive a run take in what it found; each in one transaction, so that a run can die anywhere. #}

{#
    A strategy of incremental models: the rows of the leads that this run scores are replaced. A lead that is no longer
    scored loses its rows.
#}
{% macro get_incremental_scored_leads_sql(arguments) %}
    {{ leadscore.replace_rows(
        arguments,
        '1 = 1' if run_state().scores_all
        else 'lead_key in (' ~ leadscore.queued_leads('int_state__touched_leads') ~ ')'
    ) }}
{% endmacro %}


{# Likewise for what does not hang on the policy: only the leads whose facts or whose time have changed. #}
{% macro get_incremental_measured_leads_sql(arguments) %}
    {{ leadscore.replace_rows(
        arguments,
        '1 = 1' if run_state().measures_all
        else 'lead_key in (' ~ leadscore.queued_leads('int_state__touched_leads') ~ ' where is_measured)'
    ) }}
{% endmacro %}


{# A query for the keys of the queued leads. Args: queue, the name of its model. #}
{% macro queued_leads(queue) -%}
    select lead_key from {{ leadscore.state_relation(queue) }}
{%- endmacro %}


{# Measures: those of the touched leads, and those of rules that are new or no longer asked for. #}
{% macro get_incremental_measures_sql(arguments) %}
    {% set condition %}
        {{ leadscore.is_measured_anew() }}
        or rule_key in (select rule_key from {{ arguments.temp_relation }} where moment_key is null)
    {% endset %}
    {{ leadscore.replace_rows(arguments, '1 = 1' if run_state().measures_all else condition) }}
{% endmacro %}


{# Ties: as for measures, and those that were decided again. #}
{% macro get_incremental_tied_values_sql(arguments) %}
    {% set condition %}
        {{ leadscore.is_measured_anew() }}
        or (moment_key, rule_key) in (select moment_key, rule_key from {{ arguments.temp_relation }})
    {% endset %}
    {{ leadscore.replace_rows(arguments, '1 = 1' if run_state().measures_all else condition) }}
{% endmacro %}


{# Whether a stored measure is of a touched lead, or of a rule that the policy has no more. #}
{% macro is_measured_anew() -%}
    {%- set touched = leadscore.state_relation('int_state__touched_leads') -%}
    moment_key in (
        select lead_key * 2 from {{ touched }} where is_measured
        union all
        select lead_key * 2 + 1 from {{ touched }} where is_measured
    )
    or rule_key not in (select rule_key from {{ leadscore.state_relation('int_policy__rules') }})
{%- endmacro %}


{# Events: the rows that were read again, and those whose lead is another one now. #}
{% macro get_incremental_arrived_events_sql(arguments) %}
    {% set plan = run_state() %}
    {{ leadscore.replace_rows(
        arguments,
        '1 = 1' if plan.reads_all else leadscore.is_stored_anew(
            '', plan, leadscore.state_relation('int_state__changed_owners')
        )
    ) }}
{% endmacro %}


{# Dictionaries: keys once given stay; a full run gives them anew. #}
{% macro get_incremental_new_entries_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, '1 = 1' if run_state().is_full else '1 = 0') }}
{% endmacro %}


{# The queue of touched leads: what completed runs have dealt with goes, what a dead run left stays. #}
{% macro get_incremental_queued_leads_sql(arguments) %}
    {% set plan = run_state() %}
    {{ leadscore.replace_rows(arguments, '1 = 1' if plan.is_full else 'run_number < ' ~ plan.run_number) }}
{% endmacro %}


{# Statements that put the new rows of an incremental model in the place of those that a condition names. #}
{% macro replace_rows(arguments, condition) %}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- if condition != '1 = 0' %}
    delete from {{ arguments.target_relation }}
    where {{ condition }};
    {% endif %}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arguments.temp_relation }}
{% endmacro %}


{#
    Whether a stored event is written anew in this run: it lies in what is read again, or its lead is another one now.
    Args: prefix, of the columns of int_facts__events; plan, what run_state returned; changed_owners, the relation.
#}
{% macro is_stored_anew(prefix, plan, changed_owners) -%}
    (
        {{ is_read_again(prefix, plan) }}
        or {{ prefix }}owner_key in (select owner_key from {{ changed_owners }})
        or {{ prefix }}refused_owner in (select owner_name from {{ changed_owners }})
    )
{%- endmacro %}
