"""`leadscore export --destination`: what changed for another system since the last export to it.

A batch is planned in the warehouse, then its file is written, then it is recorded as written. What
a killed export left planned is written by the next one: the same rows under the same batch id and
file name, whatever became of the scores since.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from leadscore.column_maps import FOLDER, ColumnMap, Field, map_file, read_map
from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.export import CHUNK_ROWS, DEFAULT_FOLDER, WRITERS, Rows, put_in_place, unwritten
from leadscore.output import Output, command
from leadscore.project import Project
from leadscore.run_lock import alone
from leadscore.warehouse import StatementError, Warehouse, shown

SCORES = "sync_lead_scores"
BATCHES = "export_batches"
EXPORTED = "exported_leads"
PLANNED = "planned"
WRITTEN = "written"
_CHANGES = ("new", "moved", "changed", "gone", "same")
# What a batch adds to the columns of the scores.
_BATCH_COLUMNS = ("batch_id", "destination", "batch_number")
_CHANGE_COLUMNS = ("change_type", "change_reason", "previous_band", "previous_score")
# What a lead that is gone has instead of what it had; all else of it is empty.
_KEPT_OF_GONE = (
    "sync_id",
    "scorecard_id",
    "lead_id",
    "account_id",
    "email",
    "row_hash",
    "scored_at",
)
_ZERO_OF_GONE = ("score", "fit_score", "engagement_score")
_GONE = ("score_status", "band")
_FIRST_ROWS = 10
_SHOWN = (
    *("scorecard_id", "lead_id", "change_type", "change_reason", "previous_score", "score"),
    *("band", "recommended_action", "top_reasons"),
)
_DESTINATION = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True)
class SyncOptions:
    """What to export, and where to.

    Args:
        destination: the name of what the file is for; each has its own memory.
        column_map: the name of a column map or its file; None: the one of the destination's name,
            or our columns as they are where there is none.
        format: `csv`, `jsonl` or `parquet`.
        folder: the folder of the files; None for the one in the project.
        scorecard: leads of this scorecard only; None for all.
        full: every lead, also what did not change.
        dry_run: show what would be exported, and change nothing.
        wait: how many seconds to wait for a run that is going on.
    """

    destination: str
    column_map: str | None = None
    format: str = "csv"
    folder: Path | None = None
    scorecard: str | None = None
    full: bool = False
    dry_run: bool = False
    wait: float = 0


@dataclass(frozen=True)
class _Batch:
    """A planned batch.

    Args: the columns of the mart `export_batches`, which describes them.
    """

    batch_id: str
    destination: str
    batch_number: int
    file_name: str
    column_map: str | None


def sync_export(project: Project, output: Output, options: SyncOptions) -> dict[str, Any]:
    """Writes what changed for a destination since the last export to it.

    Args:
        project: the project whose scores to export.
        output: where to print.
        options: what to export.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: nothing is scored, the options or the map cannot be followed, a file cannot
            be written, or a run is going on.
    """
    if not _DESTINATION.fullmatch(options.destination):
        raise LeadscoreError(
            f"{options.destination!r} is no name for a destination.",
            where="--destination",
            remedy="Take up to 60 small letters, digits, - and _, such as hubspot or crm-europe.",
            code=ExitCode.USAGE,
        )
    if project.ensure_profile():
        output.note("Made profiles.yml from profiles.yml.example.")
    with alone(project, output, "export", options.wait):
        return _Export(project, output, options).run()


class _Export:
    """An export to one destination.

    Args: as of `sync_export`.
    """

    def __init__(self, project: Project, output: Output, options: SyncOptions) -> None:
        self.project = project
        self.output = output
        self.options = options
        self.folder = (options.folder or project.root / DEFAULT_FOLDER).resolve()
        self.warehouse = Warehouse(Dbt(project))

    def run(self) -> dict[str, Any]:
        """Exports, and says what."""
        began = time.monotonic()
        with self.output.busy("Comparing with the last export"), self.warehouse.open():
            self._require()
            mapped = self._map_name()
            column_map = self._map(mapped)
            waiting = self._waiting()
            if self.options.dry_run:
                self._refuse_mixture(column_map)
                result = self._told(waiting)
            else:
                result = self._written(waiting, mapped, column_map)
        seconds = round(time.monotonic() - began, 1)
        return {
            "ok": True,
            "exit_code": 0,
            "duration_seconds": seconds,
            "destination": self.options.destination,
            "dry_run": self.options.dry_run,
            **result,
        }

    # --- what is asked for ---------------------------------------------------------------

    def _require(self) -> None:
        """Refuses what cannot be compared.

        Raises:
            LeadscoreError: nothing is scored, or there is no such scorecard.
        """
        for name in (SCORES, BATCHES, EXPORTED):
            if not self.warehouse.has(name):
                raise LeadscoreError(
                    f"The mart {name} is not in the warehouse yet.",
                    where=self.warehouse.place,
                    remedy=f"Run this first: {command('run')}",
                    code=ExitCode.NOT_FOUND,
                )
        wanted = self.options.scorecard
        if wanted is None:
            return
        known = sorted(
            row["scorecard_id"]
            for row in self.warehouse.rows(
                f"select distinct scorecard_id from {self._model(SCORES)}"
                f" union select distinct scorecard_id from {self._model(EXPORTED)}"
                f" where destination = {self._text(self.options.destination)}"
            )
        )
        if wanted not in known:
            raise LeadscoreError(
                f"No live scorecard {wanted} has scored any lead.",
                where="--scorecard",
                remedy=f"Use one of: {', '.join(known) or 'none is there'}.",
                code=ExitCode.NOT_FOUND,
            )

    def _map_name(self) -> str | None:
        """The map to follow; None for our columns as they are.

        Raises:
            LeadscoreError: the one that is named is not there.
        """
        named = self.options.column_map
        if named is None:
            own = self.options.destination
            return own if map_file(self.project, own) else None
        if map_file(self.project, named) is None:
            raise self._no_map(named)
        return named

    def _no_map(self, named: str) -> LeadscoreError:
        there = sorted(path.stem for path in (self.project.root / FOLDER).glob("*.csv"))
        return LeadscoreError(
            f"There is no column map {named}.",
            where=str(self.project.root / FOLDER),
            remedy=f"Name one of {', '.join(there) or 'none is there'}, or a CSV file.",
            code=ExitCode.NOT_FOUND,
        )

    def _types(self) -> dict[str, str]:
        """Our columns and their SQL types, by the contract."""
        columns = self.warehouse.node(EXPORTED)["columns"]
        return {name.lower(): column["data_type"] for name, column in columns.items()}

    def _map(self, named: str | None) -> ColumnMap:
        """The map of that name, read and checked."""
        types = self._types()
        if named is None:
            fields = [Field(name, name, kind) for name, kind in types.items()]
            return ColumnMap(self.project.root, tuple(fields))
        path = map_file(self.project, named)
        if path is None:
            raise self._no_map(named)
        return read_map(path, types)

    def _refuse_mixture(self, column_map: ColumnMap) -> None:
        """Refuses a file in which leads of several scorecards could not be told apart.

        Raises:
            LeadscoreError: it would be one.
        """
        if {"scorecard_id", "sync_id"} & set(column_map.columns):
            return
        found = sorted(
            row["scorecard_id"]
            for row in self.warehouse.rows(
                f"select distinct scorecard_id from ({self._changes()}) as changes"
            )
        )
        if len(found) > 1:
            raise LeadscoreError(
                f"The file would hold leads of {', '.join(found)}, and no column that tells them "
                "apart: one lead would have several scores.",
                where=str(column_map.path),
                remedy="Name one with --scorecard and give each scorecard a destination of its "
                "own, or add a row for scorecard_id to the map.",
                code=ExitCode.USAGE,
            )

    # --- comparing -----------------------------------------------------------------------

    def _changes(self) -> str:
        """A query for what is to be told to the destination: scores, and what changed in them."""
        options, text = self.options, self._text
        where = f"scorecard_id = {text(options.scorecard)}" if options.scorecard else "1 = 1"
        columns = self._score_columns()
        scores = ", ".join(f"scores.{name}" for name in columns)
        gone = ", ".join(self._of_gone(name) for name in columns)
        change = (
            "case when known.lead_id is null then 'new'"
            " when scores.band is distinct from known.band then 'moved'"
            " when scores.row_hash <> known.row_hash then 'changed' else 'same' end"
        )
        reason = (
            "case when known.lead_id is null then 'new: ' || coalesce(scores.band, 'no band')"
            " when scores.band is distinct from known.band then"
            " coalesce(known.band, 'no band') || ' to ' || coalesce(scores.band, 'no band')"
            " when scores.score > known.score then 'higher score'"
            " when scores.score < known.score then 'lower score'"
            " when scores.recommended_action is distinct from known.recommended_action"
            " then 'other action'"
            " when scores.row_hash <> known.row_hash then 'other details' end"
        )
        # The first that applies.
        gone_reason = (
            "case when live.scorecard_id is null then 'scorecard no longer live'"
            " when merges.merged_lead_id is not null then 'merged into ' || merges.lead_id"
            " when leads.lead_id is null then 'no longer among the leads'"
            " else 'no longer in the audience' end"
        )
        unchanged = "" if options.full else " where change_type <> 'same'"
        return (
            f"with scores as (select * from {self._model(SCORES)} where {where}),"
            " told as (select *, row_number() over (partition by scorecard_id, lead_id"
            f" order by batch_number desc) as recency from {self._model(EXPORTED)}"
            f" where destination = {text(options.destination)} and {where}),"
            " known as (select * from told where recency = 1 and change_type <> 'gone'),"
            f" live as (select distinct scorecard_id from {self._model(SCORES)}),"
            f" compared as (select {change} as change_type, {reason} as change_reason,"
            f" known.band as previous_band, known.score as previous_score, {scores}"
            " from scores left join known on scores.scorecard_id = known.scorecard_id"
            " and scores.lead_id = known.lead_id"
            f" union all select 'gone', {gone_reason}, known.band, known.score, {gone}"
            " from known left join scores on known.scorecard_id = scores.scorecard_id"
            " and known.lead_id = scores.lead_id"
            " left join live on known.scorecard_id = live.scorecard_id"
            f" left join {self._model('int_identity__merges')} as merges"
            " on known.lead_id = merges.merged_lead_id"
            f" left join {self._model('stg_crm__leads')} as leads"
            " on known.lead_id = leads.lead_id"
            " where scores.lead_id is null)"
            f" select {', '.join((*_CHANGE_COLUMNS, *columns))} from compared{unchanged}"
        )

    def _score_columns(self) -> list[str]:
        batch = {*_BATCH_COLUMNS, *_CHANGE_COLUMNS}
        return [name for name in self._types() if name not in batch]

    @staticmethod
    def _of_gone(column: str) -> str:
        if column in _KEPT_OF_GONE:
            return f"known.{column}"
        if column in _ZERO_OF_GONE:
            return f"0 as {column}"
        return f"'gone' as {column}" if column in _GONE else f"null as {column}"

    def _told(self, waiting: _Batch | None) -> dict[str, Any]:
        """Shows what would be exported."""
        if waiting:
            self.output.note(
                f"The batch {waiting.batch_id} was begun and not finished; an export writes "
                "it first, as it was planned."
            )
        counted = self.warehouse.rows(
            f"select scorecard_id, change_type, count(*) as lead_count from ({self._changes()})"
            " as changes group by scorecard_id, change_type"
        )
        counted.sort(key=lambda row: (row["scorecard_id"], _CHANGES.index(row["change_type"])))
        first = self.warehouse.rows(
            f"select {', '.join(_SHOWN)} from ({self._changes()}) as changes"
            f" order by scorecard_id, score desc, lead_id limit {_FIRST_ROWS}"
        )
        if not counted:
            self.output.say(f"Nothing changed for {self.options.destination}.")
        else:
            self.output.table(
                f"What {self.options.destination} would get",
                ("scorecard", "change", "leads"),
                [tuple(row.values()) for row in counted],
            )
            self.output.say()
            headings = [name.removesuffix("_id").replace("_", " ") for name in _SHOWN]
            rows = [tuple(row[name] for name in _SHOWN) for row in first]
            self.output.table(f"The first {len(first)}", headings, rows)
        return {
            "unfinished_batch": waiting.batch_id if waiting else None,
            "changes": counted,
            "first": first,
            "files": [],
        }

    # --- writing -------------------------------------------------------------------------

    def _written(
        self, waiting: _Batch | None, mapped: str | None, column_map: ColumnMap
    ) -> dict[str, Any]:
        """Finishes the batch that waits, then exports what changed since."""
        files = []
        if waiting:
            self.output.note(f"Finishing the batch {waiting.batch_id}, which was begun before.")
            files += self._finish(waiting, self._map(waiting.column_map), is_repeated=True)
        self._refuse_mixture(column_map)
        batch = self._plan(mapped)
        if batch:
            files += self._finish(batch, column_map, is_repeated=False)
        changes = self._changes_in([file["batch_id"] for file in files])
        if not files:
            self.output.say(f"Nothing changed for {self.options.destination}: no file was written.")
        else:
            self.output.table(
                "",
                ("batch", "leads", *_CHANGES, "file"),
                [
                    (
                        file["batch_id"],
                        file["rows"],
                        *(changes[file["batch_id"]].get(kind, 0) for kind in _CHANGES),
                        shown(Path(file["file"])),
                    )
                    for file in files
                ],
            )
        for file in files:
            file["changes"] = changes[file["batch_id"]]
        return {"files": files}

    def _waiting(self) -> _Batch | None:
        """The batch of the destination that was planned and not recorded as written."""
        rows = self.warehouse.rows(
            "select batch_id, destination, batch_number, file_name, column_map"
            f" from {self._model(BATCHES)}"
            f" where destination = {self._text(self.options.destination)}"
            f" and status = {self._text(PLANNED)} and batch_id not in (select batch_id"
            f" from {self._model(BATCHES)} where status = {self._text(WRITTEN)})"
            " order by batch_number limit 1"
        )
        return _Batch(**rows[0]) if rows else None

    def _plan(self, mapped: str | None) -> _Batch | None:
        """Plans the next batch: its rows stand in the warehouse before anything is written."""
        found = self.warehouse.rows(
            f"select count(*) as lead_count from ({self._changes()}) as changes"
        )
        if not found[0]["lead_count"]:
            return None
        destination = self.options.destination
        last = self.warehouse.rows(
            f"select max(batch_number) as batch_number from {self._model(BATCHES)}"
            f" where destination = {self._text(destination)}"
        )[0]["batch_number"]
        number = (last or 0) + 1
        batch_id = f"{destination}-{number:06d}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        name = f"{batch_id}.{self.options.format}"
        batch = _Batch(batch_id, destination, number, name, mapped)
        # Where there are no transactions, a batch without rows is planned again.
        with self.warehouse.transaction():
            self._note(batch, PLANNED, None)
            self._fill(batch)
        return batch

    def _fill(self, batch: _Batch) -> None:
        columns = (*_CHANGE_COLUMNS, *self._score_columns())
        self.warehouse.execute(
            f"insert into {self._model(EXPORTED)} ({', '.join((*_BATCH_COLUMNS, *columns))})"
            f" select {self._text(batch.batch_id)}, {self._text(batch.destination)},"
            f" {batch.batch_number}, {', '.join(columns)} from ({self._changes()}) as changes"
        )

    def _finish(
        self, batch: _Batch, column_map: ColumnMap, *, is_repeated: bool
    ) -> list[dict[str, Any]]:
        """Writes the file of a planned batch, and records it as written once it is whole."""
        of_batch = f"from {self._model(EXPORTED)} where batch_id = {self._text(batch.batch_id)}"
        counted = f"select count(*) as lead_count {of_batch}"
        expected = self.warehouse.rows(counted)[0]["lead_count"]
        if not expected:
            self._fill(batch)
            expected = self.warehouse.rows(counted)[0]["lead_count"]
        if not expected:
            # All that was planned has been undone since.
            self._note(batch, WRITTEN, 0)
            return []
        path = self.folder / batch.file_name
        fields = column_map.fields
        try:
            with put_in_place(path) as unfinished:
                _, chunks = self.warehouse.chunks(
                    f"select {', '.join(column_map.columns)} {of_batch}"
                    " order by scorecard_id, score desc, lead_id",
                    CHUNK_ROWS,
                )
                cells = (
                    [
                        tuple(field.cell(value) for field, value in zip(fields, row, strict=True))
                        for row in chunk
                    ]
                    for chunk in chunks
                )
                table = Rows([field.name for field in fields], [f.type for f in fields], cells)
                rows = WRITERS[path.suffix.removeprefix(".")](table, unfinished)
        except (StatementError, OSError, duckdb.Error) as error:
            raise unwritten(path, error) from error
        with self.warehouse.transaction():
            self._note(batch, WRITTEN, rows)
        return [
            {
                "batch_id": batch.batch_id,
                "file": str(path),
                "rows": rows,
                "bytes": path.stat().st_size,
                "is_repeated": is_repeated,
            }
        ]

    def _changes_in(self, batches: list[str]) -> dict[str, dict[str, int]]:
        """How many leads of each kind of change are in batches."""
        found: dict[str, dict[str, int]] = {batch: {} for batch in batches}
        if batches:
            named = ", ".join(map(self._text, batches))
            for row in self.warehouse.rows(
                "select batch_id, change_type, count(*) as lead_count"
                f" from {self._model(EXPORTED)} where batch_id in ({named})"
                " group by batch_id, change_type"
            ):
                found[row["batch_id"]][row["change_type"]] = row["lead_count"]
        return found

    def _note(self, batch: _Batch, status: str, rows: int | None) -> None:
        text, warehouse = self._text, self.warehouse
        mapped = "null" if batch.column_map is None else text(batch.column_map)
        now = warehouse.moment(datetime.now(UTC).replace(tzinfo=None))
        warehouse.execute(
            f"insert into {self._model(BATCHES)} (batch_id, destination, batch_number, status,"
            f" file_name, column_map, row_count, recorded_at) select {text(batch.batch_id)},"
            f" {text(batch.destination)}, {batch.batch_number}, {text(status)},"
            f" {text(batch.file_name)}, cast({mapped} as {warehouse.text_type}),"
            f" cast({'null' if rows is None else rows} as bigint), {now}"
        )

    def _model(self, name: str) -> str:
        return self.warehouse.model(name)

    def _text(self, value: str) -> str:
        return self.warehouse.text(value)
