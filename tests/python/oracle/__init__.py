"""An independent lead scorer, written from the scoring contract and not from the project's SQL.

It is slow, small and plain on purpose: its results are what the dbt project is compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import cells, outputs, policy
from .backtest import BACKTEST_SCORES, Backtest
from .cells import MICROS_PER_DAY, Table, time
from .evaluation import Moment
from .raw import DEFAULT_MISSING_VALUES, stage

__all__ = ["TABLES", "Table", "cells", "policy_errors", "score"]

# The tables that score() returns, with their columns.
TABLES = {
    "scored_leads": outputs.SCORED_LEADS,
    "scored_leads_draft": outputs.SCORED_LEADS,
    "contributions": outputs.CONTRIBUTIONS,
    "contributions_draft": outputs.CONTRIBUTIONS,
    "scored_accounts": outputs.SCORED_ACCOUNTS,
    "backtest_scores": BACKTEST_SCORES,
    "rejected_rows": outputs.REJECTED_ROWS,
    "policy_errors": outputs.POLICY_ERRORS,
}

RawTable = Sequence[Mapping[str, str | None]]


def policy_errors(
    files: Mapping[str, RawTable | None], config: Mapping[str, object]
) -> list[policy.PolicyError]:
    """Return the errors of a policy.

    Arguments: the policy files by name without `.csv` (None: missing), and the config of a case.
    """
    return policy.check(files, config["lead_attributes"], config["event_properties"])


def score(
    raw: Mapping[str, RawTable | None],
    files: Mapping[str, RawTable | None],
    config: Mapping[str, object],
) -> dict[str, list[dict[str, str]]]:
    """Score all leads, or name the errors of the policy.

    Arguments:
        raw: `leads`, `events`, `outcomes` and `identities`, each a list of dicts of text cells.
        files: the policy files by name without `.csv`, each a list of dicts of text cells or None.
        config: as in `config.json` of the golden cases.

    Returns the tables of TABLES as lists of dicts of text: null is the empty text, decimals have no
    trailing zeros. With errors in the policy every table but `policy_errors` is empty.
    """
    tables: dict[str, list[dict[str, str]]] = {name: [] for name in TABLES}
    errors = policy_errors(files, config)
    if errors:
        named = sorted({(error.file, error.row_id, error.column_name) for error in errors})
        tables["policy_errors"] = [
            dict(zip(outputs.POLICY_ERRORS, error, strict=True)) for error in named
        ]
        return tables
    scored_at = time(config["as_of"])
    staged = stage(
        raw.get("leads") or [],
        raw.get("events") or [],
        (raw.get("outcomes") or []) if config.get("has_outcomes", True) else [],
        (raw.get("identities") or []) if config.get("has_identities", True) else [],
        as_of=scored_at,
        attributes=config["lead_attributes"],
        properties=config["event_properties"],
        missing_values=config.get("missing_values", DEFAULT_MISSING_VALUES),
        moment_column=config.get("backtest_moment_column"),
    )
    tables["rejected_rows"] = [
        dict(zip(outputs.REJECTED_ROWS, rejected, strict=True))
        for rejected in sorted(staged.rejected)
    ]
    converting = config.get("conversion_outcomes", ["won"])
    now = Moment(staged, scored_at, converting)
    earlier = Moment(staged, scored_at - config.get("trend_days", 7) * MICROS_PER_DAY, converting)
    backtest = None
    if config.get("backtest", True) and config.get("has_outcomes", True):
        backtest = Backtest(
            staged,
            scored_at,
            days=None if config.get("backtest_moment_column") else config.get("backtest_days", 14),
            window_days=config.get("backtest_window_days", 90),
            converting=converting,
        )
    for scorecard in sorted(policy.read(files), key=lambda card: card.scorecard_id):
        leads, ledger, accounts = outputs.scorecard_tables(scorecard, now, earlier)
        suffix = "_draft" if scorecard.status == "draft" else ""
        tables[f"scored_leads{suffix}"] += leads
        tables[f"contributions{suffix}"] += ledger
        if backtest:
            tables["backtest_scores"] += backtest.rows(scorecard)
        if not suffix:
            tables["scored_accounts"] += accounts
    return tables
