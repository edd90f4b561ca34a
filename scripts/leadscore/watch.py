"""`leadscore watch`: stays up, scores when there is news, and hands off the leads that moved up.

One process looks for news, runs dbt and delivers, one after the other. Between these steps it
holds no connection, so that loaders can write to the file of an embedded warehouse.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, InUseError, LeadscoreError
from leadscore.hand_offs import (
    POSTED,
    PRINTED,
    REFUSED,
    HandOff,
    begin,
    outstanding,
    record,
)
from leadscore.output import Output, count
from leadscore.project import PACKAGE, Project
from leadscore.publish import is_wanted, renew
from leadscore.raw_tables import RAW_TABLES
from leadscore.run import EVERYTHING, TABLES_ONLY, prepared, run_failure
from leadscore.warehouse import Warehouse, location
from leadscore.webhook import Reception, Webhook

# What is run when all may have changed, and when nothing but events came in: then the policy stays
# as the last complete run compiled it, and no inputs are kept for later looks back.
COMPLETE_RUN = EVERYTHING
_POLICY = " ".join(
    (
        "resource_type:seed",
        f"{PACKAGE}.staging.policy",
        f"{PACKAGE}.intermediate.policy",
        f"{PACKAGE}.marts.operations.policy_errors",
    )
)
EVENTS_RUN = f"{COMPLETE_RUN} --exclude {_POLICY} tag:kept"
# Time alone changes scores, so after this many seconds a complete run is due, news or not.
COMPLETE_EVERY = 60.0
PUBLISH_EVERY = 60.0
# After failures the pause doubles up to this; a refused hand-off is tried again so often.
LONGEST_REST = 300.0
REFUSED_AGAIN = 3600.0
# A file that a loader writes to is looked at again after a second, and told after some.
IN_USE_AGAIN = 1.0
IN_USE_TOLD = 15.0
# What is under way when a signal comes has this long to end; then the process ends regardless.
STOP_WITHIN = 9.0

# Where each raw table says when its rows came in or changed.
_NEWEST = {
    "leads": "updated_at",
    "events": "loaded_at",
    "outcomes": "occurred_at",
    "identities": "identified_at",
}
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass
class WatchOptions:
    """How to watch.

    Args:
        every: seconds between two looks for news.
        once: look, run and deliver once, then end.
        webhook: its address; None for no webhook.
        token: the webhook's token, if it wants one.
        debug: let errors through, with their stack traces.
    """

    every: float = 30.0
    once: bool = False
    webhook: str | None = None
    token: str | None = None
    debug: bool = False


def parse_duration(text: str) -> float:
    """Seconds from `30s`, `2m`, `1h` or `30`.

    Raises:
        LeadscoreError: it is none of these, or nothing.
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smh]?)\s*", text.lower())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < seconds <= 86400:
        raise LeadscoreError(
            "The time between two looks for news is not readable.",
            where=f"--every {text!r}",
            remedy="Write seconds, minutes or hours, a day at most: 30s, 2m, 1h.",
            code=ExitCode.USAGE,
        )
    return seconds


def watch(project: Project, output: Output, options: WatchOptions) -> ExitCode:
    """Scores and hands off until a signal comes, or once.

    Args:
        project: the project to score with.
        output: where to print hand-offs and trouble.
        options: how to watch.

    Returns:
        The exit code: with `once` that of what went wrong, else always 0.

    Raises:
        LeadscoreError: the options cannot be used.
    """
    stop = _Stop()
    webhook = None
    if options.webhook:
        webhook = Webhook(options.webhook, options.token, stop.event)
        if webhook.is_token_readable:
            output.warn(
                "The webhook's address begins with http, so its token can be read by others."
            )
    watcher = _Watch(project, output, options, webhook, stop)
    with stop.listening():
        try:
            code = watcher.run()
        except KeyboardInterrupt:
            if not stop.event.is_set():
                raise
            code = ExitCode.OK
    if stop.event.is_set():
        output.note("Stopped.")
    return code


class _Stop:
    """A wish to stop, which comes as a signal.

    What can be given up at any moment (a run of dbt, publishing) is interrupted, and dbt cancels
    its statements: each table changes in a transaction and files are replaced when complete, so
    what was under way has not happened, and the next run does it. Everything else (a post and its
    record) is short and comes to its end. Should anything take longer all the same, the process
    ends, which is safe for the same reason.
    """

    def __init__(self) -> None:
        self.event = threading.Event()
        self._is_interruptible = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Takes SIGINT and SIGTERM as the wish to stop, for the length of a `with` block."""
        # Only the main thread may do this.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        watchdog = threading.Timer(STOP_WITHIN, self._leave)
        watchdog.daemon = True

        def heard(number: int, frame: Any) -> None:
            if not self.event.is_set():
                self.event.set()
                watchdog.start()
            if self._is_interruptible:
                self._is_interruptible = False
                raise KeyboardInterrupt

        for number in before:
            signal.signal(number, heard)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            watchdog.cancel()

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """The block may be given up at any moment.

        Raises:
            KeyboardInterrupt: it was, or is not to begin.
        """
        self._is_interruptible = True
        try:
            if self.event.is_set():
                raise KeyboardInterrupt
            yield
        except Exception:
            # An interrupted statement looks like a failed one.
            if self.event.is_set():
                raise KeyboardInterrupt from None
            raise
        finally:
            self._is_interruptible = False

    def _leave(self) -> None:
        # Not by the console, which the main thread may hold.
        os.write(2, b"Stopped in the midst of a step, which the next run does again.\n")
        os._exit(int(ExitCode.OK))


@dataclass
class _News:
    """What there was when last looked.

    Args:
        files: path, time and size of each file that a run reads.
        tables: row count and newest time of each raw table.
    """

    files: tuple = ()
    tables: dict[str, tuple] = field(default_factory=dict)


class _Watch:
    """One process that watches."""

    def __init__(
        self,
        project: Project,
        output: Output,
        options: WatchOptions,
        webhook: Webhook | None,
        stop: _Stop,
    ) -> None:
        self.project = project
        self.output = output
        self.options = options
        self.webhook = webhook
        self.stop = stop
        self.dbt: Dbt | None = None
        self.warehouse: Warehouse | None = None
        self._run_with: _News | None = None
        self._files_read: tuple = ()
        self._completed: float | None = None
        self._published: float | None = None
        self._failures = 0
        self._told: str | None = None
        self._in_use_since: float | None = None
        # Deliveries: begun; printed here; done but not recorded; when a try is due again.
        self._has_begun = False
        self._printed: set[str] = set()
        self._unrecorded: dict[str, tuple[str, int | None]] = {}
        self._refused: dict[str, float] = {}
        self._webhook_failures = 0
        self._webhook_rests_until = 0.0
        self._webhook_told: str | None = None

    # --- the loop ------------------------------------------------------------------------

    def run(self) -> ExitCode:
        """Goes round until told to stop, or once; gives the exit code."""
        while not self.stop.event.is_set():
            code = ExitCode.OK
            try:
                self._round()
            except LeadscoreError as error:
                if self.options.debug:
                    raise
                self._tell(error)
                code = error.code
            except (KeyboardInterrupt, BrokenPipeError):
                raise
            except Exception as error:
                if self.options.debug:
                    raise
                self._tell(LeadscoreError(f"Something went wrong: {type(error).__name__}: {error}"))
                code = ExitCode.FAILED
            else:
                if self._told is not None:
                    self.output.note("It works again.")
                self._told, self._failures, self._in_use_since = None, 0, None
            if self.options.once:
                return code
            self._rest()
        return ExitCode.OK

    def _round(self) -> None:
        """One look for news, with the run, the deliveries and the publishing that follow."""
        trouble: LeadscoreError | None = None
        is_complete = False
        try:
            is_complete = self._renew()
        except LeadscoreError as error:
            trouble = error
        # Whatever became of the run, what was handed off before is to arrive.
        if self.warehouse is not None:
            try:
                self._deliver()
            except LeadscoreError as error:
                trouble = trouble or error
        if is_complete and trouble is None:
            self._publish()
        if trouble is not None:
            raise trouble

    def _rest(self) -> None:
        """Waits until the next look is due; a changed file ends the wait after a failure."""
        wait = self.options.every
        if self._in_use_since is not None:
            wait = min(wait, IN_USE_AGAIN)
        elif self._failures:
            wait = min(wait * 2 ** min(self._failures, 10), max(LONGEST_REST, wait))
        elif self._completed is not None:
            wait = min(wait, max(self._completed + COMPLETE_EVERY - time.monotonic(), 0.0))
        until = time.monotonic() + wait
        while (left := until - time.monotonic()) > 0:
            if self.stop.event.wait(min(left, self.options.every)):
                return
            # What is wrong with the settings was told, or will be.
            with contextlib.suppress(LeadscoreError):
                if self._failures and self._files() != self._files_read:
                    return

    def _tell(self, error: LeadscoreError) -> None:
        """Tells a problem, unless it is the one that was told before."""
        if isinstance(error, InUseError):
            now = time.monotonic()
            self._in_use_since = self._in_use_since or now
            if now - self._in_use_since < IN_USE_TOLD and not self.options.once:
                return
        else:
            self._in_use_since = None
            self._failures += 1
        # Process numbers and the like differ each time.
        gist = re.sub(r"[0-9]+", "", error.what)
        if gist == self._told:
            return
        self._told = gist
        problems = getattr(error, "problems", [])
        if problems and not self.output.as_json:
            self.output.problems(problems)
        elif problems:
            # stdout is for hand-offs only.
            for problem in problems:
                place = (problem.file, problem.row_id, problem.column_name, problem.value)
                self.output.note(f"{' '.join(filter(None, place))}: {problem.problem}")
        self.output.trouble(error)
        if not self.options.once:
            self.output.note("Watching goes on.")

    # --- looking and running -------------------------------------------------------------

    def _renew(self) -> bool:
        """Runs dbt if there is news or a complete run is due; says whether it ran all."""
        files = self._files()
        dbt, warehouse = self._prepared(files)
        with self._open(warehouse):
            news = _News(files, self._look(warehouse))
            # Before the first run, so that what that one hands off is delivered.
            self._begin(warehouse)
        selection = self._due(news)
        if selection is None:
            return False
        began = time.monotonic()
        quiet = Output(as_json=True)
        with self.stop.interruptible(), self.output.busy("Scoring"):
            try:
                invocation = dbt.call("build", *TABLES_ONLY, "--select", *selection.split())
                if not invocation.ok:
                    raise run_failure(self.project, quiet, invocation, warehouse)
            finally:
                dbt.release()
        if self._run_with is None:
            for warning in invocation.warnings:
                self.output.warn(warning)
            self.output.note(
                f"Scored in {time.monotonic() - began:.1f} s."
                + ("" if self.options.once else " Watching; stop with Ctrl-C.")
            )
        self._run_with = news
        if selection == COMPLETE_RUN:
            self._completed = time.monotonic()
        return selection == COMPLETE_RUN

    def _prepared(self, files: tuple) -> tuple[Dbt, Warehouse]:
        """dbt and the warehouse, read anew when a file changed."""
        if self.dbt is not None and self.warehouse is not None and files == self._files_read:
            return self.dbt, self.warehouse
        if self.dbt is not None:
            self.output.note("The project's files changed; they are read anew.")
        self._files_read = files
        self.dbt = None
        dbt = prepared(self.project, Output(as_json=True), {})
        with self.stop.interruptible(), self.output.busy("Reading the project"):
            dbt.keep_parsed()
            warehouse = Warehouse(dbt)
            _ = warehouse.manifest
        self.dbt, self.warehouse = dbt, warehouse
        return dbt, warehouse

    def _due(self, news: _News) -> str | None:
        """What is to be run; None for nothing."""
        before = self._run_with
        if before is None or self._completed is None or news.files != before.files:
            return COMPLETE_RUN
        if time.monotonic() - self._completed >= COMPLETE_EVERY:
            return COMPLETE_RUN
        changed = {name for name, seen in news.tables.items() if seen != before.tables.get(name)}
        if not changed:
            return None
        return EVENTS_RUN if changed == {"events"} else COMPLETE_RUN

    def _files(self) -> tuple:
        """The project's settings and every file that is loaded with a run, as they are on disk."""
        folders = [Path(name) for name in self.project.settings.get("seed-paths", ["seeds"])]
        found = [self.project.file]
        for folder in folders:
            found += sorted((self.project.root / folder).rglob("*.csv"))
        seen = []
        for path in found:
            # One that is being replaced right now is seen the next time.
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                seen.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(seen)

    def _look(self, warehouse: Warehouse) -> dict[str, tuple]:
        """Row count and newest time of each raw table that lies in the warehouse."""
        # The demo's tables are loaded from files.
        if self.project.var("use_demo_data", True):
            return {}
        seen: dict[str, tuple] = {}
        for table in RAW_TABLES.values():
            node = warehouse.raw(table)
            if node is None:
                continue
            columns = warehouse.columns(*location(node))
            if not columns:
                # The run says better than we could what is missing.
                seen[table.name] = ()
                continue
            newest = columns.get(_NEWEST[table.name])
            column = f", max({warehouse.quote(newest)}) as newest" if newest else ""
            row = warehouse.rows(f"select count(*) as n{column} from {node['relation_name']}")[0]
            seen[table.name] = tuple(row.values())
        return seen

    @contextlib.contextmanager
    def _open(self, warehouse: Warehouse) -> Iterator[None]:
        """Connects for the length of a `with` block, and lets go of the file after it."""
        try:
            with warehouse.open():
                yield
        finally:
            warehouse.dbt.release()

    def _publish(self) -> None:
        assert self.dbt is not None
        assert self.warehouse is not None
        if (
            self._published is not None
            and time.monotonic() - self._published < PUBLISH_EVERY
            and not self.options.once
        ):
            return
        with self.stop.interruptible(), self._open(self.warehouse):
            if is_wanted(self.warehouse):
                renew(self.warehouse)
        self._published = time.monotonic()

    # --- delivering ----------------------------------------------------------------------

    def _begin(self, warehouse: Warehouse) -> None:
        if self._has_begun:
            return
        skipped = begin(warehouse)
        if skipped:
            self.output.note(
                f"{count(skipped, 'hand-off')} from before the first watch will not be delivered."
            )
        self._has_begun = skipped is not None

    def _deliver(self) -> None:
        """Prints and posts what is outstanding, and records each as soon as it is done."""
        assert self.warehouse is not None
        # What is done but not recorded comes first: it must not be posted again.
        self._record(self.warehouse)
        with self._open(self.warehouse):
            self._begin(self.warehouse)
            waiting = outstanding(self.warehouse)
        for hand_off in waiting:
            if self.stop.event.is_set():
                return
            self._print(hand_off)
            if self.webhook is None:
                self._unrecorded[hand_off.hand_off_id] = (PRINTED, None)
        if self.webhook is None:
            self._record(self.warehouse)
            return
        taken = 0
        for hand_off in waiting:
            if self.stop.event.is_set() or not self._post(self.webhook, hand_off):
                break
            taken += self._unrecorded.get(hand_off.hand_off_id, ("",))[0] == POSTED
            self._record(self.warehouse)
        if self.options.once and taken < len(waiting):
            left = count(len(waiting) - taken, "hand-off")
            raise LeadscoreError(
                f"{left} could not be delivered to {self.webhook.place}.",
                remedy="The next watch tries again.",
            )

    def _print(self, hand_off: HandOff) -> None:
        """Prints a hand-off, once in this process."""
        if hand_off.hand_off_id in self._printed:
            return
        as_json = self.output.as_json
        self.output.line(
            json.dumps(hand_off.as_json(), ensure_ascii=False) if as_json else str(hand_off)
        )
        self._printed.add(hand_off.hand_off_id)

    def _post(self, webhook: Webhook, hand_off: HandOff) -> bool:
        """Posts a hand-off, if it is its time; says whether to go on with the next one."""
        now = time.monotonic()
        key = hand_off.hand_off_id
        if now < self._webhook_rests_until and not self.options.once:
            return False
        if now < self._refused.get(key, 0.0):
            return True
        answer = webhook.post(key, hand_off.as_json())
        if answer.reception is Reception.TAKEN:
            self._unrecorded[key] = (POSTED, answer.status)
            self._refused.pop(key, None)
            if self._webhook_told:
                self.output.note(f"The webhook {webhook.place} works again.")
            self._webhook_told, self._webhook_failures = None, 0
            return True
        if answer.reception is Reception.REFUSED:
            self._unrecorded[key] = (REFUSED, answer.status)
            self._refused[key] = now + REFUSED_AGAIN
            self.output.trouble(
                LeadscoreError(
                    f"The webhook {webhook.place} refused the hand-off of {hand_off.lead_id}: "
                    f"{answer.reason}.",
                    where=f"hand_off_id {key}",
                    remedy="It stays undelivered, and is tried again in an hour and at each start.",
                )
            )
            return True
        self._webhook_failures += 1
        rest = min(self.options.every * 2 ** min(self._webhook_failures, 10), LONGEST_REST)
        self._webhook_rests_until = time.monotonic() + max(rest, answer.pause or 0.0)
        if self._webhook_told != answer.reason and not self.stop.event.is_set():
            self._webhook_told = answer.reason
            self.output.trouble(
                LeadscoreError(
                    f"The webhook {webhook.place} is not available: {answer.reason}.",
                    remedy="Hand-offs wait for it; none is lost.",
                )
            )
        return False

    def _record(self, warehouse: Warehouse) -> None:
        """Records what became of hand-offs; what cannot be recorded now is the next time."""
        if not self._unrecorded:
            return
        groups: dict[tuple[str, int | None], list[str]] = {}
        for key, became in self._unrecorded.items():
            groups.setdefault(became, []).append(key)
        with self._open(warehouse):
            for (status, http_status), keys in groups.items():
                record(warehouse, status, keys, http_status)
                for key in keys:
                    del self._unrecorded[key]
