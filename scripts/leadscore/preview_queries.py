"""The comparison of two policies' scores, as SQL over the tables that both left.

Leads and criteria are joined in the warehouse; what comes here is counted, or a few rows of each
scorecard. Of leads nothing but their ids is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from leadscore.bootstrap import SAMPLES, paired_changes
from leadscore.warehouse import Warehouse

SCORED_CELLS = "int_policy__scored_cells"
_SCORECARDS = "int_policy__scorecards"
# Tables of the comparison itself, beside those of the policy to try.
_LEADS = "preview_leads"
_CELLS = "preview_cells"
_SETTINGS = "dbt_project.yml"
# More is counted and not listed.
_MOST_CELLS = 2000
_MOST_MOVES = 200
_MOST_STEPS = 20_000
_BARS = 10
_PLACES = (2, 1, 0, -1, -2)
_DAYS_A_WEEK = 7
# Every band without a least number of points begins below all points that there can be.
_LOWEST = -1_000_000


class Side(Protocol):
    """A policy's scores in schemas of their own."""

    @property
    def warehouse(self) -> Warehouse:
        """In which models are those of that policy."""

    @property
    def is_measured(self) -> bool:
        """Whether its rules for events were measured anew."""


@dataclass(frozen=True)
class Sides:
    """Where the tables of both policies are.

    Args:
        live: the live tables.
        after: those of the policy to try.
        before: those of the policy to compare it with; None for the live ones.
        successors: scorecards of before that are compared with others of after; those of before
            that are called like these are left out.
    """

    live: Warehouse
    after: Side
    before: Side | None
    successors: Mapping[str, str] = field(default_factory=dict)

    def old(self, model: str) -> str:
        """The relation of a model by the policy before, or a query for it in parentheses."""
        relation = (self.before.warehouse if self.before else self.live).model(model)
        if model != _SCORECARDS or not self.successors:
            return relation
        text = self.after.warehouse.text
        named = " ".join(
            f"when {text(old)} then {text(new)}" for old, new in self.successors.items()
        )
        left_out = ", ".join(map(text, self.successors.values()))
        return (
            f"(select scorecard_key, case scorecard_id {named} else scorecard_id end"
            f" as scorecard_id, status, policy_version from {relation}"
            f" where scorecard_id not in ({left_out}))"
        )

    def new(self, model: str) -> str:
        """The relation of a model by the policy after."""
        return self.after.warehouse.model(model)

    def changed_settings(self) -> list[str]:
        """The vars by which the live tables were scored, as far as they are others now."""
        rows = self.after.warehouse.rows(
            "select coalesce(old_cells.column_name, new_cells.column_name) as column_name"
            f" from (select column_name, value from {self.live.model(SCORED_CELLS)}"
            f" where file = '{_SETTINGS}') as old_cells"
            f" full outer join (select column_name, value from {self.new(SCORED_CELLS)}"
            f" where file = '{_SETTINGS}') as new_cells"
            " on old_cells.column_name = new_cells.column_name"
            " where old_cells.value is distinct from new_cells.value"
            " order by 1"
        )
        return [row["column_name"] for row in rows]


class Comparison:
    """Two policies' scores of the same leads at the same moment.

    Args:
        sides: where the tables are; the warehouse of `after` is open.
        top: how many leads of each scorecard to name.
        capacity: how many leads a week can be handed off.
    """

    def __init__(self, sides: Sides, top: int, capacity: float | None) -> None:
        self.sides = sides
        self.top = top
        self.capacity = capacity
        self.warehouse = sides.after.warehouse
        self.leads = self.warehouse.beside("int_scoring__results", _LEADS)
        self.cells = self.warehouse.beside("int_scoring__results", _CELLS)

    def found(self) -> dict[str, Any]:
        """What differs: cells of the policy, and for each scorecard what that does."""
        self._make(self.cells, self._cells_sql())
        self._make(self.leads, self._leads_sql())
        changes = self._changes()
        return {"policy": changes, "scorecards": self._scorecards(changes)}

    def _make(self, relation: str, sql: str) -> None:
        with self.warehouse.transaction():
            self.warehouse.execute(f"create table {relation} as {sql}")

    # --- the policy --------------------------------------------------------------------

    def _cells_sql(self) -> str:
        def cells(relation: str) -> str:
            columns = "file, scorecard_id, row_id, column_name, position, value"
            return f"(select {columns} from {relation} where file <> '{_SETTINGS}')"

        return f"""
            select
                coalesce(new_cells.file, old_cells.file) as file,
                coalesce(new_cells.scorecard_id, old_cells.scorecard_id) as scorecard_id,
                coalesce(new_cells.row_id, old_cells.row_id) as row_id,
                coalesce(new_cells.column_name, old_cells.column_name) as column_name,
                coalesce(new_cells.position, old_cells.position) as position,
                old_cells.value as value_before,
                new_cells.value as value_after
            from {cells(self.sides.old(SCORED_CELLS))} as old_cells
            full outer join {cells(self.sides.new(SCORED_CELLS))} as new_cells
                on old_cells.file = new_cells.file
                and old_cells.row_id = new_cells.row_id
                and old_cells.column_name = new_cells.column_name
        """

    def _changes(self) -> dict[str, Any]:
        """The rows of the policy files that differ, with their cells."""
        counted = self.warehouse.rows(
            "select count(*) as cells"
            f" from {self.cells} where value_before is distinct from value_after"
        )[0]["cells"]
        rows = self.warehouse.rows(
            f"""
            select
                cells.file, cells.scorecard_id, cells.row_id, cells.column_name,
                cells.value_before, cells.value_after, policy_rows.cells_before,
                policy_rows.cells_after
            from {self.cells} as cells
            inner join (
                select file, row_id, count(value_before) as cells_before,
                    count(value_after) as cells_after
                from {self.cells}
                group by file, row_id
            ) as policy_rows
                on cells.file = policy_rows.file and cells.row_id = policy_rows.row_id
            where cells.value_before is distinct from cells.value_after
            order by cells.scorecard_id, cells.file, cells.row_id, cells.position
            limit {_MOST_CELLS}
            """
        )
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for row in rows:
            change = "changed"
            if not row["cells_before"]:
                change = "added"
            elif not row["cells_after"]:
                change = "removed"
            entry = found.setdefault(
                (row["file"], row["row_id"]),
                {
                    "file": row["file"],
                    "scorecard_id": row["scorecard_id"],
                    "row_id": row["row_id"],
                    "change": change,
                    "cells": [],
                },
            )
            entry["cells"].append(
                {
                    "column": row["column_name"],
                    "before": row["value_before"],
                    "after": row["value_after"],
                }
            )
        for entry in found.values():
            if entry["file"] == "criteria.csv":
                entry["met"] = {
                    side: {"leads": 0, "points": Decimal(0)} for side in ("before", "after")
                }
        for side, relation in (("before", self.sides.old), ("after", self.sides.new)):
            for row in self._met(relation):
                entry = found.get(("criteria.csv", row["criterion_id"]))
                if entry is not None:
                    entry["met"][side] = {"leads": int(row["leads"]), "points": row["points"]}
        return {"cells_changed": counted, "rows": list(found.values())}

    def _met(self, relation: Any) -> list[dict[str, Any]]:
        """How many leads meet each criterion whose row differs, and the points that they get."""
        return self.warehouse.rows(
            f"""
            select criteria.criterion_id, count(*) as leads, sum(entries.points) as points
            from {relation("int_scoring__entries")} as entries
            inner join {relation("int_policy__criteria")} as criteria
                on entries.criterion_key = criteria.criterion_key
            where criteria.criterion_id in (
                select row_id from {self.cells}
                where file = 'criteria.csv' and value_before is distinct from value_after
            )
            group by criteria.criterion_id
            """
        )

    # --- the leads ---------------------------------------------------------------------

    def _leads_sql(self) -> str:
        """A row per scorecard and lead of either side."""

        def side(relation: Any) -> str:
            return f"""
                select
                    scorecards.scorecard_id,
                    results.lead_key,
                    results.score_status,
                    results.score,
                    results.band,
                    actions.sla_hours,
                    case
                        when results.score_status = 'scored'
                            then coalesce(ranges.min_points, {_LOWEST})
                    end as band_points,
                    case
                        when results.score_status = 'scored' and actions.sla_hours is not null
                            and (
                                results.score_change is null
                                or results.score - results.score_change < ranges.min_points
                            )
                            then 1
                        else 0
                    end as is_risen
                from {relation("int_scoring__results")} as results
                inner join {relation(_SCORECARDS)} as scorecards
                    on results.scorecard_key = scorecards.scorecard_key
                left join {relation("int_policy__bands")} as ranges
                    on results.scorecard_key = ranges.scorecard_key
                    and ranges.scope = 'total'
                    and results.band = ranges.band
                left join {relation("int_scoring__actions")} as actions
                    on results.scorecard_key = actions.scorecard_key
                    and results.score_status = actions.score_status
                    and results.band is not distinct from actions.band
                    and results.fit_band is not distinct from actions.fit_band
                    and results.engagement_band is not distinct from actions.engagement_band
                    and not results.is_converted
            """

        def counts(is_new: bool) -> str:
            # Beside a live scorecard a draft hands nobody off; two drafts are compared as if live.
            other, own = ("before", "after") if is_new else ("after", "before")
            return (
                f"(statuses.status_{own} = 'live'"
                f" or statuses.status_{other} is distinct from 'live')"
            )

        return f"""
            with old_leads as ({side(self.sides.old)}),
            new_leads as ({side(self.sides.new)}),
            statuses as ({self._statuses_sql()}),
            -- what a band of before is worth by the bands of after
            new_bands as (
                select scorecards.scorecard_id, bands.band,
                    coalesce(bands.min_points, {_LOWEST}) as band_points
                from {self.sides.new("int_policy__bands")} as bands
                inner join {self.sides.new(_SCORECARDS)} as scorecards
                    on bands.scorecard_key = scorecards.scorecard_key
                where bands.scope = 'total'
            ),
            pairs as (
                select
                    coalesce(new_leads.scorecard_id, old_leads.scorecard_id) as scorecard_id,
                    coalesce(new_leads.lead_key, old_leads.lead_key) as lead_key,
                    old_leads.score_status as status_before,
                    new_leads.score_status as status_after,
                    old_leads.score as score_before,
                    new_leads.score as score_after,
                    old_leads.band as band_before,
                    new_leads.band as band_after,
                    old_leads.sla_hours as sla_before,
                    new_leads.sla_hours as sla_after,
                    old_leads.band_points as band_points_before,
                    new_leads.band_points as band_points_after,
                    old_leads.is_risen as is_risen_before,
                    new_leads.is_risen as is_risen_after
                from old_leads
                full outer join new_leads
                    on old_leads.scorecard_id = new_leads.scorecard_id
                    and old_leads.lead_key = new_leads.lead_key
            )
            select
                pairs.scorecard_id,
                pairs.lead_key,
                pairs.status_before,
                pairs.status_after,
                pairs.score_before,
                pairs.score_after,
                pairs.band_before,
                pairs.band_after,
                case when pairs.sla_before is not null and {counts(False)} then 1 else 0 end
                    as is_due_before,
                case when pairs.sla_after is not null and {counts(True)} then 1 else 0 end
                    as is_due_after,
                case when pairs.is_risen_before = 1 and {counts(False)} then 1 else 0 end
                    as is_risen_before,
                case when pairs.is_risen_after = 1 and {counts(True)} then 1 else 0 end
                    as is_risen_after,
                -- as int_operations__lead_bands judges the moves of a run
                case
                    when statuses.status_before = 'live' and statuses.status_after = 'live'
                        and pairs.sla_after is not null
                        and pairs.band_points_after is not null
                        and pairs.band_before is distinct from pairs.band_after
                        and (
                            coalesce(new_bands.band_points, pairs.band_points_before) is null
                            or pairs.band_points_after
                            > coalesce(new_bands.band_points, pairs.band_points_before)
                        )
                        then 1
                    else 0
                end as is_handed_off_next,
                case
                    when pairs.status_before is null or pairs.status_after is null then null
                    else pairs.score_after - pairs.score_before
                end as score_change,
                case
                    when pairs.status_before is null or pairs.status_after is null then 0
                    when pairs.band_before is distinct from pairs.band_after then 1
                    else 0
                end as is_moved
            from pairs
            inner join statuses
                on pairs.scorecard_id = statuses.scorecard_id
            left join new_bands
                on pairs.scorecard_id = new_bands.scorecard_id
                and pairs.band_before = new_bands.band
        """

    def _statuses_sql(self) -> str:
        def scorecards(relation: Any) -> str:
            columns = "scorecard_id, status, policy_version"
            return f"(select {columns} from {relation(_SCORECARDS)} as scorecards)"

        return f"""
            select
                coalesce(new_scorecards.scorecard_id, old_scorecards.scorecard_id) as scorecard_id,
                old_scorecards.status as status_before,
                new_scorecards.status as status_after
            from {scorecards(self.sides.old)} as old_scorecards
            full outer join {scorecards(self.sides.new)} as new_scorecards
                on old_scorecards.scorecard_id = new_scorecards.scorecard_id
        """

    def _scorecards(self, changes: dict[str, Any]) -> list[dict[str, Any]]:
        """Each scorecard of either side, with all that its change does."""
        statuses = self.warehouse.rows(f"{self._statuses_sql()} order by 1")
        totals = {row["scorecard_id"]: row for row in self._totals()}
        moves = _grouped(self._moves())
        movers = _grouped(self._movers())
        hand_offs = _grouped(self._hand_off_leads())
        days = self._trend_days()
        found = []
        for status in statuses:
            name = status["scorecard_id"]
            total = totals.get(name) or defaultdict(int)
            if name in self.sides.successors.values():
                # a run knows it as a new one, whose leads have not moved
                total["handed_off_next"] = 0
            leads = {
                "before": total["leads_before"],
                "after": total["leads_after"],
                "gained": total["gained"],
                "lost": total["lost"],
                "score_changed": total["score_changed"],
                "band_changed": total["moved"],
            }
            change = _change(status, changes)
            found.append(
                {
                    "scorecard_id": name,
                    "change": change,
                    "status_before": status["status_before"],
                    "status_after": status["status_after"],
                    "is_changed": change not in ("same", "changed")
                    or any(count for key, count in leads.items() if key not in ("before", "after"))
                    or bool(total["due_gained"] or total["due_lost"]),
                    "leads": leads,
                    "moves": moves[name],
                    "first": movers[name],
                    "hand_offs": self._hand_offs(total, hand_offs[name], days),
                    "distribution": self._distribution(name, total),
                    "back_test": None,
                }
            )
        self._add_reasons(found)
        self._add_back_tests(found)
        return found

    def _totals(self) -> list[dict[str, Any]]:
        """How many leads of each scorecard do what."""
        rows = self.warehouse.rows(
            f"""
            select
                scorecard_id,
                count(status_before) as leads_before,
                count(status_after) as leads_after,
                sum(case when status_before is null then 1 else 0 end) as gained,
                sum(case when status_after is null then 1 else 0 end) as lost,
                sum(case when score_change <> 0 then 1 else 0 end) as score_changed,
                sum(is_moved) as moved,
                sum(is_due_before) as due_before,
                sum(is_due_after) as due_after,
                sum(case when is_due_after > is_due_before then 1 else 0 end) as due_gained,
                sum(case when is_due_after < is_due_before then 1 else 0 end) as due_lost,
                sum(is_risen_before) as risen_before,
                sum(is_risen_after) as risen_after,
                sum(is_handed_off_next) as handed_off_next,
                coalesce(min(score_before), min(score_after)) as lowest_before,
                coalesce(min(score_after), min(score_before)) as lowest_after,
                coalesce(max(score_before), max(score_after)) as highest_before,
                coalesce(max(score_after), max(score_before)) as highest_after
            from {self.leads}
            group by scorecard_id
            """
        )
        # Engines give sums of whole numbers as decimals.
        words = ("scorecard_id", "lowest", "highest")
        return [
            {name: cell if name.startswith(words) else int(cell) for name, cell in row.items()}
            for row in rows
        ]

    def _moves(self) -> list[dict[str, Any]]:
        """From which band to which, and how many."""
        return self.warehouse.rows(
            f"""
            select scorecard_id, band_before as from_band, band_after as to_band,
                count(*) as leads
            from {self.leads}
            where is_moved = 1
            group by scorecard_id, band_before, band_after
            order by scorecard_id, leads desc, band_before, band_after
            limit {_MOST_MOVES}
            """
        )

    def _movers(self) -> list[dict[str, Any]]:
        """Who comes first in each scorecard: who changes bands, then by the size of the change."""
        return self.warehouse.rows(
            f"""
            select changed.scorecard_id, leads.lead_id, changed.lead_key, changed.score_before,
                changed.score_after, changed.score_change, changed.band_before,
                changed.band_after
            from (
                select scorecard_id, lead_key, score_before, score_after, score_change,
                    band_before, band_after, is_moved,
                    row_number() over (
                        partition by scorecard_id
                        order by is_moved desc, abs(score_change) desc, score_after desc, lead_key
                    ) as place
                from {self.leads}
                where score_change <> 0 or is_moved = 1
            ) as changed
            inner join {self.sides.live.model("int_facts__leads")} as leads
                on changed.lead_key = leads.lead_key
            where changed.place <= {self.top}
            order by changed.scorecard_id, changed.place
            """
        )

    def _hand_off_leads(self) -> list[dict[str, Any]]:
        """Whose action becomes due, and whose ceases to be: the first of each scorecard."""
        return self.warehouse.rows(
            f"""
            select changed.scorecard_id, changed.is_gained, leads.lead_id
            from (
                select scorecard_id, lead_key,
                    case when is_due_after > is_due_before then 1 else 0 end as is_gained,
                    row_number() over (
                        partition by scorecard_id, is_due_after
                        order by coalesce(score_after, score_before) desc, lead_key
                    ) as place
                from {self.leads}
                where is_due_after <> is_due_before
            ) as changed
            inner join {self.sides.live.model("int_facts__leads")} as leads
                on changed.lead_key = leads.lead_key
            where changed.place <= {self.top}
            order by changed.scorecard_id, changed.is_gained, changed.place
            """
        )

    def _trend_days(self) -> int:
        days = self.warehouse.rows(
            f"select value from {self.sides.new(SCORED_CELLS)}"
            f" where file = '{_SETTINGS}' and column_name = 'trend_days'"
        )
        return int(str(days[0]["value"]).strip('"')) if days else _DAYS_A_WEEK

    def _hand_offs(
        self, total: dict[str, Any], leads: Sequence[dict[str, Any]], days: int
    ) -> dict[str, Any]:
        """What becomes of hand-offs.

        Args:
            total: the counts of the scorecard.
            leads: of those gained and lost the first.
            days: the length of the time in which leads rose.
        """
        weekly = {
            side: round(total[f"risen_{side}"] * _DAYS_A_WEEK / days, 1)
            for side in ("before", "after")
        }
        found: dict[str, Any] = {
            "due_before": total["due_before"],
            "due_after": total["due_after"],
            "gained": total["due_gained"],
            "lost": total["due_lost"],
            "gained_leads": [row["lead_id"] for row in leads if row["is_gained"]],
            "lost_leads": [row["lead_id"] for row in leads if not row["is_gained"]],
            "at_next_run": total["handed_off_next"],
            "a_week_before": weekly["before"],
            "a_week_after": weekly["after"],
        }
        if self.capacity is not None:
            for side in ("before", "after"):
                found[f"over_capacity_{side}"] = round(max(0, weekly[side] - self.capacity), 1)
        return found

    def _distribution(self, name: str, total: dict[str, Any]) -> list[dict[str, Any]]:
        """How many leads have which scores, before and after."""
        if not total["leads_before"] and not total["leads_after"]:
            return []
        lowest = min(total["lowest_before"], total["lowest_after"])
        highest = max(total["highest_before"], total["highest_after"])
        width = _bar_width(highest - lowest)

        def bar(score: str) -> str:
            # in hundredths, so that no quotient lies a little below a whole number
            return f"cast(floor({score} * 100 / {int(width * 100)}) as integer)"

        rows = self.warehouse.rows(
            f"""
            select bar, sum(before_count) as before_count, sum(after_count) as after_count
            from (
                select {bar("score_before")} as bar, count(*) as before_count, 0 as after_count
                from {self.leads}
                where scorecard_id = {self.warehouse.text(name)} and status_before is not null
                group by 1
                union all
                select {bar("score_after")} as bar, 0 as before_count, count(*) as after_count
                from {self.leads}
                where scorecard_id = {self.warehouse.text(name)} and status_after is not null
                group by 1
            ) as bars
            group by bar
            order by bar desc
            """
        )
        return [
            {
                "from": row["bar"] * width,
                "below": (row["bar"] + 1) * width,
                "before": int(row["before_count"]),
                "after": int(row["after_count"]),
            }
            for row in rows
        ]

    # --- why ---------------------------------------------------------------------------

    def _add_reasons(self, scorecards: list[dict[str, Any]]) -> None:
        """Adds the entries of the ledger that differ to the leads that are named."""
        named = {
            (scorecard["scorecard_id"], lead["lead_key"]): lead
            for scorecard in scorecards
            for lead in scorecard["first"]
        }
        for lead in named.values():
            lead["why"] = []
        if named:
            for row in self._entry_changes(sorted({key for _, key in named})):
                lead = named.get((row["scorecard_id"], row["lead_key"]))
                if lead is not None:
                    lead["why"].append(
                        {
                            name: row[name]
                            for name in ("entry_type", "criterion_id", "group_id", "dimension")
                        }
                        | {
                            "name": row["name"],
                            "before": row["points_before"],
                            "after": row["points_after"],
                            "change": row["points_change"],
                        }
                    )
        for lead in named.values():
            del lead["lead_key"]

    def _entry_changes(self, lead_keys: Sequence[int]) -> list[dict[str, Any]]:
        def entries(relation: Any) -> str:
            group = "coalesce(criteria.group_id, entries.group_id)"
            dimension = "coalesce(criteria.dimension, entries.dimension)"
            return f"""
                select
                    scorecards.scorecard_id,
                    entries.lead_key,
                    entries.entry_type,
                    criteria.criterion_id,
                    {group} as group_id,
                    {dimension} as dimension,
                    coalesce(criteria.name, policy_groups.name) as name,
                    entries.points,
                    entries.entry_type || ':' || coalesce(
                        criteria.criterion_id,
                        coalesce(entries.group_id, '') || '/' || coalesce(entries.dimension, '')
                    ) as entry
                from {relation("int_scoring__entries")} as entries
                inner join {relation(_SCORECARDS)} as scorecards
                    on entries.scorecard_key = scorecards.scorecard_key
                left join {relation("int_policy__criteria")} as criteria
                    on entries.criterion_key = criteria.criterion_key
                left join {relation("int_policy__groups")} as policy_groups
                    on entries.scorecard_key = policy_groups.scorecard_key
                    and entries.group_id = policy_groups.group_id
                where entries.lead_key in ({", ".join(map(str, lead_keys))})
            """

        either = [
            f"coalesce(new_entries.{name}, old_entries.{name}) as {name}"
            for name in (
                "scorecard_id",
                "lead_key",
                "entry_type",
                "criterion_id",
                "group_id",
                "dimension",
                "name",
            )
        ]
        change = "coalesce(new_entries.points, 0) - coalesce(old_entries.points, 0)"
        return self.warehouse.rows(
            f"""
            select
                {", ".join(either)},
                old_entries.points as points_before,
                new_entries.points as points_after,
                {change} as points_change
            from ({entries(self.sides.old)}) as old_entries
            full outer join ({entries(self.sides.new)}) as new_entries
                on old_entries.scorecard_id = new_entries.scorecard_id
                and old_entries.lead_key = new_entries.lead_key
                and old_entries.entry = new_entries.entry
            where old_entries.points is distinct from new_entries.points
            order by 1, 2, abs({change}) desc, 3, 4
            """
        )

    # --- the back-test -----------------------------------------------------------------

    def _add_back_tests(self, scorecards: list[dict[str, Any]]) -> None:
        """Adds what the back-test says about the scorecards that both sides have."""
        for scorecard in scorecards:
            if scorecard["status_before"] and scorecard["status_after"]:
                scorecard["back_test"] = self._back_test(scorecard["scorecard_id"])

    def _back_test(self, name: str) -> dict[str, Any] | None:
        """The change of each measure, over the leads that count on both sides; None without any."""
        for places in _PLACES:
            cells = self._back_test_sql(name, places)
            counted = self.warehouse.rows(
                "select count(*) as cells, coalesce(sum(leads), 0) as leads,"
                " coalesce(sum(case when is_converted then leads else 0 end), 0) as conversions"
                f" from ({cells}) as cells"
            )[0]
            if counted["cells"] <= _MOST_STEPS:
                break
        if not counted["leads"]:
            return None
        rows = self.warehouse.rows(f"{cells} order by 1, 2, 3")
        is_same = all(row["score_before"] == row["score_after"] for row in rows)
        changes = paired_changes(
            [float(row["score_before"]) for row in rows],
            [float(row["score_after"]) for row in rows],
            [row["is_converted"] for row in rows],
            [int(row["leads"]) for row in rows],
            # without a change there is nothing that samples could differ in
            samples=1 if is_same else SAMPLES,
        )
        verdicts = {change.verdict for change in changes} - {"unsure"}
        return {
            "leads": int(counted["leads"]),
            "conversions": int(counted["conversions"]),
            "decimals_of_scores": places,
            "measures": [change.as_json() for change in changes],
            "verdict": _verdict(bool(changes), verdicts),
        }

    def _back_test_sql(self, name: str, places: int) -> str:
        """The distinct pairs of scores with the outcome, and how many leads have them."""

        def scores(relation: Any) -> str:
            return f"""(
                select results.lead_key, results.score
                from {relation("int_backtest__results")} as results
                inner join {relation(_SCORECARDS)} as scorecards
                    on results.scorecard_key = scorecards.scorecard_key
                where scorecards.scorecard_id = {self.warehouse.text(name)}
            )"""

        return f"""
            select
                round(old_scores.score, {places}) as score_before,
                round(new_scores.score, {places}) as score_after,
                labels.is_converted,
                count(*) as leads
            from {scores(self.sides.old)} as old_scores
            inner join {scores(self.sides.new)} as new_scores
                on old_scores.lead_key = new_scores.lead_key
            inner join {self.sides.live.model("int_backtest__labels")} as labels
                on new_scores.lead_key = labels.lead_key
            where labels.exclusion_reason is null
            group by 1, 2, 3
        """


def _verdict(is_measured: bool, verdicts: set[str]) -> str:
    """What the measures say together, in a word."""
    if not is_measured:
        return "no_evidence"
    if not verdicts:
        return "unsure"
    return "mixed" if len(verdicts) > 1 else verdicts.pop()


def _grouped(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows by scorecard, without its id."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row.pop("scorecard_id")].append(row)
    return found


def _change(status: dict[str, Any], changes: dict[str, Any]) -> str:
    """What becomes of a scorecard, in a word."""
    name = status["scorecard_id"]
    rows = [row for row in changes["rows"] if row["scorecard_id"] == name]
    if status["status_before"] is None:
        return "added"
    if status["status_after"] is None:
        own = [row for row in rows if row["file"] == "scorecards.csv"]
        return "removed" if any(row["change"] == "removed" for row in own) else "retired"
    if status["status_before"] != status["status_after"]:
        return "goes_live" if status["status_after"] == "live" else "becomes_draft"
    return "changed" if rows else "same"


def _bar_width(span: Decimal) -> int | Decimal:
    """A width of 1, 2, 5 or 10 (and so on) of which about ten make up a span."""
    width = Decimal("0.01")
    while True:
        for step in (1, 2, 5):
            if width * step * _BARS >= span:
                found = width * step
                return int(found) if found == found.to_integral_value() else found
        width *= 10
