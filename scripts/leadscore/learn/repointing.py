"""New points for the criteria of an existing scorecard."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
from sklearn.linear_model import LogisticRegression

from leadscore.learn.drafts import Draft, PolicyFile, Row, band_rows, scorecard_row
from leadscore.learn.facts import Facts, Split
from leadscore.learn.fitting import LEAST_EVIDENCE, evidence
from leadscore.learn.proposing import Proposal, Told, judge, logistic
from leadscore.warehouse import Warehouse

# How strongly weights are drawn to the present points, as scikit-learn counts it.
_RIDGE = 0.1


@dataclass
class Repointed:
    """A scorecard with new points.

    Args:
        rows: its criteria as they stand in the policy file.
        points: the new points, keyed by criterion id; those not named keep theirs.
        told: what the earlier part says of each criterion that was met, keyed by id.
        proposal: its scores and how they do.
    """

    rows: list[Row]
    points: dict[str, int]
    told: dict[str, Told]
    proposal: Proposal


def repoint(
    warehouse: Warehouse,
    rows: list[Row],
    scorecard_id: str,
    facts: Facts,
    keys: np.ndarray,
    parts: Split,
) -> Repointed:
    """Fits the points of a scorecard, drawn towards those that it has.

    Args:
        warehouse: an open warehouse.
        rows: the scorecard's criteria in the policy file.
        scorecard_id: the scorecard.
        facts: the cases.
        keys: the key of each lead.
        parts: which cases are fitted on.
    """
    ids, met, times = _multiples(warehouse, rows, scorecard_id, facts, keys)
    disqualified = _disqualified(warehouse, scorecard_id, keys)
    old = np.array([float(_number(rows, name)) for name in ids])
    earlier = ~parts.is_later
    converted = facts.converted[earlier]
    proposal = Proposal([], np.zeros(facts.count), np.zeros(facts.count))
    points: dict[str, int] = {}
    if ids and np.abs(old).sum() > 0:
        weights = _weights(times[earlier], met[earlier], old, converted)
        total = np.abs(weights).sum()
        # As large on the whole as they are today, so that people find their way.
        scaled = weights * (np.abs(old).sum() / total) if total else weights
        new = np.sign(scaled) * np.floor(np.abs(scaled) + 0.5)
        points = {name: int(number) for name, number in zip(ids, new, strict=True)}
        parts_of = np.floor(np.abs(times * new) * 100 + 0.5) / 100 * np.sign(times * new)
        is_fit = np.array([_row(rows, name)["dimension"].lower() == "fit" for name in ids])
        proposal.scores = np.where(disqualified, 0.0, parts_of.sum(axis=1))
        proposal.fit_scores = parts_of[:, is_fit].sum(axis=1)
    told = {name: Told.of(met[earlier][:, number], converted) for number, name in enumerate(ids)}
    reference = logistic(times, facts.converted, parts) if ids else None
    proposal.judgement = judge(facts, parts, proposal.scores, reference)
    return Repointed(rows, points, told, proposal)


def _weights(
    times: np.ndarray, met: np.ndarray, old: np.ndarray, converted: np.ndarray
) -> np.ndarray:
    """What each criterion adds to the log odds; 0 where that would contradict its own evidence."""
    total = times @ old
    spread = float(total.std()) or 1.0
    told = evidence(met, converted)
    allowed = np.ones(len(old), dtype=bool)
    while True:
        inputs = np.column_stack([total / spread * 100, times * allowed])
        model = LogisticRegression(C=_RIDGE, max_iter=500)
        model.fit(inputs, converted)
        common = max(float(model.coef_[0][0]) * 100, 0.0) / spread
        weights = (common * old + model.coef_[0][1:]) * allowed
        sign = np.where(np.abs(told.z) >= LEAST_EVIDENCE, np.sign(told.z), np.sign(old))
        wrong = allowed & (weights * sign < 0)
        if not wrong.any():
            return weights
        allowed &= ~wrong


def _multiples(
    warehouse: Warehouse, rows: list[Row], scorecard_id: str, facts: Facts, keys: np.ndarray
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Ids of criteria that give points, who met each, and how many times its points it gave."""
    scorecards = warehouse.model("int_policy__scorecards")
    entries = warehouse.rows(
        "select criteria.criterion_id, entries.lead_key, entries.points,"
        " criteria.points as criterion_points"
        f" from {warehouse.model('int_backtest__entries')} as entries"
        f" inner join {warehouse.model('int_policy__criteria')} as criteria"
        " on entries.criterion_key = criteria.criterion_key"
        f" inner join {scorecards} as scorecards"
        " on entries.scorecard_key = scorecards.scorecard_key"
        f" where scorecards.scorecard_id = {warehouse.text(scorecard_id)}"
    )
    named = {row["criterion_id"] for row in rows if _gives_points(row)}
    ids = sorted({row["criterion_id"] for row in entries} & named)
    place = {int(key): number for number, key in enumerate(keys)}
    column = {name: number for number, name in enumerate(ids)}
    met = np.zeros((facts.count, len(ids)), dtype=bool)
    times = np.zeros((facts.count, len(ids)))
    for row in entries:
        if row["lead_key"] in place and row["criterion_id"] in column:
            at = place[row["lead_key"]], column[row["criterion_id"]]
            met[at] = True
            times[at] = float(row["points"] / row["criterion_points"])
    return ids, met, times


def _disqualified(warehouse: Warehouse, scorecard_id: str, keys: np.ndarray) -> np.ndarray:
    rows = warehouse.rows(
        "select leads.lead_key"
        f" from {warehouse.model('backtest_scores')} as scores"
        f" inner join {warehouse.model('int_facts__leads')} as leads"
        " on scores.lead_id = leads.lead_id"
        f" where scores.scorecard_id = {warehouse.text(scorecard_id)}"
        " and scores.score_status = 'disqualified'"
    )
    return np.isin(keys, [row["lead_key"] for row in rows])


def repointed_draft(
    draft_id: str,
    made: Repointed,
    live: Row,
    groups: list[Row],
    bands: dict[str, list[tuple[str, float]]] | None,
) -> Draft:
    """The scorecard with its new points as a draft; limits are left out, since points are no more
    what they were made for.

    Args:
        draft_id: the id of the draft.
        made: the new points.
        live: the row of the scorecard.
        groups: its groups.
        bands: by scope its bands from the top with their share of the leads.
    """
    renamed = {row["criterion_id"]: f"{_stem(draft_id)}_{row['criterion_id']}" for row in made.rows}

    def names(cell: str) -> str:
        return "|".join(renamed.get(part.strip(), part.strip()) for part in cell.split("|") if part)

    criteria = []
    for row in made.rows:
        new = {
            **row,
            "criterion_id": renamed[row["criterion_id"]],
            "scorecard_id": draft_id,
            "requires": names(row.get("requires", "")),
            "unless": names(row.get("unless", "")),
        }
        points = made.points.get(row["criterion_id"])
        if points is not None:
            told = made.told[row["criterion_id"]]
            new["notes"] = f"{told} Now {row['points']}."
            if points and row.get("max_points"):
                ratio = abs(points) / abs(Decimal(row["points"]))
                new["max_points"] = _plain(
                    (Decimal(row["max_points"]) * ratio).quantize(Decimal("0.01"), ROUND_HALF_UP)
                )
            new["points"] = str(points)
            if not points:
                new["is_active"] = "false"
        elif _gives_points(row):
            new["notes"] = "Met by no lead of the back-test; points as they were."
        criteria.append(new)
    used = {row["group_id"] for row in criteria if row.get("group_id")}
    return Draft(
        draft_id,
        {
            "scorecards": [scorecard_row(draft_id, live, made.proposal)],
            "criteria": criteria,
            "groups": [
                {**row, "scorecard_id": draft_id, "min_points": "", "max_points": ""}
                for row in groups
                if row["group_id"] in used
            ],
            "bands": band_rows(draft_id, made.proposal.scores, made.proposal.fit_scores, bands),
        },
    )


def criteria_of(file: PolicyFile, scorecard_id: str) -> list[Row]:
    """The criteria of a scorecard in the policy file."""
    return [row for row in file.rows if row["scorecard_id"] == scorecard_id]


def _gives_points(row: Row) -> bool:
    """Whether a criterion gives points, and not 0."""
    return (row.get("effect", "").lower() or "points") == "points" and bool(
        row["points"] and Decimal(row["points"])
    )


def _row(rows: list[Row], criterion_id: str) -> Row:
    return next(row for row in rows if row["criterion_id"] == criterion_id)


def _number(rows: list[Row], criterion_id: str) -> Decimal:
    return Decimal(_row(rows, criterion_id)["points"])


def _stem(draft_id: str) -> str:
    return "".join(
        letter if letter.isalnum() and letter.isascii() else "_" for letter in draft_id.lower()
    )


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
