{#
    Which visitor is which user, as raw identities: each identify call, the first of the other calls that
    name both, and aliases (the previous id may be a visitor's or a user's: it is taken as both).
    Args:
        identifies   the landed table identifies
        other_calls  further tables whose rows may hold both ids: tracks, pages, screens
        aliases      the landed table aliases, if you have it
#}
{% macro segment_identities(identifies, other_calls=[], aliases=none) %}
{%- set text = dbt.type_string() -%}
{%- set call = leadscore.landed_table(identifies) -%}
with identify_calls as (
    select distinct
        {{ leadscore.landed_text(call, ['anonymous_id']) }} as anonymous_id,
        cast(null as {{ text }}) as merged_lead_id,
        {{ leadscore.landed_text(call, ['user_id']) }} as lead_id,
        {{ leadscore.landed_time(call, ['timestamp', 'received_at']) }} as identified_at
    from {{ call.relation }}
    where {{ leadscore.landed_text(call, ['anonymous_id']) }} is not null and {{ leadscore.landed_text(call, ['user_id']) }} is not null
)
{%- set parts = ['identify_calls'] -%}
{%- for relation in other_calls -%}
{%- set other = leadscore.landed_table(relation) -%}
{%- set name = 'first_calls_' ~ loop.index -%}
{%- do parts.append(name) -%}
,

{{ name }} as (
    select
        {{ leadscore.landed_text(other, ['anonymous_id']) }} as anonymous_id,
        cast(null as {{ text }}) as merged_lead_id,
        {{ leadscore.landed_text(other, ['user_id']) }} as lead_id,
        min({{ leadscore.landed_time(other, ['timestamp', 'received_at']) }}) as identified_at
    from {{ other.relation }}
    where {{ leadscore.landed_text(other, ['anonymous_id']) }} is not null and {{ leadscore.landed_text(other, ['user_id']) }} is not null
    group by 1, 2, 3
)
{%- endfor -%}
{%- if aliases is not none -%}
{%- set alias = leadscore.landed_table(aliases) -%}
{%- do parts.append('alias_calls') -%}
,

alias_calls as (
    select distinct
        {{ leadscore.landed_text(alias, ['previous_id']) }} as anonymous_id,
        {{ leadscore.landed_text(alias, ['previous_id']) }} as merged_lead_id,
        {{ leadscore.landed_text(alias, ['user_id']) }} as lead_id,
        {{ leadscore.landed_time(alias, ['timestamp', 'received_at']) }} as identified_at
    from {{ alias.relation }}
    where {{ leadscore.landed_text(alias, ['previous_id']) }} is not null
)
{%- endif %}
{{ leadscore.union_of(parts, ['anonymous_id', 'merged_lead_id', 'lead_id', 'identified_at']) }}
{% endmacro %}
