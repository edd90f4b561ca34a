"""A proposal as rows of the policy files, and writing them with a small diff."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from leadscore.atomic_file import replacing
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.learn.proposing import Criterion, Proposal

Row = dict[str, str]
# Bands of a draft without a live scorecard, from the top, with their share of the leads.
_BANDS = (("hot", 0.1), ("warm", 0.2), ("cool", 0.3), ("cold", 0.4))


@dataclass
class PolicyFile:
    """A policy CSV, of which lines may be added and taken away without touching the others.

    Args:
        path: the file.
    """

    path: Path
    text: str = ""
    columns: list[str] = field(default_factory=list)
    # Each row with the lines that it stands on.
    spans: list[tuple[int, int, Row]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> PolicyFile:
        """Reads a file that `check_policy_files` has found nothing wrong with.

        Raises:
            LeadscoreError: it is not there.
        """
        if not path.is_file():
            raise LeadscoreError(
                "A policy file is missing.",
                where=str(path),
                remedy="Restore it; without rows its header line is enough.",
                code=ExitCode.POLICY,
            )
        made = cls(path, path.read_bytes().decode("utf-8-sig"))
        made.lines = io.StringIO(made.text, newline="").readlines()
        reader = csv.reader(made.lines)
        begins = 0
        for cells in reader:
            ends = reader.line_num
            if any(cell.strip() for cell in cells):
                if not made.columns:
                    made.columns = [cell.strip() for cell in cells]
                else:
                    row = {
                        column.lower(): cell.strip()
                        for column, cell in zip(made.columns, cells, strict=True)
                    }
                    made.spans.append((begins, ends, row))
            begins = ends
        return made

    @property
    def rows(self) -> list[Row]:
        """The rows, keyed by lower-case column."""
        return [row for _, _, row in self.spans]

    def with_rows(self, scorecard_id: str, rows: Sequence[Mapping[str, str]]) -> bytes:
        """The file without the rows of a scorecard and with others at its end.

        Args:
            scorecard_id: the scorecard whose rows go.
            rows: what is added; columns that the file lacks are left out.
        """
        gone = {
            line
            for begins, ends, row in self.spans
            if row.get("scorecard_id") == scorecard_id
            for line in range(begins, ends)
        }
        kept = [line for number, line in enumerate(self.lines) if number not in gone]
        end = "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"
        if kept and not kept[-1].endswith(("\n", "\r")):
            kept[-1] += end
        mark = b"\xef\xbb\xbf" if self.path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
        return mark + ("".join(kept) + as_csv(self.columns, rows, end)).encode("utf-8")


def as_csv(
    columns: Sequence[str], rows: Sequence[Mapping[str, str]], end: str = "\n", header: bool = False
) -> str:
    """Rows as lines of CSV.

    Args:
        columns: the columns in their order.
        rows: keyed by lower-case column; an absent cell is empty.
        end: the end of a line.
        header: whether the first line names the columns.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=end)
    if header:
        writer.writerow(columns)
    writer.writerows([row.get(column.lower(), "") for column in columns] for row in rows)
    return written.getvalue()


@dataclass
class Draft:
    """A draft scorecard as rows of the policy files.

    Args:
        scorecard_id: its id.
        rows: the rows, keyed by the name of the file.
    """

    scorecard_id: str
    rows: dict[str, list[Row]]


def new_draft(
    scorecard_id: str,
    proposal: Proposal,
    live: Row | None,
    bands: Mapping[str, Sequence[tuple[str, float]]] | None,
) -> Draft:
    """A draft made of learned criteria.

    Args:
        scorecard_id: its id.
        proposal: what was learned.
        live: the row of the scorecard whose leads it scores; None for all leads.
        bands: by scope the bands of the live scorecard from the top with their share of the leads;
            None for bands of its own.
    """
    taken: set[str] = set()
    criteria = [_criterion_row(scorecard_id, criterion, taken) for criterion in proposal.criteria]
    return Draft(
        scorecard_id,
        {
            "scorecards": [scorecard_row(scorecard_id, live, proposal)],
            "criteria": criteria,
            "bands": band_rows(scorecard_id, proposal.scores, proposal.fit_scores, bands),
        },
    )


def scorecard_row(scorecard_id: str, live: Row | None, proposal: Proposal) -> Row:
    """The row of a draft in scorecards.csv: the audience and rollup of the live one, no limits."""
    judged = proposal.judgement
    row = {
        name: (live or {}).get(name, "")
        for name in ("audience_field", "audience_operator", "audience_value", "account_rollup")
    }
    name = f"{live.get('name') or live['scorecard_id']} (learned)" if live else scorecard_id
    return {
        **row,
        "scorecard_id": scorecard_id,
        "name": name,
        "status": "draft",
        "notes": f"Learned from {judged.earlier} leads with {judged.earlier_conversions} "
        f"conversions; AUC {judged.proposed} on {judged.later} others.",
    }


def _criterion_row(scorecard_id: str, criterion: Criterion, taken: set[str]) -> Row:
    condition = criterion.condition
    stem = _slug(f"{scorecard_id}_{condition.name}")[:60].strip("_")
    criterion_id, number = stem, 1
    while criterion_id in taken:
        number += 1
        criterion_id = f"{stem}_{number}"
    taken.add(criterion_id)
    measure = "" if condition.measure == "count" else condition.measure
    return {
        "criterion_id": criterion_id,
        "scorecard_id": scorecard_id,
        "dimension": "fit" if condition.signal == "attribute" else "engagement",
        "name": condition.name,
        "signal": condition.signal,
        "field": condition.field,
        "property": condition.property,
        "operator": condition.operator,
        "value": condition.value,
        "measure": measure,
        "measure_field": condition.measure_field,
        "at_least": condition.at_least,
        "at_most": condition.at_most,
        "window_days": condition.window_days,
        "points": str(criterion.points),
        "notes": str(criterion.told),
    }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "criterion"


def band_rows(
    scorecard_id: str,
    scores: np.ndarray,
    fit_scores: np.ndarray,
    bands: Mapping[str, Sequence[tuple[str, float]]] | None,
) -> list[Row]:
    """Bands that hold about the same share of leads as those that they are named after.

    Args:
        scorecard_id: the draft.
        scores: its score per case.
        fit_scores: that of its criteria on attributes.
        bands: by scope the bands from the top with their share of the leads.
    """
    by_scope = {"total": scores, "fit": fit_scores, "engagement": scores - fit_scores}
    rows = []
    for scope, wanted in (bands or {"total": _BANDS}).items():
        rows += [
            {
                "scorecard_id": scorecard_id,
                "scope": scope,
                "band": band,
                "min_points": "" if least is None else str(least),
            }
            for band, least in _thresholds(by_scope[scope], wanted)
        ]
    return rows


def _thresholds(
    scores: np.ndarray, wanted: Sequence[tuple[str, float]]
) -> list[tuple[str, int | None]]:
    """Where each band begins: whole points, falling; None for the lowest.

    A band that ties leave nobody for begins a point below the one above it.
    """
    ordered = np.sort(scores)[::-1]
    found: list[tuple[str, int | None]] = []
    share = 0.0
    above: int | None = None
    for band, part in wanted[:-1]:
        share += part
        place = min(max(round(share * len(ordered)) - 1, 0), len(ordered) - 1)
        least = int(np.ceil(ordered[place]))
        if above is not None and least >= above:
            least = above - 1
        found.append((band, least))
        above = least
    found.append((wanted[-1][0], None))
    return found


def check_target(folder: Path, scorecard_id: str, replace: bool) -> None:
    """Makes sure that a draft of that id may be written.

    Args:
        folder: the policy files.
        scorecard_id: the id of the draft.
        replace: whether a draft of the same id may go.

    Raises:
        LeadscoreError: the id is that of a scorecard that is not a draft, or of a draft that is not
            to be replaced, or no id.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", scorecard_id):
        raise LeadscoreError(
            f"{scorecard_id!r} is no id for a draft.",
            remedy="Write letters, digits, and any of _ . -",
            code=ExitCode.USAGE,
        )
    for row in PolicyFile.read(folder / "scorecards.csv").rows:
        if row["scorecard_id"] != scorecard_id:
            continue
        status = row.get("status", "").lower() or "live"
        if status != "draft":
            raise LeadscoreError(
                f"The scorecard {scorecard_id} is {status}; only drafts are written.",
                where=str(folder / "scorecards.csv"),
                remedy="Give the draft another id: --new ID, or --draft-id ID.",
                code=ExitCode.USAGE,
            )
        if not replace:
            raise LeadscoreError(
                f"There is a draft {scorecard_id} already.",
                where=str(folder / "scorecards.csv"),
                remedy="Add --replace to write over it, or give the new one another id.",
                code=ExitCode.USAGE,
            )


def write_draft(folder: Path, draft: Draft) -> list[Path]:
    """Puts a draft at the end of the policy files; rows of the same draft go, all others stay.

    Args:
        folder: the policy files.
        draft: the draft.

    Returns:
        The files that have changed.
    """
    written = []
    for path in sorted(folder.glob("*.csv")):
        file = PolicyFile.read(path)
        if "scorecard_id" not in [column.lower() for column in file.columns]:
            continue
        content = file.with_rows(draft.scorecard_id, draft.rows.get(path.stem, []))
        if content != path.read_bytes():
            with replacing(path, path.stat().st_mode & 0o777) as place:
                place.write_bytes(content)
            written.append(path)
    return written
