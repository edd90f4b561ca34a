{# How the tables that outlive a run take in what it found; each in one transaction, so that a run can die anywhere. #}

{#
    Which stored rows of the calling model a run takes away before it adds its own: SQL over the columns of its table,
    `1 = 1` for all of them and `1 = 0` for none.
    Args: strategy, the model's incremental_strategy; new_rows, the relation of what the run adds.

        scored_leads    rows of the leads that this run scores; a lead that is no longer scored loses its rows
        measured_leads  likewise for what does not hang on the policy: leads whose facts or whose time have changed
        measures        measures of those leads, and of rules that are new or no longer asked for
        tied_values     as for measures, and the ties that were decided again
        arrived_events  events that were read again, and those whose lead is another one now
        new_entries     of dictionaries: keys once given stay; a full run gives them anew
        queued_leads    what completed runs have dealt with goes, what a dead run left stays
        spans           rows with the unique_key of a new one
#}
{% macro replaced_rows(strategy, new_rows) %}
    {%- set plan = leadscore.run_state() if strategy != 'spans' else none -%}
    {%- if strategy == 'scored_leads' -%}
        {%- if plan.scores_all -%} 1 = 1
        {%- else -%} lead_key in ({{ leadscore.queued_leads('int_state__touched_leads') }})
        {%- endif -%}
    {%- elif strategy == 'measured_leads' -%}
        {%- if plan.measures_all -%} 1 = 1
        {%- else -%} lead_key in ({{ leadscore.queued_leads('int_state__touched_leads') }} where is_measured)
        {%- endif -%}
    {%- elif strategy == 'measures' -%}
        {%- if plan.measures_all -%} 1 = 1
        {%- else -%}
        {{ leadscore.is_measured_anew() }}
        or rule_key in (select rule_key from {{ new_rows }} where moment_key is null)
        {%- endif -%}
    {%- elif strategy == 'tied_values' -%}
        {%- if plan.measures_all -%} 1 = 1
        {%- else -%}
        {{ leadscore.is_measured_anew() }}
        or (moment_key, rule_key) in (select moment_key, rule_key from {{ new_rows }})
        {%- endif -%}
    {%- elif strategy == 'arrived_events' -%}
        {%- if plan.reads_all -%} 1 = 1
        {%- else -%} {{ leadscore.is_stored_anew('', plan, leadscore.state_relation('int_state__changed_owners')) }}
        {%- endif -%}
    {%- elif strategy == 'new_entries' -%}
        {{ '1 = 1' if plan.is_full else '1 = 0' }}
    {%- elif strategy == 'queued_leads' -%}
        {{ '1 = 1' if plan.is_full else 'run_number < ' ~ plan.run_number }}
    {%- elif strategy == 'spans' -%}
        {%- set unique_key = config.get('unique_key') -%}
        {%- set keys = unique_key if unique_key is string else unique_key | join(', ') -%}
        ({{ keys }}) in (select {{ keys }} from {{ new_rows }})
    {%- else -%}
        {{ exceptions.raise_compiler_error("There is no strategy '" ~ strategy ~ "' of stored rows.") }}
    {%- endif -%}
{% endmacro %}


{# Which of its new rows a run adds; the others only take stored ones away. Args: strategy. #}
{% macro added_rows(strategy) -%}
    {{ 'valid_to is null or valid_to > valid_from' if strategy == 'spans' else '1 = 1' }}
{%- endmacro %}


{# The same as statements, for the `incremental` of engines that delete rows in a transaction. #}
{% macro replace_rows(arguments, strategy) %}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute='name')) -%}
    {%- set condition = leadscore.replaced_rows(strategy, arguments.temp_relation) | trim -%}
    {%- if condition != '1 = 0' %}
    delete from {{ arguments.target_relation }}
    where {{ condition }};
    {% endif %}
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }}
    from {{ arguments.temp_relation }}
    where {{ leadscore.added_rows(strategy) }}
{% endmacro %}


{% macro get_incremental_scored_leads_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'scored_leads') }}
{% endmacro %}

{% macro get_incremental_measured_leads_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'measured_leads') }}
{% endmacro %}

{% macro get_incremental_measures_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'measures') }}
{% endmacro %}

{% macro get_incremental_tied_values_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'tied_values') }}
{% endmacro %}

{% macro get_incremental_arrived_events_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'arrived_events') }}
{% endmacro %}

{% macro get_incremental_new_entries_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'new_entries') }}
{% endmacro %}

{% macro get_incremental_queued_leads_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'queued_leads') }}
{% endmacro %}

{% macro get_incremental_spans_sql(arguments) %}
    {{ leadscore.replace_rows(arguments, 'spans') }}
{% endmacro %}


{# A query for the keys of the queued leads. Args: queue, the name of its model. #}
{% macro queued_leads(queue) -%}
    select lead_key from {{ leadscore.state_relation(queue) }}
{%- endmacro %}


{# Whether a stored measure is of a touched lead, or of a rule that the policy has no more. #}
{% macro is_measured_anew() -%}
    {%- set touched = leadscore.state_relation('int_state__touched_leads') -%}
    moment_key in (
        {%- for moment_set in leadscore.moment_sets() %}
        select {{ leadscore.moment_key_of('lead_key', moment_set) }} from {{ touched }} where is_measured
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )
    or rule_key not in (select rule_key from {{ leadscore.state_relation('int_policy__rules') }})
{%- endmacro %}


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
