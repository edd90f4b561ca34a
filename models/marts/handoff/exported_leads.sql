-- What `leadscore export --destination` told of leads; it adds the rows, and a run only sees to it that the table is
-- there. A batch is planned here before its file is written, so that a file can be written again as it was.
{{ config(
    materialized=stateful(),
    incremental_strategy='append',
    on_schema_change='append_new_columns',
    full_refresh=false
) }}

select
    cast(null as {{ dbt.type_string() }}) as batch_id,
    cast(null as {{ dbt.type_string() }}) as destination,
    cast(null as {{ dbt.type_int() }}) as batch_number,
    cast(null as {{ dbt.type_string() }}) as change_type,
    cast(null as {{ dbt.type_string() }}) as change_reason,
    cast(null as {{ dbt.type_string() }}) as previous_band,
    cast(null as decimal(38, 2)) as previous_score,
    cast(null as {{ dbt.type_string() }}) as sync_id,
    cast(null as {{ dbt.type_string() }}) as scorecard_id,
    cast(null as {{ dbt.type_string() }}) as lead_id,
    cast(null as {{ dbt.type_string() }}) as account_id,
    cast(null as {{ dbt.type_string() }}) as email,
    cast(null as {{ dbt.type_string() }}) as score_status,
    cast(null as decimal(38, 2)) as score,
    cast(null as decimal(38, 2)) as fit_score,
    cast(null as decimal(38, 2)) as engagement_score,
    cast(null as {{ dbt.type_string() }}) as band,
    cast(null as {{ dbt.type_string() }}) as grade,
    cast(null as {{ dbt.type_string() }}) as recommended_action,
    cast(null as decimal(38, 6)) as action_sla_hours,
    cast(null as {{ dbt.type_string() }}) as action_team,
    cast(null as {{ dbt.type_string() }}) as top_reasons,
    cast(null as {{ dbt.type_string() }}) as top_drags,
    cast(null as {{ dbt.type_string() }}) as disqualified_by,
    cast(null as timestamp) as action_due_at,
    cast(null as {{ dbt.type_string() }}) as row_hash,
    cast(null as timestamp) as scored_at
where false
