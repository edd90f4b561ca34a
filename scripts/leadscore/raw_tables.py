"""The four raw inputs, and which of their columns have a meaning of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawTable:
    """One of the raw inputs.

    Args:
        name: what it is called on the command line.
        source: the dbt source that it belongs to.
        required: columns it must have; of several in one tuple it must have at least one.
        other: further columns with a meaning of their own, so neither attributes nor properties.
        declared_in: the var that lists its further columns, if any.
    """

    name: str
    source: str
    required: tuple[tuple[str, ...], ...]
    other: tuple[str, ...] = ()
    declared_in: str | None = None

    @property
    def reserved(self) -> set[str]:
        """The columns that are neither attributes nor properties."""
        return {column for columns in self.required for column in columns} | set(self.other)


RAW_TABLES = {
    table.name: table
    for table in (
        RawTable(
            "leads",
            "crm",
            (("lead_id",),),
            ("created_at", "updated_at", "account_id"),
            "lead_attributes",
        ),
        RawTable(
            "events",
            "tracking",
            (("event_id",), ("event_name",), ("occurred_at",), ("lead_id", "anonymous_id")),
            ("loaded_at",),
            "event_properties",
        ),
        RawTable("outcomes", "crm", (("lead_id",), ("outcome",), ("occurred_at",))),
        RawTable(
            "identities",
            "tracking",
            (("lead_id",), ("identified_at",), ("anonymous_id", "merged_lead_id")),
        ),
    )
}
