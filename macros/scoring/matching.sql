{# Which events count for which criteria. #}

{#
    A query for the events that fit a rule by name and, where a property is tested, by its value:
    one branch for each property, so that every join is on whole numbers alone.
    Args:
        events: the relation of narrow events, read as `events`.
        rules: the relation of rules, read as `rules`, with event_name_key, property_name and value_key.
        properties: what declared_properties returned.
        columns: the select list, as a list of SQL expressions over both.
#}
{% macro fitting_events(events, rules, properties, columns) %}
    select
        {{ columns | join(',\n        ') }}
    from {{ events }} as events
    inner join {{ rules }} as rules
        on events.event_name_key = rules.event_name_key
    where rules.property_name is null
    {%- for property in properties %}

    union all

    select
        {{ columns | join(',\n        ') }}
    from {{ events }} as events
    inner join {{ rules }} as rules
        on
            events.event_name_key = rules.event_name_key
            and events.{{ property.alias }}_key = rules.value_key
    where rules.property_name = {{ text_literal(property.name) }}
    {%- endfor %}
{% endmacro %}


{# Whether a fitting event counts at a moment: known by then, inside the window, passing what hangs on the moment. #}
{% macro counts_at_moment(fitting, scored_at) -%}
    (
        {{ fitting }}.known_at <= {{ scored_at }}
        and {{ microseconds_between(fitting ~ '.occurred_at', scored_at) }} < {{ fitting }}.window_microseconds
        and {{ days_from_now_holds(fitting, scored_at) }}
    )
{%- endmacro %}
