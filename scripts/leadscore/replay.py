"""Scoring past moments: `leadscore replay`, and `leadscore run --as-known`.

Past moments are scored by the same models in schemas of their own, so that the live tables and what
runs build upon stay as they are. What a replay finds goes into the one history of scores.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from leadscore.beside import (
    HISTORY,
    KEPT,
    POLICY,
    SUFFIX_VAR,
    drop_schemas,
    refuse_live_schemas,
    side_schemas,
)
from leadscore.dbt import Dbt, Invocation
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, count
from leadscore.project import PACKAGE, Project
from leadscore.publish import is_wanted
from leadscore.run import GATE, TABLES_ONLY, RunOptions, prepared, run_failure
from leadscore.run_lock import alone
from leadscore.warehouse import Warehouse

# The ends of the names of the schemas: one for looking, one for `replay`, which drops it again.
LOOK = "as_known"
REPLAY = "replay"
SPANS = "int_history__score_spans"
KEPT_MOMENTS = "int_history__kept_moments"

# As macros/engines/times.sql reads as_of.
_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d+))?)?"
    r"(?: ?(Z|[+-]\d{2}(?::?\d{2})?))?)?"
)
_STEP = re.compile(r"([1-9]\d{0,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class ReplayOptions:
    """Which moments to score.

    Args:
        first: the first moment, as typed.
        last: the end; the last moment is the last one not after it. None for now.
        every: from one moment to the next: a whole number and `d`, `h` or `m`.
        as_known: score by what was known at each moment.
    """

    first: str
    last: str | None
    every: str
    as_known: bool = False

    def moments(self) -> list[datetime]:
        """The moments, in UTC without zone.

        Raises:
            LeadscoreError: a time or step is not readable, or there is no moment.
        """
        now = datetime.now(UTC).replace(tzinfo=None)
        first = parse_time(self.first, "--from")
        last = now if self.last is None else parse_time(self.last, "--to")
        step = _parse_step(self.every)
        if first > last:
            raise LeadscoreError(
                f"There is no moment from {first} to {last}.",
                remedy="Give --from an earlier time than --to.",
                code=ExitCode.USAGE,
            )
        if last > now:
            raise LeadscoreError(
                f"{last} has not come yet: it is {now:%Y-%m-%d %H:%M} UTC.",
                where="--to",
                remedy="Leave --to out for all moments until now.",
                code=ExitCode.USAGE,
            )
        return [first + step * number for number in range((last - first) // step + 1)]


def parse_time(text: str, option: str) -> datetime:
    """A time as people type it, in UTC without zone.

    Args:
        text: such as `2026-03-01` or `2026-03-01 10:20+01:00`.
        option: where it was typed, for the message.

    Raises:
        LeadscoreError: it is no time.
    """
    found = _TIME.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        day, clock, second, fraction, zone = found.groups()
        spelled = f"{day}T{clock or '00:00'}:{second or '00'}.{(fraction or '')[:6]:0<6}"
        if zone and zone != "Z":
            digits = zone[1:].replace(":", "")
            spelled += f"{zone[0]}{digits[:2]}:{digits[2:] or '00'}"
        moment = datetime.fromisoformat(spelled)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        raise LeadscoreError(
            f"{text!r} is no time.",
            where=option,
            remedy="Write it as 2026-03-01 or '2026-03-01 10:20' (UTC).",
            code=ExitCode.USAGE,
        ) from None


def _parse_step(text: str) -> timedelta:
    found = _STEP.fullmatch(text.strip().lower())
    if found is None:
        raise LeadscoreError(
            f"{text!r} is no step from one moment to the next.",
            where="--every",
            remedy="Write a whole number of days, hours or minutes: 7d, 12h, 30m.",
            code=ExitCode.USAGE,
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def score_as_known(
    project: Project, output: Output, options: RunOptions
) -> tuple[Invocation, Warehouse]:
    """Scores one moment by what was known then, in schemas of its own; the history is not touched.

    Args:
        project: the project to score with.
        output: where to show progress.
        options: what to run; without a moment it is now.

    Returns:
        What dbt did, and the warehouse, in which models are those of the look back.

    Raises:
        LeadscoreError: nothing was kept by then, or a step failed.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    moment = now if options.as_of is None else parse_time(options.as_of, "--as-of")
    past = _Past(project, output, LOOK, as_known=True)
    past.require_kept(moment)
    selection = f"{options.select} +{GATE}" if options.select else f"package:{PACKAGE}"
    return past.score(moment, selection.split(), [f"tag:{HISTORY}"]), past.warehouse


def replay(project: Project, output: Output, options: ReplayOptions) -> dict[str, Any]:
    """Scores past moments and adds them to the history of scores, one after the other.

    Moments that the history has already are passed over. One that fails ends the replay; those
    before it stay.

    Args:
        project: the project to score with.
        output: where to print.
        options: which moments.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: the options make no sense, nothing was kept by the first moment, a step
            failed, or a run is going on.
    """
    moments = options.moments()
    with alone(project, output, "replay"):
        return _replay(project, output, options, moments)


def _replay(
    project: Project, output: Output, options: ReplayOptions, moments: list[datetime]
) -> dict[str, Any]:
    began = time.monotonic()
    past = _Past(project, output, REPLAY, options.as_known)
    if options.as_known:
        past.require_kept(moments[0])
    observed = past.observed()
    results = []
    for moment in moments:
        leads = None
        if moment not in observed:
            past.score(moment, [f"+{SPANS},package:{PACKAGE}", f"tag:{POLICY}"])
            leads = past.scored_leads()
            output.say(f"{moment}: {count(leads, 'score')}")
        results.append({"moment": moment, "added": leads is not None, "scores": leads})
    added = sum(result["added"] for result in results)
    if added:
        past.drop_schemas()
    seconds = round(time.monotonic() - began, 1)
    output.say(
        f"Added {count(added, 'moment')} to the history of scores; "
        f"{len(moments) - added:,} of {len(moments):,} were there already."
    )
    if added and past.is_published():
        output.say(f"For readers of the published file: {command('publish')}")
    output.say(f"Done in {seconds} s.")
    return {"ok": True, "exit_code": 0, "duration_seconds": seconds, "moments": results}


class _Past:
    """The project in schemas of its own, to be scored at past moments.

    Args:
        project: the project to score with.
        output: where to show progress.
        suffix: the end of the schemas' names.
        as_known: score by what was known at each moment.
    """

    def __init__(self, project: Project, output: Output, suffix: str, as_known: bool) -> None:
        self.project = project
        self.output = output
        self.suffix = suffix
        self.as_known = as_known
        # Nobody compares what a past run predicted with what a past run knew of it.
        more_vars: dict[str, Any] = {
            SUFFIX_VAR: suffix,
            "as_known": as_known,
            "backtest": False,
        }
        if as_known:
            # What stands in the policy's files now is of no matter.
            if project.ensure_profile():
                output.note("Made profiles.yml from profiles.yml.example.")
            dbt = Dbt(project, more_vars)
        else:
            dbt = prepared(project, output, more_vars)
        self.warehouse = Warehouse(dbt)
        # dbt reads the project once for all moments that were scored with the same settings.
        self._by_settings: dict[str, Dbt] = {"{}": dbt}
        self._warned: set[str] = set()
        refuse_live_schemas(
            self.warehouse, suffix, "A past moment cannot be scored beside the live tables"
        )

    def require_kept(self, moment: datetime) -> None:
        """Makes sure that inputs were kept by a moment.

        Raises:
            LeadscoreError: none were.
        """
        with self.output.busy("Reading what was kept"), self.warehouse.open():
            first = None
            if self.warehouse.has(KEPT_MOMENTS):
                kept = self.warehouse.model(KEPT_MOMENTS)
                first = self.warehouse.rows(f"select min(moment) as moment from {kept}")[0][
                    "moment"
                ]
        if first is not None and first <= moment:
            return
        raise LeadscoreError(
            f"It is not known what was known at {moment}: "
            + (
                f"runs keep their inputs since {first}." if first else "no run kept its inputs yet."
            ),
            where=f"--as-known; var keep_inputs in {self.project.file}",
            remedy="Leave --as-known out to score that moment by today's leads and policy"
            + (f", or ask for {first} or later." if first else "."),
            code=ExitCode.NOT_FOUND,
        )

    def observed(self) -> set[datetime]:
        """The moments that the history has."""
        with self.warehouse.open():
            if not self.warehouse.has(SPANS):
                return set()
            rows = self.warehouse.rows(
                f"select valid_from from {self.warehouse.model(SPANS)} where lead_id is null"
            )
        return {row["valid_from"] for row in rows}

    def scored_leads(self) -> int:
        """How many scores the moment has that was scored last."""
        with self.warehouse.open():
            relation = self.warehouse.model("scored_leads")
            return self.warehouse.rows(f"select count(*) as leads from {relation}")[0]["leads"]

    def is_published(self) -> bool:
        """Whether there is a file for readers."""
        with self.warehouse.open():
            return is_wanted(self.warehouse)

    def score(
        self, moment: datetime, selection: Sequence[str], left_out: Sequence[str] = ()
    ) -> Invocation:
        """Scores a moment.

        Args:
            moment: the moment.
            selection: what dbt is to build, besides what is only read where it is.
            left_out: what of it is not to be built.

        Raises:
            LeadscoreError: a step failed.
        """
        dbt = self._dbt(moment)
        left_out = [*left_out, f"tag:{KEPT}"]
        if self.as_known:
            # The policy is read from the kept ones, whatever its files say now.
            left_out.append(f"tag:{POLICY}")
        words = [*TABLES_ONLY, "--full-refresh", "--select", *selection, "--exclude", *left_out]
        with self.output.steps() as progress:
            invocation = dbt.call("build", *words, progress=progress)
        for warning in invocation.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self.output.warn(warning)
        if not invocation.ok:
            raise run_failure(self.project, self.output, invocation, self.warehouse)
        return invocation

    def drop_schemas(self) -> None:
        """Takes the schemas away again."""
        with self.warehouse.open():
            drop_schemas(self.warehouse, side_schemas(self.warehouse.manifest))

    def _dbt(self, moment: datetime) -> Dbt:
        settings = self._settings(moment) if self.as_known else {}
        key = json.dumps(settings, sort_keys=True)
        if key not in self._by_settings:
            self._by_settings[key] = Dbt(self.project, {**self.warehouse.dbt.vars, **settings})
        return self._by_settings[key].at(str(moment))

    def _settings(self, moment: datetime) -> dict[str, Any]:
        """The vars by which a moment was scored, as far as they are others today."""
        with self.warehouse.open():
            rows = self.warehouse.rows(
                f"select settings from {self.warehouse.model(KEPT_MOMENTS)}"
                f" where moment <= cast({self.warehouse.text(str(moment))} as timestamp)"
                " order by moment desc limit 1"
            )
        return {
            name: value
            for name, value in json.loads(rows[0]["settings"]).items()
            if value != self.project.var(name)
        }
