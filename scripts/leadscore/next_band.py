"""`leadscore explain LEAD --next`: when a lead leaves its band, and what would lift it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from leadscore.dbt import Dbt
from leadscore.errors import LeadscoreError
from leadscore.explain import scores_of, signed
from leadscore.output import Output, command, count, plain
from leadscore.project import Project
from leadscore.run_lock import alone
from leadscore.steps import MOST_EVENTS, Criterion, Step, Steps, read_criteria
from leadscore.warehouse import Warehouse
from leadscore.what_if import LiveLead, Outlook, Scenario, WhatIf

HORIZON_DAYS = 365
_DAY = timedelta(days=1)
# How many steps are shown of those that do not suffice.
_SHOWN = 10


def explain_next(
    project: Project,
    output: Output,
    lead_id: str,
    scorecard_id: str | None,
    draft: bool,
    horizon_days: int = HORIZON_DAYS,
) -> dict[str, Any]:
    """Prints what becomes of a lead without new activity, and which single steps lift it.

    Args:
        project: the project to read.
        output: where to print.
        lead_id: the lead.
        scorecard_id: only this scorecard; None for all.
        draft: read the draft scorecards instead of the live ones.
        horizon_days: how many days to look ahead.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: the lead has no score, with the reason; what might be cannot be scored; the
            score of now does not come out; or a run is going on.
    """
    project.ensure_profile()
    with alone(project, output, "explain --next"):
        return _explain_next(project, output, lead_id, scorecard_id, draft, horizon_days)


def _explain_next(
    project: Project,
    output: Output,
    lead_id: str,
    scorecard_id: str | None,
    draft: bool,
    horizon_days: int,
) -> dict[str, Any]:
    began = time.monotonic()
    live = Warehouse(Dbt(project))
    with output.busy("Reading the policy"), live.open():
        scores = scores_of(live, lead_id, scorecard_id, draft)
        now = scores[0]["scored_at"]
        lead = LiveLead.read(live, lead_id)
        criteria = read_criteria(live, [score["scorecard_id"] for score in scores])
        ladders = {
            score["scorecard_id"]: _Ladder.read(live, score["scorecard_id"]) for score in scores
        }
        climbing = {
            score["scorecard_id"]
            for score in scores
            if score["score_status"] != "scored"
            or ladders[score["scorecard_id"]].above(score["band"])
        }
        steps = Steps(
            live, lead, now, [each for each in criteria.values() if each.scorecard_id in climbing]
        ).candidates()
    days = [Scenario(now + _DAY * day) for day in range(horizon_days + 1)]
    tries = [Scenario(now, step.events, step.attribute, step.value) for step in steps]
    outlooks = WhatIf(live, output, lead).outlooks(now, [*days, *tries])
    future, tried = outlooks[: len(days)], outlooks[len(days) :]
    results = []
    for score in scores:
        scorecard = _Scorecard(score, ladders[score["scorecard_id"]], criteria)
        scorecard.check(future[0], lead_id)
        results.append(
            {
                **scorecard.now(),
                "forecast": scorecard.forecast(days, future),
                **scorecard.steps(steps, tried),
            }
        )
    for result in results:
        _print(output, lead_id, result, horizon_days)
    return {
        "ok": True,
        "exit_code": 0,
        "lead_id": lead_id,
        "horizon_days": horizon_days,
        "duration_seconds": round(time.monotonic() - began, 1),
        "scorecards": results,
    }


@dataclass(frozen=True)
class _Ladder:
    """The bands of a scorecard, from the lowest up.

    Args:
        bands: each with the points that it begins at; None for the lowest.
    """

    bands: list[tuple[str, Decimal | None]]

    @classmethod
    def read(cls, live: Warehouse, scorecard_id: str) -> _Ladder:
        """The bands of a scorecard as the live scores have them."""
        rows = live.rows(
            f"select bands.band, bands.min_points from {live.model('int_policy__bands')} as bands"
            f" inner join {live.model('int_policy__scorecards')} as scorecards"
            " on bands.scorecard_key = scorecards.scorecard_key"
            f" where scorecards.scorecard_id = {live.text(scorecard_id)} and bands.scope = 'total'"
        )
        rows.sort(key=lambda row: (row["min_points"] is not None, row["min_points"] or 0))
        return cls([(row["band"], row["min_points"]) for row in rows])

    def place(self, band: str | None) -> int:
        """How high a band stands; one below the lowest for None and for a status."""
        names = [name for name, _ in self.bands]
        return names.index(band) if band in names else -1

    def above(self, band: str | None) -> list[tuple[str, Decimal | None]]:
        """The bands above one, the next one first."""
        return self.bands[self.place(band) + 1 :]


class _Scorecard:
    """What one scorecard says of the lead, now and in each scenario.

    Args:
        score: the row of the mart.
        ladder: its bands.
        criteria: the criteria by key.
    """

    def __init__(
        self, score: dict[str, Any], ladder: _Ladder, criteria: Mapping[int, Criterion]
    ) -> None:
        self.score = score
        self.id = score["scorecard_id"]
        self.ladder = ladder
        self.criteria = criteria
        self._now: Outlook | None = None

    def check(self, outlooks: Mapping[str, Outlook], lead_id: str) -> None:
        """Makes sure that the lead as it is has the score that the mart has.

        Args:
            outlooks: of the present.
            lead_id: the lead.

        Raises:
            LeadscoreError: it has another.
        """
        self._now = outlooks.get(self.id)
        shown = self._now and (self._now.score, self._now.status, self._now.band)
        wanted = (self.score["score"], self.score["score_status"], self.score["band"])
        if shown != wanted:
            raise LeadscoreError(
                "Scored again on its own, the lead does not come to the score that the mart has: "
                + (f"{plain(shown[0])}, {shown[2]}" if shown else "it is in no audience")
                + f" instead of {plain(wanted[0])}, {wanted[2]}.",
                where=f"lead {lead_id}, scorecard {self.id}",
                remedy=f"Leads, events or settings may have changed meanwhile. Run: "
                f"{command('run')}   If it stays so, it is a defect.",
            )

    def now(self) -> dict[str, Any]:
        """The present score, and the band above it."""
        score = self.score
        following = None
        if score["score_status"] == "scored" and self.ladder.above(score["band"]):
            band, points = self.ladder.above(score["band"])[0]
            following = {
                "band": band,
                "min_points": points,
                "points_missing": None if points is None else points - score["score"],
            }
        return {
            **{
                name: score[name]
                for name in ("scorecard_id", "scored_at", "score_status", "score", "band")
            },
            "policy_version": score["policy_version"],
            "next_band": following,
        }

    # --- forecast -------------------------------------------------------------------------

    def forecast(
        self, days: Sequence[Scenario], future: Sequence[Mapping[str, Outlook]]
    ) -> dict[str, Any]:
        """The first day on which the lead is in another band, or is not scored any more."""
        path = []
        for (_, before), (day, after) in pairwise(zip(days, future, strict=True)):
            earlier, later = before.get(self.id), after.get(self.id)
            if later is not None and (later.score, later.band) == (earlier.score, earlier.band):
                continue
            change = {
                "date": day.moment.date(),
                "moment": day.moment,
                "in_days": (day.moment - days[0].moment).days,
                **_standing(later),
                "changes": self._changes(earlier, later),
            }
            if later is None or later.band != earlier.band:
                return {
                    "leaves_band": True,
                    **change,
                    "leaves_audience": later is None,
                    "earlier_changes": path,
                }
            path.append(change)
        return {"leaves_band": False, "earlier_changes": path}

    def _changes(self, before: Outlook, after: Outlook | None) -> list[dict[str, Any]]:
        """The entries of the ledger that differ, and what limits and status add to that."""
        if after is None:
            return []
        found = []
        for key in sorted(before.points.keys() | after.points.keys()):
            old, new = before.points.get(key), after.points.get(key)
            if old == new:
                continue
            criterion = self.criteria[key]
            found.append(
                {
                    "entry_type": "criterion",
                    "criterion_id": criterion.id,
                    "name": criterion.name,
                    "points_before": old,
                    "points_after": new,
                    "change": (new or Decimal(0)) - (old or Decimal(0)),
                }
            )
        found.sort(key=lambda change: (-abs(change["change"]), change["criterion_id"]))
        # Points add up, so what is left is what the limits and the status have changed.
        rest = after.score - before.score - sum(change["change"] for change in found)
        if rest:
            is_status = "disqualified" in (before.status, after.status)
            found.append(
                {
                    "entry_type": "limits",
                    "criterion_id": None,
                    "name": "disqualification and limits" if is_status else "limits",
                    "points_before": None,
                    "points_after": None,
                    "change": rest,
                }
            )
        return found

    # --- steps ----------------------------------------------------------------------------

    def steps(
        self, steps: Mapping[Step, set[str]], tried: Sequence[Mapping[str, Outlook]]
    ) -> dict[str, Any]:
        """The steps that reach the next band, those that only add points, and what no step does."""
        if self.score["score_status"] == "scored" and not self.ladder.above(self.score["band"]):
            return {"steps": [], "not_proposed": []}
        kinds: dict[tuple, list[dict[str, Any]]] = {}
        helped: set[str] = set()
        paying: set[str] = set()
        for (step, scorecard_ids), outlooks in zip(steps.items(), tried, strict=True):
            outlook = outlooks.get(self.id)
            if outlook is None or self.id not in scorecard_ids:
                continue
            result = self._result(step, outlook)
            gaining = {
                change["criterion_id"] for change in result["changes"] if change["change"] > 0
            }
            helped |= gaining
            if result["gain"] > 0 or (result["reaches_next_band"] and not result["gain"]):
                paying |= gaining
                kind = (step.attribute, step.value, step.events[:1])
                kinds.setdefault(kind, []).append(result)
        chosen = []
        for results in kinds.values():
            results.sort(key=lambda result: result["event_count"])
            reaching = [result for result in results if result["reaches_next_band"]]
            chosen.append((reaching or results)[0])
        chosen = [step for step in chosen if not any(_does_less(step, other) for other in chosen)]
        chosen.sort(key=_effort)
        return {"steps": chosen, "not_proposed": self._not_proposed(helped, paying)}

    def _result(self, step: Step, outlook: Outlook) -> dict[str, Any]:
        is_scored = outlook.status == "scored"
        if self.score["score_status"] == "scored":
            reaches = is_scored and self.ladder.place(outlook.band) > self.ladder.place(
                self.score["band"]
            )
        else:
            reaches = is_scored
        first = step.events[0] if step.events else None
        return {
            "kind": "events" if first else "attribute",
            "event_count": len(step.events),
            "event_name": first and first.name,
            "event_properties": [dict(event.properties) for event in step.events],
            "attribute": step.attribute,
            "value": step.value,
            "current_value": step.current_value,
            "gain": outlook.score - self.score["score"],
            **_standing(outlook),
            "reaches_next_band": reaches,
            "changes": self._changes(self._now, outlook),
        }

    def _not_proposed(self, helped: set[str], paying: set[str]) -> list[dict[str, Any]]:
        """The criteria with points to give that no single step gets, each with the reason."""
        today = self.score["scored_at"].date()
        found = []
        for criterion in self.criteria.values():
            row = criterion.row
            if (
                criterion.scorecard_id != self.id
                or row["points"] <= 0
                or not row["is_active"]
                or criterion.id in paying
            ):
                continue
            if criterion.id not in helped and self._gives_all(criterion):
                continue
            found.append(
                {
                    "criterion_id": criterion.id,
                    "name": criterion.name,
                    "points": row["points"],
                    "reason": "limits, or other criteria, take its points away"
                    if criterion.id in helped
                    else _reason(criterion, today),
                }
            )
        return found

    def _gives_all(self, criterion: Criterion) -> bool:
        """Whether it gives its points already."""
        row = criterion.row
        points = self._now.points.get(criterion.key)
        if points is None:
            return False
        most = row["max_points"] if row["frequency"] == "every" else row["points"]
        return most is not None and points >= most


def _standing(outlook: Outlook | None) -> dict[str, Any]:
    return {
        "score": outlook and outlook.score,
        "score_status": outlook and outlook.status,
        "band": outlook and outlook.band,
    }


def _effort(result: Mapping[str, Any]) -> tuple:
    """Those that suffice first; then the least to do: few events, then an attribute."""
    return (
        not result["reaches_next_band"],
        result["kind"] == "attribute",
        result["event_count"],
        # What is not known yet has only to be asked.
        result["current_value"] is not None,
        -result["gain"],
        result["event_name"] or result["attribute"],
        str(result["event_properties"]),
        result["value"] or "",
    )


def _does_less(step: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether another step asks less and gives as much: the same event, no matter which page."""
    return (
        step["event_name"] is not None
        and step["event_name"] == other["event_name"]
        and other["event_count"] <= step["event_count"]
        and other["gain"] >= step["gain"]
        and other["reaches_next_band"] >= step["reaches_next_band"]
        and _asks_less(other["event_properties"], step["event_properties"])
    )


def _asks_less(some: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, str]]) -> bool:
    """Whether events need fewer of the properties of others, or the same with smaller numbers."""
    pairs = list(zip(some, others, strict=False))
    if sum(map(len, some)) < sum(map(len, others)):
        return all(held.items() <= more.items() for held, more in pairs)
    differing = [
        (held.get(name), value)
        for held, more in pairs
        for name, value in more.items()
        if held.get(name) != value
    ]
    try:
        return any(differing) and all(Decimal(low or "") < Decimal(high) for low, high in differing)
    except ArithmeticError:
        return False


def _reason(criterion: Criterion, today: Any) -> str:
    """Why no single step gets a criterion's points, as far as its row says."""
    row = criterion.row
    if row["valid_from"] is not None and row["valid_from"] > today:
        return f"counts from {row['valid_from']} on"
    if row["valid_to"] is not None and row["valid_to"] < today:
        return f"counted until {row['valid_to']}"
    if row["measure"] == "distinct_days":
        return "needs events on several days"
    if row["measure"] == "rate":
        return "is a share of events, which those of one kind do not lift"
    if row["at_most"] is not None and row["measure"] == "count":
        return "is met by events that do not happen"
    links = [
        f"{word} {', '.join(names)}"
        for word, names in (("requires", criterion.requires), ("unless", criterion.unless))
        if names
    ]
    if links:
        return f"hangs on other criteria ({'; '.join(links)})"
    if row["signal"] == "attribute":
        return "no known value passes its test"
    if row["measure"] == "distinct_values":
        return "needs more different values than are known"
    return f"needs more than {MOST_EVENTS} events, or something that one kind of event does not do"


# --- what people see ---------------------------------------------------------------------------


def _print(output: Output, lead_id: str, result: Mapping[str, Any], horizon_days: int) -> None:
    output.say(
        f"Lead {lead_id} by scorecard {result['scorecard_id']}: "
        f"{plain(result['score'])}, {result['band'] or 'no band'}, "
        f"as of {plain(result['scored_at'])} UTC"
    )
    _print_forecast(output, result, horizon_days)
    if result["score_status"] == "scored" and result["next_band"] is None:
        output.say("There is no band above this one.")
        output.say()
        return
    _print_steps(output, result)
    output.say()


def _print_forecast(output: Output, result: Mapping[str, Any], horizon_days: int) -> None:
    forecast = result["forecast"]
    stays = "has no band" if result["band"] is None else f"stays {result['band']}"
    if not forecast["leaves_band"]:
        changes = forecast["earlier_changes"]
        ends = f", at {plain(changes[-1]['score'])} in the end" if changes else ""
        output.say(f"Without new activity it {stays} for {count(horizon_days, 'day')}{ends}.")
        return
    when = f"on {forecast['date']}, in {count(forecast['in_days'], 'day')}"
    if forecast["leaves_audience"]:
        output.say(f"Without new activity this scorecard stops scoring it {when}.")
        return
    output.say(
        f"Without new activity it becomes {forecast['band'] or 'a lead without band'} "
        f"({plain(forecast['score'])}) {when}: {because(forecast['changes'])}"
    )
    earlier = forecast["earlier_changes"]
    if earlier:
        output.say(
            "  before that: "
            + "; ".join(
                f"{change['date']} {plain(change['score'])} ({because(change['changes'])})"
                for change in earlier[-3:]
            )
        )


def _print_steps(output: Output, result: Mapping[str, Any]) -> None:
    following = result["next_band"]
    if following is None:
        aim = f"is no longer {result['score_status'].replace('_', ' ')}"
    else:
        missing = following["points_missing"]
        more = "" if missing is None else f" ({plain(missing)} more)"
        aim = f"becomes {following['band']}{more} or better"
    reaching = [step for step in result["steps"] if step["reaches_next_band"]]
    others = [step for step in result["steps"] if not step["reaches_next_band"]]
    if reaching:
        _print_step_table(output, f"One step by which it {aim}", reaching)
    else:
        output.say(
            f"No single step (up to {MOST_EVENTS} events of one kind, or one attribute) by which "
            f"it {aim}."
        )
    if others:
        _print_step_table(output, "Steps that add points", others[:_SHOWN])
        if len(others) > _SHOWN:
            output.say(f"… and {len(others) - _SHOWN} more with --json")
    if result["not_proposed"]:
        output.table(
            "Points that no single step brings",
            ("what", "points", "why"),
            [
                (each["name"], signed(each["points"]), each["reason"])
                for each in result["not_proposed"]
            ],
            right=("points",),
        )


def _print_step_table(output: Output, title: str, steps: Sequence[Mapping[str, Any]]) -> None:
    output.table(
        title,
        ("step", "gain", "score", "band", "because"),
        [
            (
                step_words(step),
                signed(step["gain"]),
                step["score"],
                step["band"],
                because(step["changes"]),
            )
            for step in steps
        ],
        right=("gain",),
    )


def step_words(step: Mapping[str, Any]) -> str:
    """A step as people say it.

    Args:
        step: a row of `steps`.
    """
    if step["kind"] == "attribute":
        now = step["current_value"]
        return f"{step['attribute']}: {'not known' if now is None else now} -> {step['value']}"
    held: dict[str, dict[str, None]] = {}
    for properties in step["event_properties"]:
        for name, value in properties.items():
            held.setdefault(name, {})[value] = None
    said = "; ".join(f"{name} {', '.join(values)}" for name, values in sorted(held.items()))
    return f"{step['event_count']} x {step['event_name']}" + (f" ({said})" if said else "")


def because(changes: Sequence[Mapping[str, Any]]) -> str:
    """Why a score changes, as people say it.

    Args:
        changes: the lines of the ledger that do: `name`, `change`.
    """
    return "; ".join(f"{change['name']} ({signed(change['change'])})" for change in changes)
