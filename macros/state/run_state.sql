{# What a run may leave as it is: the plan that int_state__run made, for the models that come after it. #}

{#
    The plan of this run, as a dict:
        is_full        nothing is kept from earlier runs
        reads_all      every raw event is read, not only those that arrived since
        measures_all   the events of every lead are measured again
        scores_all     every lead is scored again
        read_from      SQL of the load time from which on raw events are read (none when reads_all)
        run_number     the number of this run, one above the last completed one
    While dbt only parses or compiles, and in unit tests: a full run.
    The calling model says `depends_on: int_state__run`.
#}
{% macro run_state() %}
    {% set plan = {
        'is_full': true, 'reads_all': true, 'measures_all': true, 'scores_all': true, 'read_from': none, 'run_number': 1,
    } %}
    {% set stored = leadscore.state_relation('int_state__run') if leadscore.is_running_a_model() else none %}
    {% if stored %}
        {% set columns = ['is_full', 'reads_all', 'measures_all', 'scores_all', 'run_number'] %}
        {% set row = run_query(
            'select ' ~ columns | join(', ') ~ ', cast(read_from as ' ~ dbt.type_string() ~ ') as read_from from ' ~ stored
        ).rows[0] %}
        {% for column in columns %}
            {% do plan.update({column: row[loop.index0]}) %}
        {% endfor %}
        {% if row[columns | length] %}
            {% do plan.update({'read_from': "cast('" ~ row[columns | length] ~ "' as timestamp)"}) %}
        {% endif %}
    {% endif %}
    {{ return(plan) }}
{% endmacro %}


{# Whether dbt is about to build the calling model: not while it parses, compiles, or tests it with made-up rows. #}
{% macro is_running_a_model() %}
    {{ return(execute and flags.WHICH in ['run', 'build'] and model.resource_type == 'model') }}
{% endmacro %}


{#
    The table of a model beside the calling one, as earlier steps or runs left it; none when there is none.
    It is not a ref, since the models that write state come after those that compare with it.
    Args: name, of a model of the same schema.
#}
{% macro state_relation(name) %}
    {{ return(adapter.get_relation(database=this.database, schema=this.schema, identifier=name)) }}
{% endmacro %}


{# The models whose tables hold what later runs build on; with any of them missing, a run is a full one. #}
{% macro stateful_models() %}
    {{ return([
        'int_dictionary__owners',
        'int_dictionary__event_names',
        'int_dictionary__values',
        'int_facts__events',
        'int_facts__lead_values',
        'int_state__touched_leads',
        'int_state__owners_before',
        'int_state__leads_before',
        'int_state__outcomes_before',
        'int_scoring__activity',
        'int_scoring__event_measures',
        'int_scoring__tied_values',
        'int_scoring__results',
        'int_scoring__entries',
        'int_backtest__results',
        'int_backtest__entries',
    ]) }}
{% endmacro %}


{# The vars that earlier results hang on. #}
{% macro settings_names() %}
    {{ return([
        'use_demo_data', 'crm_database', 'crm_schema', 'leads_table', 'outcomes_table', 'tracking_database',
        'tracking_schema', 'events_table', 'identities_table', 'leads_model', 'outcomes_model', 'events_model',
        'identities_model', 'has_outcomes', 'has_identities', 'lead_attributes', 'event_properties', 'missing_values',
        'conversion_outcomes', 'trend_days', 'lead_columns_in_mart', 'backtest', 'backtest_days',
        'backtest_moment_column',
    ]) }}
{% endmacro %}


{#
    Everything beside the policy that earlier results hang on, as one text: with another one a run is a full one.
    The number in front is raised when the stored tables change their meaning.
#}
{% macro settings_signature() %}
    {% set parts = ['3'] %}
    {% for name in leadscore.settings_names() %}
        {% do parts.append(name ~ '=' ~ tojson(var(name, none))) %}
    {% endfor %}
    {{ return(local_md5(parts | join('\n'))) }}
{% endmacro %}
