"""`leadscore learn`: proposes points by what became of leads, as a draft."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, count
from leadscore.project import PACKAGE, Project
from leadscore.run import prepared
from leadscore.run_lock import alone
from leadscore.warehouse import Warehouse

if TYPE_CHECKING:
    from leadscore.learn.drafts import Draft, Row
    from leadscore.learn.facts import Facts, Split
    from leadscore.learn.proposing import Judgement

_ORDER = ("scorecards", "criteria", "groups", "dimensions", "bands", "actions")


@dataclass(frozen=True)
class LearnOptions:
    """What to learn.

    Args:
        scorecard: the scorecard whose points are learned, or, with `new`, whose leads the new one
            scores and which it is compared with; None for all leads and no comparison.
        new: the id of a scorecard to draft from attributes and events; None for new points.
        draft_id: the id of the draft with new points; None for that of the scorecard with
            `_learned` behind it.
        max_criteria: how many criteria a new scorecard has at most.
        test_share: which part of the leads judges, above 0 and below 1.
        write: put the draft into the policy files.
        replace: a draft of the same id may be written over.
    """

    scorecard: str | None
    new: str | None = None
    draft_id: str | None = None
    max_criteria: int = 20
    test_share: float = 0.3
    write: bool = False
    replace: bool = False


def learn(project: Project, output: Output, options: LearnOptions) -> dict[str, Any]:
    """Learns, judges, prints what came of it, and writes a draft if asked to.

    Args:
        project: the project to learn for.
        output: where to print.
        options: what to learn.

    Returns:
        The result for `--json`; its `exit_code` is NO_SIGNAL where nothing is proposed.

    Raises:
        LeadscoreError: the options make no sense, there is no back-test, or an id is taken.
    """
    _require_libraries()
    _check(options)
    with alone(project, output, "learn"):
        return _learn(project, output, options)


def _require_libraries() -> None:
    try:
        import scipy  # noqa: F401
        import sklearn  # noqa: F401
    except ImportError as error:
        raise LeadscoreError(
            f"What learning needs is not installed ({error.name}).",
            remedy="In the project's folder run: make env   Elsewhere: "
            f"pip install '{PACKAGE}[learn]'",
        ) from error


def _check(options: LearnOptions) -> None:
    """Makes sure that the options go together."""

    def refuse(what: str, remedy: str) -> None:
        raise LeadscoreError(what, remedy=remedy, code=ExitCode.USAGE)

    if options.scorecard is None and options.new is None:
        refuse(
            "It is not said what to learn.",
            "Name a scorecard for new points, or --new ID for a new scorecard.",
        )
    if options.new is not None and options.draft_id is not None:
        refuse(
            "--draft-id is for new points of a scorecard.", "Leave it out: --new names the draft."
        )
    if options.max_criteria < 1:
        refuse("A scorecard needs a criterion.", "Give --max-criteria a number from 1.")
    if not 0 < options.test_share < 1:
        refuse(
            f"{options.test_share} is no part of the leads.",
            "Give --test-share a number above 0 and below 1, such as 0.3.",
        )


def _learn(project: Project, output: Output, options: LearnOptions) -> dict[str, Any]:
    from leadscore.learn import drafts, proposing, reading, repointing
    from leadscore.learn.facts import split

    warehouse = Warehouse(prepared(project, output, {}))
    folder = project.policy_folder
    draft_id = options.new or options.draft_id or f"{options.scorecard}_learned"
    drafts.check_target(folder, draft_id, options.replace or not options.write)
    files = {name: drafts.PolicyFile.read(folder / f"{name}.csv") for name in _ORDER}
    live = _scorecard(files["scorecards"].rows, options.scorecard, folder)
    with output.busy("Learning"), warehouse.open():
        facts, keys = reading.read_cases(warehouse, options.scorecard)
        shortage = _shortage(facts, options.test_share)
        if shortage:
            return _nothing(output, shortage, None)
        parts = split(facts, options.test_share)
        bands = (
            None if live is None else _bands(warehouse, live["scorecard_id"], files["bands"].rows)
        )
        if options.new is not None:
            reading.read_attributes(warehouse, facts, keys)
            reading.read_measures(warehouse, facts, keys)
            proposal = proposing.propose(facts, parts, options.max_criteria)
            draft = drafts.new_draft(draft_id, proposal, live, bands)
        else:
            made = repointing.repoint(
                warehouse,
                repointing.criteria_of(files["criteria"], options.scorecard or ""),
                options.scorecard or "",
                facts,
                keys,
                parts,
            )
            proposal = made.proposal
            groups = [
                row for row in files["groups"].rows if row["scorecard_id"] == options.scorecard
            ]
            draft = repointing.repointed_draft(draft_id, made, live or {}, groups, bands)
        if live is not None and bands:
            # The bands are named as the live ones, so what sales does with each of them goes on.
            draft.rows["actions"] = [
                {**row, "scorecard_id": draft_id}
                for row in files["actions"].rows
                if row["scorecard_id"] == live["scorecard_id"]
            ]
    judgement = proposal.judgement
    _print_judgement(output, judgement, facts, parts)
    if not judgement.is_worth_proposing:
        return _nothing(output, _REASONS[judgement.verdict], judgement)
    output.say(_VERDICTS[judgement.verdict])
    output.say()
    written: list[Path] = []
    if options.write:
        written = drafts.write_draft(folder, draft)
        output.say(
            f"Wrote the draft {draft_id}: {count(len(draft.rows['criteria']), 'row')} of "
            "criteria.csv."
        )
        output.say(f"To shadow the live scorecards with it: {command('run')}")
    else:
        _print_rows(output, draft, files)
        output.say(f"Nothing was written; add --write to make this the draft {draft_id}.")
    return {
        "ok": True,
        "exit_code": int(ExitCode.OK),
        "verdict": judgement.verdict,
        "draft": draft.scorecard_id,
        "judgement": judgement.as_json(),
        "rows": draft.rows,
        "written": [path.name for path in written],
        "judged": list(facts.lead_ids[parts.is_later]),
        "scores": {
            lead_id: round(float(score), 2)
            for lead_id, score in zip(facts.lead_ids, proposal.scores, strict=True)
        },
    }


_REASONS = {
    "no_signal": "No signal: on the later leads nothing can be told from shuffled outcomes.",
    "worse": "The live scorecard does better on the later leads.",
}
_VERDICTS = {
    "signal": "Verdict: the proposal tells who converts.",
    "better": "Verdict: the proposal does better than the live scorecard.",
    "alike": "Verdict: the proposal tells who converts; that it does better than the live "
    "scorecard is not shown.",
}


def _scorecard(rows: list[Row], scorecard_id: str | None, folder: Path) -> Row | None:
    """The row of a scorecard.

    Raises:
        LeadscoreError: there is none of that id.
    """
    if scorecard_id is None:
        return None
    for row in rows:
        if row["scorecard_id"] == scorecard_id:
            return row
    known = ", ".join(row["scorecard_id"] for row in rows)
    raise LeadscoreError(
        f"There is no scorecard {scorecard_id}.",
        where=str(folder / "scorecards.csv"),
        remedy=f"Use one of: {known or 'none is there'}.",
        code=ExitCode.NOT_FOUND,
    )


def _shortage(facts: Facts, share: float) -> str | None:
    """What there is too little of to learn from; None where there is enough."""
    from leadscore.learn.facts import split
    from leadscore.learn.proposing import LEAST_EARLIER, LEAST_LATER

    won = int(facts.converted.sum())
    lost = facts.count - won
    needed = LEAST_EARLIER + LEAST_LATER
    what = f"{count(won, 'conversion')} among {count(facts.count, 'lead')} of the back-test"
    if min(won, lost) < needed:
        return (
            f"Too little to learn from: {what}; at least {needed} who converted and {needed} who "
            "did not are needed."
        )
    later = split(facts, share).is_later
    for part, least, name in (
        (~later, LEAST_EARLIER, "fitted on"),
        (later, LEAST_LATER, "kept aside"),
    ):
        hits = int(facts.converted[part].sum())
        if min(hits, int(part.sum()) - hits) < least:
            return (
                f"Too little to learn from: of the leads {name} {hits} converted and "
                f"{int(part.sum()) - hits} did not; at least {least} of each are needed. "
                "Another --test-share may part them better."
            )
    return None


def _bands(
    warehouse: Warehouse, scorecard_id: str, rows: list[Row]
) -> dict[str, list[tuple[str, float]]] | None:
    """By scope the bands of a scorecard from the top, with their share of its back-tested leads."""
    from decimal import Decimal

    columns = {"total": "band", "fit": "fit_band", "engagement": "engagement_band"}
    found: dict[str, list[tuple[str, float]]] = {}
    for scope, column in columns.items():
        bands = [
            row
            for row in rows
            if row["scorecard_id"] == scorecard_id and row["scope"].lower() == scope
        ]
        if not bands:
            continue
        bands.sort(
            key=lambda row: (
                Decimal(row["min_points"]) if row["min_points"] else Decimal("-Infinity")
            ),
            reverse=True,
        )
        counts = {
            row["band"]: row["leads"]
            for row in warehouse.rows(
                f"select {column} as band, count(*) as leads"
                f" from {warehouse.model('backtest_scores')}"
                f" where scorecard_id = {warehouse.text(scorecard_id)}"
                " and exclusion_reason is null and score_status = 'scored'"
                f" group by {column}"
            )
        }
        total = sum(counts.values()) or 1
        found[scope] = [(row["band"], counts.get(row["band"], 0) / total) for row in bands]
    return found or None


def _print_judgement(output: Output, judged: Judgement, facts: Facts, parts: Split) -> None:
    if parts.by_time:
        how = f"moments before {str(parts.cut)[:19].replace('T', ' ')}"
    else:
        how = "a part of the accounts, since all leads have one moment"
    output.say(
        f"Fitted on {count(judged.earlier, 'lead')} with "
        f"{count(judged.earlier_conversions, 'conversion')} ({how}), judged by "
        f"{count(judged.later, 'lead')} with {judged.later_conversions:,}."
    )
    rows = [
        ("live scorecard", judged.live, judged.live_lift),
        ("proposed scorecard", judged.proposed, judged.proposed_lift),
        ("logistic regression", judged.logistic, None),
        ("proposed less live", judged.gain, None),
    ]
    output.table(
        "",
        ("on the later leads", "AUC (95 % interval)", "lift at 20 %"),
        [
            (name, str(area), "" if lifted is None else str(lifted))
            for name, area, lifted in rows
            if area is not None
        ],
    )
    output.say(f"Shuffled outcomes would do as well in {judged.chance * 100:.3g} % of cases.")


def _print_rows(output: Output, draft: Draft, files: dict[str, Any]) -> None:
    """The rows as they would stand in the policy files."""
    from leadscore.learn.drafts import as_csv

    for name in _ORDER:
        if draft.rows.get(name):
            output.say(f"{name}.csv")
            output.say(as_csv(files[name].columns, draft.rows[name], header=True))


def _nothing(output: Output, reason: str, judgement: Judgement | None) -> dict[str, Any]:
    """The result where nothing is proposed."""
    output.say(f"{reason} Nothing is proposed.")
    return {
        "ok": False,
        "exit_code": int(ExitCode.NO_SIGNAL),
        "verdict": judgement.verdict if judgement else "too_little",
        "reason": reason,
        "judgement": judgement.as_json() if judgement else None,
        "rows": {},
        "written": [],
    }
