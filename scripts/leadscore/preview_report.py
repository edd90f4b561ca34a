"""How a preview looks: as tables for people, and as Markdown for a pull request."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from leadscore.output import Output, count, plain

# A comment on a pull request holds 65,536 characters; what is cut off is counted.
_MOST_LINES = 40
_LONGEST_CELL = 200
_LONGEST_ID = 80
_CHANGES = {
    "added": "is new",
    "removed": "is gone",
    "retired": "is retired",
    "goes_live": "goes live",
    "becomes_draft": "becomes a draft",
}
_LIMITS = {
    "base": "Base points",
    "group_limit": "Limit of group {}",
    "dimension_limit": "Limit of {}",
    "score_limit": "Limit of the score",
    "disqualification": "Disqualified",
}
_MEASURES = {
    "auc": "AUC",
    "lift_10": "lift at 10 %",
    "lift_20": "lift at 20 %",
}
_VERDICTS = {
    "better": "better than before",
    "worse": "worse than before",
    "mixed": "better in one way and worse in another",
    "unsure": "no difference that can be told from chance",
    "no_evidence": "nothing to judge by: no lead, or every lead, converted",
}
_SIDES = {"better": "better", "worse": "worse", "unsure": "not told from chance"}


@dataclass
class Part:
    """A part of the report: sentences, then a table.

    Args:
        title: what it is about; empty for none.
        sentences: what is said above the table.
        columns: the headings of the table.
        rows: its cells; none: no table.
        right: the columns that hold numbers as text.
        is_folded: whether the table waits behind a click, where that can be.
        level: of the heading, 2 for that of a scorecard.
    """

    title: str = ""
    sentences: list[str] = field(default_factory=list)
    columns: Sequence[str] = ()
    rows: list[Sequence[Any]] = field(default_factory=list)
    right: Sequence[str] = ()
    is_folded: bool = False
    level: int = 3


def print_report(output: Output, result: dict[str, Any]) -> None:
    """Prints a preview for people.

    Args:
        output: where to.
        result: as `leadscore.preview.compare` gives it.
    """
    for part in parts(result):
        if part.title:
            output.say(part.title)
        for sentence in part.sentences:
            output.say(sentence)
        if part.rows:
            output.table("", part.columns, part.rows, right=part.right)
        output.say()
    output.say(
        "Nothing live was touched. It takes effect with the next run."
        if result["is_changed"]
        else "Nothing live was touched."
    )
    output.say(f"Done in {result['duration_seconds']} s.")


def as_markdown(result: dict[str, Any]) -> str:
    """A preview as Markdown, fit for a comment on a pull request.

    Args:
        result: as `leadscore.preview.compare` gives it.
    """
    lines = ["## Lead scoring: what this change does", ""]
    for part in parts(result):
        if part.title:
            lines += [f"{'#' * part.level} {_cell(part.title)}", ""]
        for sentence in part.sentences:
            lines += [_cell(sentence), ""]
        if not part.rows:
            continue
        if part.is_folded:
            lines += ["<details><summary>Show</summary>", ""]
        marks = ["---:" if _is_right(part, place) else "---" for place in range(len(part.columns))]
        lines += [_line(part.columns), _line(marks, escaped=False)]
        lines += [_line([_text(cell) for cell in row]) for row in part.rows[:_MOST_LINES]]
        if len(part.rows) > _MOST_LINES:
            lines += ["", f"… and {len(part.rows) - _MOST_LINES:,} more."]
        lines.append("")
        if part.is_folded:
            lines += ["</details>", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def parts(result: dict[str, Any]) -> Iterator[Part]:
    """What there is to say, in order.

    Args:
        result: as `leadscore.preview.compare` gives it.
    """
    yield Part(
        sentences=[
            f"{_first_upper(result['after'])} against {result['before']}, "
            f"scored at {result['scored_at']} UTC.",
            _summary(result),
        ]
    )
    if result["policy"]["rows"]:
        yield _policy(result)
    for scorecard in result["scorecards"]:
        yield from _scorecard(scorecard, result["capacity"])


def _summary(result: dict[str, Any]) -> str:
    if not result["policy"]["cells_changed"] and not result["is_changed"]:
        return "The policy is the same: nothing changes."
    if not result["is_changed"]:
        return "Cells of the policy differ, but no score, band or hand-off changes."
    said = []
    for scorecard in result["scorecards"]:
        name = scorecard["scorecard_id"]
        if scorecard["change"] in _CHANGES:
            said.append(f"{name} {_CHANGES[scorecard['change']]}")
        elif scorecard["is_changed"]:
            leads = scorecard["leads"]
            said.append(
                f"{name}: {leads['score_changed']:,} of {count(leads['after'], 'lead')} change "
                f"score, {leads['band_changed']:,} change band"
            )
    return "; ".join(said) + "."


def _policy(result: dict[str, Any]) -> Part:
    """The cells that differ; a new or removed row is one line."""
    rows = []
    for row in result["policy"]["rows"]:
        met = row.get("met")
        leads = (met["before"]["leads"], met["after"]["leads"]) if met else (None, None)
        if row["change"] == "changed":
            for place, cell in enumerate(row["cells"]):
                counts = leads if place == 0 else (None, None)
                cells = (cell["column"], _short(cell["before"]), _short(cell["after"]))
                rows.append((row["file"], _short(row["row_id"], _LONGEST_ID), *cells, *counts))
        else:
            side = "after" if row["change"] == "added" else "before"
            cells = {cell["column"]: cell[side] for cell in row["cells"]}
            words = [
                cells[name]
                for name in ("name", "points", "action", "min_points")
                if cells.get(name)
            ]
            said = _short(", ".join(words) or "(a row)")
            gone = (said, "") if side == "before" else ("", said)
            rows.append(
                (
                    row["file"],
                    _short(row["row_id"], _LONGEST_ID),
                    f"({row['change']})",
                    *gone,
                    *leads,
                )
            )
    more = result["policy"]["cells_changed"] - sum(
        len(row["cells"]) for row in result["policy"]["rows"]
    )
    return Part(
        "What differs in the policy",
        [f"… and {count(more, 'cell')} more."] if more else [],
        ("file", "row", "column", "before", "after", "met before", "met after"),
        rows,
        right=("met before", "met after"),
    )


def _scorecard(scorecard: dict[str, Any], capacity: float | None) -> Iterator[Part]:
    if not scorecard["is_changed"]:
        return
    name = scorecard["scorecard_id"]
    leads, due = scorecard["leads"], scorecard["hand_offs"]
    status = scorecard["status_after"] or scorecard["status_before"]
    opening = Part(f"{name} ({status})", level=2)
    if scorecard["change"] in _CHANGES:
        opening.sentences.append(
            f"The scorecard {_CHANGES[scorecard['change']]}: "
            f"{leads['before']:,} leads scored before, {leads['after']:,} after."
        )
    if scorecard["change"] not in ("added", "removed", "retired"):
        opening.sentences.append(
            f"{leads['score_changed']:,} of {count(leads['after'], 'lead')} change score, "
            f"{leads['band_changed']:,} change band; {leads['gained']:,} join its audience, "
            f"{leads['lost']:,} leave it."
        )
    opening.sentences.append(_hand_offs(status, due, capacity))
    back_test = scorecard["back_test"]
    if back_test is not None:
        opening.sentences.append(
            f"Back-test over {count(back_test['leads'], 'lead')}, {back_test['conversions']:,} of "
            f"them converted: {_VERDICTS[back_test['verdict']]}."
        )
    yield opening
    if back_test is not None and back_test["measures"]:
        yield Part(
            f"{name}: back-test",
            columns=("measure", "before", "after", "change", "95 % interval", "verdict"),
            rows=[
                (
                    _MEASURES[change["measure"]],
                    f"{change['before']:.3f}",
                    f"{change['after']:.3f}",
                    f"{change['change']:+.3f}",
                    f"{change['low']:+.3f} to {change['high']:+.3f}",
                    _SIDES[change["verdict"]],
                )
                for change in back_test["measures"]
            ],
            right=("before", "after", "change", "95 % interval"),
        )
    if scorecard["moves"]:
        yield Part(
            f"{name}: moves between bands",
            columns=("from", "to", "leads"),
            rows=[
                (move["from_band"], move["to_band"], move["leads"]) for move in scorecard["moves"]
            ],
        )
    if scorecard["first"]:
        yield Part(
            f"{name}: who first",
            columns=(
                "lead",
                "score before",
                "score after",
                "change",
                "band before",
                "band after",
                "why",
            ),
            rows=[
                (
                    _short(lead["lead_id"], _LONGEST_ID),
                    lead["score_before"],
                    lead["score_after"],
                    _signed(lead["score_change"]),
                    lead["band_before"],
                    lead["band_after"],
                    "; ".join(_entry(entry) for entry in lead["why"]),
                )
                for lead in scorecard["first"]
            ],
            right=("score before", "score after", "change"),
        )
    if due["gained_leads"] or due["lost_leads"]:
        yield Part(
            f"{name}: hand-offs",
            columns=("hand-off", "leads", "such as"),
            rows=[
                (word, due[key], ", ".join(_short(lead, _LONGEST_ID) for lead in named))
                for word, key, named in (
                    ("gained", "gained", due["gained_leads"]),
                    ("lost", "lost", due["lost_leads"]),
                )
                if named
            ],
        )
    if scorecard["distribution"]:
        yield Part(
            f"{name}: scores",
            columns=("score", "leads before", "leads after", "change"),
            rows=[
                (
                    f"{plain(bar['from'])} to below {plain(bar['below'])}",
                    bar["before"],
                    bar["after"],
                    f"{bar['after'] - bar['before']:+,}",
                )
                for bar in scorecard["distribution"]
            ],
            right=("change",),
            is_folded=True,
        )


def _hand_offs(status: str, due: dict[str, Any], capacity: float | None) -> str:
    """Hand-offs now, at the next run and in a week, against what can be done."""
    said = (
        f"Leads with an action that is due within hours: {due['due_before']:,} before, "
        f"{due['due_after']:,} after (+{due['gained']:,}, -{due['lost']:,})"
    )
    if status == "live":
        said += f"; the next run hands off {due['at_next_run']:,} of them at once"
    weekly = {side: plain(Decimal(str(due[f"a_week_{side}"]))) for side in ("before", "after")}
    said += (
        f". A week at the pace of the last one: {weekly['before']} before, {weekly['after']} after"
    )
    if capacity is not None:
        over = due["over_capacity_after"]
        said += f", of {plain(Decimal(str(capacity)))} that can be handed off" + (
            f": {plain(Decimal(str(over)))} too many" if over else ": enough"
        )
    return said + ("." if status == "live" else " (as a draft it hands nobody off).")


def _entry(entry: dict[str, Any]) -> str:
    """An entry of the ledger that differs, such as `Started free trial +5 (20, now 25)`."""
    part = entry["name"] or entry["group_id"] or entry["dimension"] or ""
    name = _LIMITS.get(entry["entry_type"], "{}").format(part)
    before, after = entry["before"], entry["after"]
    if before is None:
        how = "new"
    elif after is None:
        how = f"was {plain(before)}"
    else:
        how = f"{plain(before)}, now {plain(after)}"
    return f"{name} {_signed(entry['change'])} ({how})"


def _signed(number: Decimal) -> str:
    return f"+{plain(number)}" if number > 0 else plain(number)


def _short(text: str | None, longest: int = _LONGEST_CELL) -> str:
    # What a terminal would obey does not belong here.
    shown = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text(cell: Any) -> str:
    return f"{cell:,}" if isinstance(cell, int) else plain(cell)


def _line(cells: Sequence[str], escaped: bool = True) -> str:
    return f"| {' | '.join(_cell(cell) if escaped else cell for cell in cells)} |"


def _cell(text: str) -> str:
    """Text that Markdown shows as it stands: no markup, no mention of anybody, no second line."""
    shown = html.escape(" ".join(text.split()), quote=False)
    shown = re.sub(r"([\\`*_\[\]|~#])", r"\\\1", shown)
    return shown.replace("@", "&#64;")


def _is_right(part: Part, place: int) -> bool:
    cells = [row[place] for row in part.rows if row[place] is not None]
    numbers = all(isinstance(cell, (int, Decimal)) for cell in cells)
    return part.columns[place] in part.right or (bool(cells) and numbers)
