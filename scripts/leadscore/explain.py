"""`leadscore explain`: why a lead has its score, line by line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from leadscore.dbt import Dbt
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command, count, plain
from leadscore.project import Project
from leadscore.warehouse import Warehouse

_DIMENSIONS = {"fit": 0, "engagement": 1}
_STAGES = {"criterion": 0, "group_limit": 1, "dimension_limit": 2}
_REASONS = {
    "missing_id": "its row has no lead id",
    "duplicate_id": "a newer row with the same id is used instead",
    "merged": "it was merged into another lead",
}


def explain(
    project: Project, output: Output, lead_id: str, scorecard_id: str | None, draft: bool
) -> dict[str, Any]:
    """Prints the ledger of one lead, for each scorecard that scores it.

    Args:
        project: the project to read.
        output: where to print.
        lead_id: the lead.
        scorecard_id: only this scorecard; None for all.
        draft: read the draft scorecards instead of the live ones.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: the lead has no score, with the reason; or a ledger does not add up.
    """
    project.ensure_profile()
    warehouse = Warehouse(Dbt(project))
    with output.busy("Reading the ledger"), warehouse.open():
        scores = scores_of(warehouse, lead_id, scorecard_id, draft)
        ledgers = [_ledger(warehouse, score, draft) for score in scores]
    for score, ledger in zip(scores, ledgers, strict=True):
        _print_score(output, score)
        _print_ledger(output, score, ledger)
        output.say()
    for score, ledger in zip(scores, ledgers, strict=True):
        total = ledger[-1]["running_total"] if ledger else Decimal(0)
        if total != score["score"]:
            raise LeadscoreError(
                f"The lines of the ledger add up to {plain(total)}, not to the score "
                f"{plain(score['score'])}.",
                where=f"lead {lead_id}, scorecard {score['scorecard_id']}",
                remedy=f"Run: {command('run --full-refresh')}   If it stays so, it is a defect.",
            )
    return {
        "ok": True,
        "exit_code": 0,
        "lead_id": lead_id,
        "scorecards": [
            {**score, "ledger": ledger} for score, ledger in zip(scores, ledgers, strict=True)
        ],
    }


def _mart(name: str, draft: bool) -> str:
    return f"{name}_draft" if draft else name


def scores_of(
    warehouse: Warehouse, lead_id: str, scorecard_id: str | None, draft: bool
) -> list[dict[str, Any]]:
    """The rows of scored_leads for a lead, by scorecard.

    Args:
        warehouse: the warehouse, open.
        lead_id: the lead.
        scorecard_id: only this scorecard; None for all.
        draft: read the draft scorecards instead of the live ones.

    Raises:
        LeadscoreError: there is none.
    """
    name = _mart("scored_leads", draft)
    if not warehouse.has(name):
        raise LeadscoreError(
            "Nothing is scored yet.",
            where=warehouse.place,
            remedy=f"Run this first: {command('run')}",
            code=ExitCode.NOT_FOUND,
        )
    mart = warehouse.model(name)
    rows = warehouse.rows(
        f"select * from {mart} where lead_id = {warehouse.text(lead_id)} order by scorecard_id"
    )
    wanted = [row for row in rows if scorecard_id in (None, row["scorecard_id"])]
    if wanted:
        for row in wanted:
            row["ranked_leads"] = warehouse.rows(
                f"select count(score_rank) as ranked from {mart}"
                f" where scorecard_id = {warehouse.text(row['scorecard_id'])}"
            )[0]["ranked"]
        return wanted
    raise _absence(warehouse, lead_id, scorecard_id, draft, [row["scorecard_id"] for row in rows])


def _ledger(warehouse: Warehouse, score: dict[str, Any], draft: bool) -> list[dict[str, Any]]:
    """The lines of a ledger in the order in which they add up, with the running total."""
    name = _mart("lead_score_contributions", draft)
    lines = warehouse.rows(
        f"select * from {warehouse.model(name)}"
        f" where lead_id = {warehouse.text(score['lead_id'])}"
        f" and scorecard_id = {warehouse.text(score['scorecard_id'])}"
    )
    lines.sort(key=place_in_ledger)
    total = Decimal(0)
    for line in lines:
        total += line["points"]
        line["running_total"] = total
    return lines


def place_in_ledger(line: dict[str, Any]) -> tuple:
    """Base points, each dimension with its groups and limits, the total's limit, the status."""
    kind = line["entry_type"]
    if kind == "base":
        return (0,)
    if kind not in _STAGES:
        return (2, kind == "disqualification")
    return (
        1,
        _DIMENSIONS.get(line["dimension"], 2),
        kind == "dimension_limit",
        # Criteria without a group come after the groups.
        line["group_id"] is None,
        line["group_id"] or "",
        _STAGES[kind],
        -line["points"],
        line["criterion_id"] or "",
    )


def _print_score(output: Output, score: dict[str, Any]) -> None:
    """The lines above a ledger."""

    def say(label: str, *parts: str | None) -> None:
        shown = "; ".join(part for part in parts if part)
        if shown:
            output.say(f"  {label:<14}{shown}")

    account = f" of account {score['account_id']}" if score["account_id"] else ""
    output.say(f"Lead {score['lead_id']}{account} by scorecard {score['scorecard_id']}")
    say(
        "score",
        f"{plain(score['score'])} (fit {plain(score['fit_score'])}, "
        f"engagement {plain(score['engagement_score'])})",
        None if score["score_change"] is None else f"change {signed(score['score_change'])}",
    )
    say(
        "status",
        score["score_status"].replace("_", " "),
        score["disqualified_by"] and f"by {score['disqualified_by']}",
    )
    say(
        "band",
        score["band"],
        score["grade"] and f"grade {score['grade']}",
        score["fit_band"] and f"fit {score['fit_band']}",
        score["engagement_band"] and f"engagement {score['engagement_band']}",
    )
    if score["score_rank"] is not None:
        say(
            "rank",
            f"{score['score_rank']} of {count(score['ranked_leads'], 'lead')}",
            f"above {plain(score['score_percentile'])} % of the others",
        )
    hours = score["action_sla_hours"]
    say(
        "action",
        score["recommended_action"],
        None if hours is None else f"within {plain(hours)} h",
        score["action_team"] and f"by {score['action_team']}",
    )
    say("reasons", score["top_reasons"])
    say("drags", score["top_drags"])
    coverage = score["data_coverage"]
    say(
        "known", None if coverage is None else f"{plain(coverage * 100)} % of what the criteria ask"
    )
    if score["first_event_at"] is not None:
        say("events", f"{plain(score['first_event_at'])} to {plain(score['last_event_at'])}")
    say("outcome", score["latest_outcome"])
    say("scored at", f"{plain(score['scored_at'])} UTC", f"policy {score['policy_version']}")


def _print_ledger(output: Output, score: dict[str, Any], ledger: list[dict[str, Any]]) -> None:
    def group(line: dict[str, Any]) -> str | None:
        parts = [part for part in (line["dimension"], line["group_id"]) if part]
        return "/".join(parts) or None

    rows = [
        (
            line["name"] or line["entry_type"].replace("_", " "),
            signed(line["points"]),
            plain(line["running_total"]),
            group(line),
            None if line["measure_value"] is None else plain(line["measure_value"]),
            line["matched_value"],
            line["evidence_count"],
            line["first_evidence_at"],
            line["last_evidence_at"],
        )
        for line in ledger
    ]
    rows.append(("score", plain(score["score"]), plain(score["score"]), *[None] * 6))
    output.table(
        "",
        ("what", "points", "sum", "part of", "measure", "value", "evidence", "first", "last"),
        rows,
        right=("points", "sum", "measure"),
    )


def signed(number: Decimal) -> str:
    """Points as people write them: a plus before those that are given."""
    return f"+{plain(number)}" if number > 0 else plain(number)


def _absence(
    warehouse: Warehouse, lead_id: str, scorecard_id: str | None, draft: bool, scored_by: list[str]
) -> LeadscoreError:
    """Why a lead has no score, as far as the warehouse knows."""
    kind = "draft" if draft else "live"
    mart = warehouse.model(_mart("scored_leads", draft))
    if scorecard_id is not None:
        known = _names(warehouse, f"select distinct scorecard_id as name from {mart}")
        if scorecard_id not in known:
            other = _mart("scored_leads", not draft)
            elsewhere = warehouse.has(other) and scorecard_id in _names(
                warehouse, f"select distinct scorecard_id as name from {warehouse.model(other)}"
            )
            swap = "Leave out --draft." if draft else "Add --draft."
            return LeadscoreError(
                f"No {kind} scorecard {scorecard_id} has scored any lead.",
                where="--scorecard",
                remedy=swap if elsewhere else f"Use one of: {', '.join(known) or 'none is there'}.",
                code=ExitCode.NOT_FOUND,
            )
    if scored_by:
        return LeadscoreError(
            f"The lead {lead_id} is not in the audience of scorecard {scorecard_id}.",
            where=mart,
            remedy=f"It is scored by: {', '.join(scored_by)}.",
            code=ExitCode.NOT_FOUND,
        )
    other = _mart("scored_leads", not draft)
    if warehouse.has(other) and warehouse.rows(
        f"select lead_id from {warehouse.model(other)} where lead_id = {warehouse.text(lead_id)}"
    ):
        return LeadscoreError(
            f"No {kind} scorecard scores the lead {lead_id}: it is outside their audiences.",
            where=mart,
            remedy=f"{'Live' if draft else 'Draft'} scorecards do: "
            f"{'leave out' if draft else 'add'} --draft.",
            code=ExitCode.NOT_FOUND,
        )
    return _unknown_lead(warehouse, lead_id, kind)


def _unknown_lead(warehouse: Warehouse, lead_id: str, kind: str) -> LeadscoreError:
    """Why a lead is scored by no scorecard: merged, refused, outside every audience, unknown."""
    wanted = warehouse.text(lead_id)

    def error(what: str, remedy: str, where: str) -> LeadscoreError:
        return LeadscoreError(what, where=where, remedy=remedy, code=ExitCode.NOT_FOUND)

    if warehouse.has("int_identity__merges"):
        merges = warehouse.model("int_identity__merges")
        into = _names(
            warehouse, f"select lead_id as name from {merges} where merged_lead_id = {wanted}"
        )
        if into:
            return error(
                f"The lead {lead_id} was merged into {into[0]} and is not scored itself.",
                f"See {command('explain')} {into[0]}",
                merges,
            )
    if warehouse.has("stg_crm__leads"):
        leads = warehouse.model("stg_crm__leads")
        if warehouse.rows(f"select lead_id from {leads} where lead_id = {wanted}"):
            return error(
                f"The lead {lead_id} is known, but no {kind} scorecard scores it: it is outside "
                "their audiences, or it was created after the scoring moment.",
                "Compare its attributes with audience_field in scorecards.csv.",
                leads,
            )
        alike = _names(
            warehouse,
            f"select lead_id as name from {leads} where lower(lead_id) = lower({wanted})",
        )
        if alike:
            return error(
                f"There is no lead {lead_id}; ids are compared exactly, upper and lower case too.",
                f"See {command('explain')} {alike[0]}",
                leads,
            )
    if warehouse.has("rejected_rows"):
        rejected = warehouse.model("rejected_rows")
        reasons = _names(
            warehouse,
            f"select distinct reason as name from {rejected}"
            f" where source_name = 'leads' and row_id = {wanted}",
        )
        if reasons:
            why = _REASONS.get(reasons[0], reasons[0].replace("_", " "))
            return error(
                f"The lead {lead_id} was refused ({reasons[0]}): {why}.",
                f"Mend its row in the source, then run: {command('run')}",
                rejected,
            )
    return error(
        f"There is no lead {lead_id} among the leads that were read.",
        "Check the id; the marts hold those that are scored.",
        warehouse.model("scored_leads"),
    )


def _names(warehouse: Warehouse, sql: str) -> list[str]:
    return sorted(row["name"] for row in warehouse.rows(sql))
