"""Hand-offs: which ones are to be delivered, how they look, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from leadscore.output import plain
from leadscore.warehouse import Warehouse

HAND_OFFS = "hand_offs"
DELIVERIES = "hand_off_deliveries"
POSTED = "posted"
PRINTED = "printed"
REFUSED = "refused"
_SKIPPED = "skipped"
_BEGAN = "watch_began"


@dataclass(frozen=True)
class HandOff:
    """A lead that moved up into a band whose action is due within hours.

    Args: the columns of the mart `hand_offs`, which describes them.
    """

    hand_off_id: str
    scorecard_id: str
    lead_id: str
    account_id: str | None
    from_band: str | None
    to_band: str
    score: Decimal
    top_reasons: str | None
    recommended_action: str
    action_sla_hours: Decimal
    action_team: str | None
    handed_off_at: datetime
    due_at: datetime

    def as_json(self) -> dict[str, Any]:
        """The hand-off as `--json` prints it and a webhook gets it."""
        return {field.name: _json_value(getattr(self, field.name)) for field in fields(self)}

    def __str__(self) -> str:
        """The hand-off as one line for people."""
        account = f" of {self.account_id}" if self.account_id else ""
        team = f", by {self.action_team}" if self.action_team else ""
        moved = f"{self.from_band or 'new'} → {self.to_band} with {plain(self.score)}"
        line = "  ".join(
            (
                f"{self.handed_off_at:%Y-%m-%d %H:%M}",
                self.scorecard_id,
                self.lead_id + account,
                moved,
                f"{self.recommended_action}, within {plain(self.action_sla_hours)} h{team}",
                self.top_reasons or "",
            )
        )
        # Names come from forms on websites; what a terminal would obey does not belong here.
        return "".join(c if c.isprintable() else " " for c in line).rstrip()


def begin(warehouse: Warehouse) -> int | None:
    """Takes note, once per warehouse, that hand-offs are delivered from now on.

    Those made before, by runs that nobody watched, are skipped: they may be years of them.

    Args:
        warehouse: open.

    Returns:
        How many are skipped; None when there is nothing to begin (no table yet, or begun before).
    """
    if not warehouse.has(HAND_OFFS) or not warehouse.has(DELIVERIES):
        return None
    deliveries = warehouse.model(DELIVERIES)
    if warehouse.rows(f"select status from {deliveries} limit 1"):
        return None
    insert = f"insert into {deliveries} (hand_off_id, status, http_status, recorded_at)"
    now = _now(warehouse)
    # Both in one statement, or hand-offs to come could be taken for earlier ones.
    with warehouse.transaction():
        warehouse.execute(
            f"{insert} select hand_off_id, {warehouse.text(_SKIPPED)}, cast(null as integer), {now}"
            f" from {warehouse.model(HAND_OFFS)}"
            f" union all select null, {warehouse.text(_BEGAN)}, null, {now}"
        )
    status = warehouse.text(_SKIPPED)
    counted = warehouse.rows(f"select count(*) as n from {deliveries} where status = {status}")
    return counted[0]["n"]


def outstanding(warehouse: Warehouse) -> list[HandOff]:
    """The hand-offs that are not delivered yet, oldest first.

    Args:
        warehouse: open.
    """
    if not warehouse.has(HAND_OFFS) or not warehouse.has(DELIVERIES):
        return []
    columns = ", ".join(field.name for field in fields(HandOff))
    rows = warehouse.rows(
        f"select {columns} from {warehouse.model(HAND_OFFS)}"
        f" where hand_off_id not in (select hand_off_id from {warehouse.model(DELIVERIES)}"
        f" where hand_off_id is not null and status <> {warehouse.text(REFUSED)})"
        " order by handed_off_at, scorecard_id, score desc, hand_off_id"
    )
    return [HandOff(**row) for row in rows]


def record(
    warehouse: Warehouse, status: str, ids: Sequence[str], http_status: int | None = None
) -> None:
    """Takes note of what became of hand-offs; a second time changes nothing.

    Args:
        warehouse: open.
        status: `POSTED`, `PRINTED` or `REFUSED`.
        ids: the hand-offs.
        http_status: what the webhook answered.
    """
    deliveries = warehouse.model(DELIVERIES)
    answer = "cast(null as integer)" if http_status is None else str(http_status)
    named = ", ".join(warehouse.text(key) for key in ids)
    with warehouse.transaction():
        warehouse.execute(
            f"insert into {deliveries} (hand_off_id, status, http_status, recorded_at)"
            f" select hand_off_id, {warehouse.text(status)}, {answer}, {_now(warehouse)}"
            f" from {warehouse.model(HAND_OFFS)}"
            f" where hand_off_id in ({named}) and hand_off_id not in ("
            f"select hand_off_id from {deliveries} where hand_off_id is not null"
            f" and (status <> {warehouse.text(REFUSED)} or (status = {warehouse.text(status)}"
            f" and http_status = {answer})))"
        )


def _now(warehouse: Warehouse) -> str:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return f"cast({warehouse.text(now)} as timestamp)"


def _json_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value
