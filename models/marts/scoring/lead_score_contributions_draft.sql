{{ config(materialized=mart_view()) }}
-- The ledger itself is stored as whole numbers; its words are joined when it is read.
select
    entries.scorecard_id,
    entries.lead_id,
    entries.entry_type,
    entries.criterion_id,
    entries.group_id,
    entries.dimension,
    entries.name,
    entries.points,
    entries.measure_value,
    entries.matched_value,
    entries.evidence_count,
    entries.first_evidence_at,
    entries.last_evidence_at
from {{ ref('int_scoring__ledger') }} as entries
where entries.scorecard_status = 'draft'
