{# The columns of the stored events. Args: properties, as declared_properties gives them. #}
{% macro event_fact_columns(properties) %}
    {% set columns = ['event_hash', 'owner_key', 'lead_key', 'event_name_key'] %}
    {% for property in properties %}
        {% do columns.append(property.alias ~ '_key') %}
    {% endfor %}
    {{ return(columns + [
        'occurred_at', 'known_at', 'loaded_at', 'has_load_time', 'is_loaded_at_unreadable', 'reason', 'refused_event_id', 'refused_owner',
        'refused_row',
    ]) }}
{% endmacro %}


{#
    Whether a raw event is among those that an incremental run reads: it was loaded since, or does not say when.
    Args: prefix, of the columns of base_tracking__events; plan, what run_state returned.
#}
{% macro has_arrived(prefix, plan) -%}
    ({{ prefix }}loaded_at >= {{ plan.read_from }} or {{ prefix }}loaded_at is null)
{%- endmacro %}


{# Whether a stored event is among those that the run reads again. Args as above, of the columns of int_facts__events. #}
{% macro is_read_again(prefix, plan) -%}
    ({{ prefix }}loaded_at >= {{ plan.read_from }} or not {{ prefix }}has_load_time)
{%- endmacro %}


{# The stored events that the run does not read again. Args as above. #}
{% macro is_left_alone(prefix, plan) -%}
    ({{ prefix }}loaded_at < {{ plan.read_from }} and {{ prefix }}has_load_time)
{%- endmacro %}
