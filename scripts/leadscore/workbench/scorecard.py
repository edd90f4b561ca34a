"""The page of scorecards: the policy as grids, what an edit does, and how it is saved.

Nothing goes live from here: a saved file counts from the next run on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import streamlit as st

from leadscore import charts
from leadscore.errors import LeadscoreError
from leadscore.output import command
from leadscore.policy_files import PolicyProblem, check_policy_files
from leadscore.project import POLICY_FILES
from leadscore.workbench.commands import RefusedPolicyError, leadscore
from leadscore.workbench.effects import Change, Effect, Rescoring, changes, edited_criteria
from leadscore.workbench.policy_draft import PolicyDraft
from leadscore.workbench.ui import (
    Place,
    chart,
    choose_scorecard,
    empty,
    escaped,
    figures,
    number,
    page,
    percent,
    problem,
    table,
    told,
)

_NONE = "(none)"
# Of the many columns of a criterion, those that an analyst looks at first.
_FIRST_COLUMNS = (
    "criterion_id",
    "scorecard_id",
    "name",
    "points",
    "max_points",
    "group_id",
    "frequency",
    "every_n",
    "decay",
    "is_active",
    "notes",
)
_WIDE_COLUMNS = ("criterion_id", "name", "value", "action", "audience_value", "notes")
_PROBLEM_COLUMNS = {
    "file": "File",
    "row_id": "Row",
    "column_name": "Column",
    "value": "Value",
    "problem": "Problem",
    "remedy": "What to do",
}


@page("Scorecard")
def show(place: Place) -> None:
    """Shows the page."""
    draft = _draft(place)
    if draft is None:
        return
    saved = st.session_state.pop("policy_saved", None)
    if saved:
        st.success(
            f"Saved {escaped(', '.join(saved))}. It counts from the next run on: "
            f"{escaped(command('run'))}",
            icon=":material/check:",
        )
    chosen = choose_scorecard(place, "policy_scorecard")
    if chosen is None:
        return
    scorecard, status = chosen
    _take_over(draft)
    _weight(draft, scorecard)
    _grids(draft)
    edits = changes(draft.policy_read(), draft.policy())
    _edits(draft, edits)
    _effect(place, draft, scorecard, status, edits)
    if draft.edited():
        _actions(place, draft)


def _draft(place: Place) -> PolicyDraft | None:
    """The edited policy of this session; None where the files must be mended by hand first."""
    draft = st.session_state.get("policy")
    folder = place.project.policy_folder
    if draft is not None and draft.folder == folder:
        return draft
    files = check_policy_files(folder)
    if files.problems:
        st.error("A policy file cannot be shown as a grid. Mend it by hand, then look again.")
        _problems(files.problems)
        st.button("Look again")
        return None
    draft = PolicyDraft.of(folder)
    if not draft.read.get("criteria") or not draft.read.get("scorecards"):
        empty(f"There are no policy files in {escaped(folder)}.")
        return None
    st.session_state["policy"] = draft
    return draft


def _weight(draft: PolicyDraft, scorecard: str) -> None:
    """One weight at a time, for those who need no grid, and for a phone."""
    criteria = {
        row["criterion_id"]: row
        for row in draft.policy()["criteria"]
        if row.get("scorecard_id") == scorecard and row.get("effect") != "disqualify"
    }
    if not criteria:
        return
    chosen, points = st.columns([3, 1], vertical_alignment="bottom")
    criterion = chosen.selectbox(
        "Change the weight of",
        list(criteria),
        format_func=lambda each: f"{criteria[each].get('name') or each} ({each})",
        key=f"weight_of_{scorecard}",
    )
    try:
        now = float(Decimal(criteria[criterion].get("points") or "0"))
    except ArithmeticError:
        points.text("No number stands there.")
        return
    # Another weight, of the grid, is another field: one that is there keeps what it shows.
    key = f"weight_{criterion}_{draft.version}_{now:g}"

    def take() -> None:
        value = Decimal(str(st.session_state[key]))
        draft.set_cell("criteria", "criterion_id", criterion, "points", _plain(value))

    points.number_input("Points", value=now, step=1.0, format="%g", key=key, on_change=take)


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grid_key(draft: PolicyDraft, name: str) -> str:
    return f"grid_{name}_{draft.version}"


def _take_over(draft: PolicyDraft) -> None:
    """Takes over what was typed into the grids since the page was drawn."""
    told = {
        name: st.session_state[_grid_key(draft, name)]
        for name in draft.base
        if _grid_key(draft, name) in st.session_state
    }
    # A page that was left forgets its grids; they begin anew with what was typed there.
    is_left = any(delta for name, delta in draft.deltas.items() if name not in told)
    draft.deltas.update(told)
    if is_left:
        draft.fold()


def _grids(draft: PolicyDraft) -> None:
    """A grid per file; every cell is a text, so that what stands there stays as it was typed."""
    with st.expander("All policy files as grids", expanded=True):
        names = [name for name in POLICY_FILES if name in draft.base]
        names.sort(key=lambda name: name != "criteria")
        everything = st.toggle("All columns of criteria", key="policy_all_columns")
        for tab, name in zip(st.tabs([f"{name}.csv" for name in names]), names, strict=True):
            columns = draft.columns(name)
            order = columns
            if name == "criteria" and not everything:
                order = [column for column in _FIRST_COLUMNS if column in columns]
            rows = draft.rows(name)
            key = _grid_key(draft, name)
            with tab:
                st.data_editor(
                    rows or {column: [] for column in columns},
                    key=key,
                    num_rows="dynamic",
                    hide_index=True,
                    width="stretch",
                    height=320,
                    column_order=order,
                    column_config={
                        column: st.column_config.TextColumn(
                            column, width="medium" if column in _WIDE_COLUMNS else "small"
                        )
                        for column in columns
                    },
                )


def _edits(draft: PolicyDraft, edits: Sequence[Change]) -> None:
    st.subheader("What is edited")
    if not draft.edited():
        empty("Nothing yet. Change a weight above: what it does to the leads shows below at once.")
        return
    table(
        [edit.as_row() for edit in edits],
        {
            "file": "File",
            "row": "Row",
            "column": "Column",
            "before": "Before",
            "after": "After",
            "followed": "Shown below",
        },
    )
    with st.expander("The lines that saving would change"):
        st.code(draft.diff(), language=None, wrap_lines=True)


def _effect(
    place: Place, draft: PolicyDraft, scorecard: str, status: str, edits: Sequence[Change]
) -> None:
    """What the edited policy does to a scorecard, against what is published."""
    mine = [edit for edit in edits if edit.scorecard_id in ("", scorecard)]
    is_newer = _changed_since_the_run(place, draft)
    if not mine and not is_newer:
        if edits:
            st.subheader("What it does")
            empty(f"The edits are about other scorecards than {escaped(scorecard)}.")
        return
    st.subheader(f"What it does to {escaped(scorecard)}")
    if is_newer:
        st.caption(
            "The files were changed after the last run; what follows compares all of that with "
            "what is published."
        )
    left_out = [edit for edit in mine if not edit.is_followed]
    if left_out:
        st.warning(
            f"{len(left_out)} of the edits cannot be told from the published points, and are not "
            "in these figures. The full preview below has them.",
            icon=":material/info:",
        )
    with told(), st.spinner("Adding up …"):
        # As long as the files are those of the last run, other leads keep what they have.
        edited = None if is_newer else edited_criteria(mine)
        effect = Rescoring(place, scorecard, status, draft.policy(), edited).effect()
        _effect_figures(effect)
        _moves(effect)
        _distribution(effect)
        _back_test(effect)


def _changed_since_the_run(place: Place, draft: PolicyDraft) -> bool:
    if not place.marts.has("run_audit"):
        return False
    rows = place.rows(
        f"select max(run_started_at) as started_at from {place.marts.relation('run_audit')}"
    )
    started = rows[0]["started_at"]
    if started is None:
        return False
    changed = max((draft.folder / f"{name}.csv").stat().st_mtime for name in draft.read)
    return datetime.fromtimestamp(changed, UTC).replace(tzinfo=None) > started.replace(tzinfo=None)


def _effect_figures(effect: Effect) -> None:
    moved = sum(move["leads"] for move in effect.moves)
    order = {band["band"]: place for place, band in enumerate(effect.bands)}
    lowest = len(order)
    up = sum(
        move["leads"]
        for move in effect.moves
        if order.get(move["band_after"], lowest) < order.get(move["band_before"], lowest)
    )
    figures(
        ("Leads", f"{effect.leads:,}"),
        ("Other score", f"{effect.rescored:,}"),
        ("Other band", f"{moved:,}"),
        ("To a better band", f"{up:,}"),
        ("To a lower band", f"{moved - up:,}"),
    )
    if not effect.is_exact:
        st.caption(
            "Close, not exact: for criteria that decay, or that a limit of their own has cut, the "
            "ledger does not hold what was rounded or cut away. The full preview is exact."
        )


def _moves(effect: Effect) -> None:
    if not effect.first:
        empty("No lead gets another score or band.")
        return
    left, right = st.columns(2)
    with left:
        st.markdown("**Who changes band**")
        if effect.moves:
            table(
                [
                    {
                        "from": move["band_before"] or _NONE,
                        "to": move["band_after"] or _NONE,
                        "leads": move["leads"],
                    }
                    for move in effect.moves
                ],
                {"from": "From", "to": "To", "leads": "Leads"},
            )
        else:
            st.text("Nobody; scores change within their bands.")
    with right:
        st.markdown(f"**The first {len(effect.first)}**")
        table(
            effect.first,
            {
                "shown_lead": "Lead",
                "score_before": "Before",
                "score_after": "After",
                "band_before": "Band before",
                "band_after": "Band after",
            },
            height=240,
        )


def _distribution(effect: Effect) -> None:
    chart(
        charts.score_distribution(effect.distribution, effect.bands),
        effect.distribution,
        {"series": "Which", "low": "From", "high": "To", "leads": "Leads"},
        "Distribution of scores before and after",
    )


def _back_test(effect: Effect) -> None:
    st.subheader("What the back-test says")
    if effect.back_test is None:
        empty(
            "There is no back-test to compare with: it needs leads with outcomes, and the var "
            "backtest."
        )
        return
    before, after = effect.back_test["before"], effect.back_test["after"]
    figures(
        *(
            (name, number(after[key], places), _difference(before[key], after[key], places))
            for name, key, places in (
                ("Lift of the best 10 %", "lift_10", 2),
                ("Lift of the best 20 %", "lift_20", 2),
                ("AUC", "auc", 3),
            )
        )
    )
    st.caption(
        f"{before['conversions']:,} of {before['leads']:,} leads of the back-test converted. Small "
        "differences may be chance; the full preview gives intervals."
    )
    names = [band["band"] for band in effect.bands]
    names += [band for band in {**before["bands"], **after["bands"]} if band not in names]
    rows = []
    for name in names:
        cells: dict[str, Any] = {"band": name or _NONE}
        for side, found in (("before", before), ("after", after)):
            band = found["bands"].get(name, {"leads": 0, "rate": None})
            cells[f"leads_{side}"] = band["leads"]
            cells[f"rate_{side}"] = percent(band["rate"])
        rows.append(cells)
    table(
        rows,
        {
            "band": "Band",
            "leads_before": "Leads before",
            "rate_before": "Converted before",
            "leads_after": "Leads after",
            "rate_after": "Converted after",
        },
    )


def _difference(before: float | None, after: float | None, places: int) -> str | None:
    if None in (before, after):
        return None
    change = f"{after - before:+.{places}f}"
    return change if float(change) else None


def _actions(place: Place, draft: PolicyDraft) -> None:
    """Checks, the full preview, saving, downloading and discarding."""
    st.subheader("Save")
    broken = draft.file_problems()
    if broken:
        _problems(broken)
    with st.container(horizontal=True):
        save = st.button("Check and save", type="primary", icon=":material/save:", key="save")
        preview = st.button("Full preview", icon=":material/preview:", key="preview")
        for name in draft.edited():
            st.download_button(
                f"Download {name}.csv",
                draft.text(name).encode("utf-8"),
                f"{name}.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"download_{name}",
            )
        st.button("Discard edits", icon=":material/undo:", on_click=draft.discard, key="discard")
    st.caption(
        "Saving checks every cell as a run does, then writes only the cells that you changed. "
        "Nothing goes live before the next run. The full preview scores all leads by the edited "
        "policy beside the live tables."
    )
    if save:
        _save(place, draft)
    key = f"preview-{place.identity}-{hash(draft.diff())}"
    if preview:
        with _refusals(), st.spinner("Scoring by the edited policy …", show_time=True):
            with draft.laid_out() as folder:
                said = leadscore(place.project, "preview", "--policy-dir", str(folder))
            st.session_state[key] = said
    if key in st.session_state:
        _preview(st.session_state[key])


def _save(place: Place, draft: PolicyDraft) -> None:
    with _refusals():
        with st.spinner("Checking every cell as a run does …", show_time=True):
            if draft.file_problems():
                raise RefusedPolicyError("A file is not in order.", draft.file_problems())
            with draft.laid_out() as folder:
                leadscore(place.project, "check", "--only", "policy", "--policy-dir", str(folder))
        st.session_state["policy_saved"] = [path.name for path in draft.save()]
        st.rerun()


class _refusals:  # noqa: N801
    """Shows what was refused, and goes on."""

    def __enter__(self) -> None:
        """Begins."""

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        """Shows an error of the project; others go on."""
        if isinstance(error, RefusedPolicyError):
            count = len(error.problems)
            st.error(
                f"Nothing is saved: the policy has {count} problem{'s' if count > 1 else ''}.",
                icon=":material/error:",
            )
            _problems(error.problems)
            return True
        if isinstance(error, LeadscoreError):
            problem(error)
            return True
        return False


def _problems(problems: Sequence[PolicyProblem]) -> None:
    table([each.as_json() for each in problems], _PROBLEM_COLUMNS)


def _preview(said: Mapping[str, Any]) -> None:
    """What the full preview found."""
    st.subheader("Full preview")
    for scorecard in said["scorecards"]:
        if not scorecard["is_changed"]:
            continue
        name = scorecard["scorecard_id"]
        leads, hand_offs = scorecard["leads"], scorecard["hand_offs"]
        st.markdown(f"**{escaped(name)}**")
        figures(
            ("Other score", f"{leads['score_changed']:,}"),
            ("Other band", f"{leads['band_changed']:,}"),
            ("Hand-offs due before", number(hand_offs["due_before"])),
            ("Hand-offs due after", number(hand_offs["due_after"])),
        )
        if scorecard["moves"]:
            table(
                [
                    {
                        "from": move["from_band"] or _NONE,
                        "to": move["to_band"] or _NONE,
                        "leads": move["leads"],
                    }
                    for move in scorecard["moves"]
                ],
                {"from": "From", "to": "To", "leads": "Leads"},
            )
        back_test = scorecard["back_test"]
        if back_test and back_test["measures"]:
            table(
                back_test["measures"],
                {
                    "measure": "Measure",
                    "before": "Before",
                    "after": "After",
                    "change": "Change",
                    "low": "95 % from",
                    "high": "95 % to",
                    "verdict": "Verdict",
                },
            )
    if not said["is_changed"]:
        empty("No score, band or hand-off changes.")
