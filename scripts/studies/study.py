"""What the studies share: a copy of the project, a scorecard learned in it, and models beside it.

Each study loads its data as a user would, scores every lead at its own moment, lets `leadscore
learn` draft a scorecard from the earlier part, scores the draft with the project, and compares the
scores that SQL gave to the later part with models that saw the same facts.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from leadscore.dbt import Dbt
from leadscore.learn.command import LearnOptions, learn
from leadscore.learn.facts import Facts
from leadscore.learn.judging import Estimate, auc, auc_difference, lift
from leadscore.learn.reading import read_attributes, read_cases, read_measures
from leadscore.load import LoadOptions, load
from leadscore.output import Output
from leadscore.project import Project
from leadscore.run import RunOptions, run
from leadscore.warehouse import Warehouse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("LEADSCORE_SHARED") or ROOT.parent / "shared") / "data"
# The scorecard that a study learns, and the one that is there before, which every lead has.
LEARNED, PRESENT = "learned", "present"
_NOT_COPIED = shutil.ignore_patterns(
    ".*", "target", "logs", "dbt_packages", "*.duckdb*", "__pycache__", "profiles.yml", "*.egg-info"
)
# Every study's leads are scored long after their windows have ended.
_VARS = {
    "use_demo_data": False,
    "has_identities": False,
    "keep_inputs": False,
    "published_file": "",
    "event_properties": {},
}


class AbsentError(Exception):
    """The data of a study is not there."""


@dataclass
class Result:
    """What a study found on the later part.

    Args:
        name: the study.
        fitted: how many leads were fitted on, and how many of them converted.
        judged: how many judged, and how many of them converted.
        criteria: the rows of the learned scorecard.
        areas: AUC by model; the scorecard's under `scorecard`.
        lifts: lift at 20 % by model.
        scores: what each model says of the judged leads.
        converted: which of them converted.
        lead_ids: who they are.
        rival: AUC of a rival score on the judged leads that have one.
        on_rival_rows: AUC of the scorecard on the same.
    """

    name: str
    fitted: tuple[int, int]
    judged: tuple[int, int]
    criteria: list[dict[str, str]]
    areas: dict[str, Estimate]
    lifts: dict[str, Estimate]
    scores: dict[str, np.ndarray]
    converted: np.ndarray
    lead_ids: list[str]
    rival: Estimate | None = None
    on_rival_rows: Estimate | None = None

    def print(self) -> None:
        """Prints the table and the scorecard as Markdown."""
        print(f"\n### {self.name}\n")
        print(
            f"Fitted on {self.fitted[0]:,} leads with {self.fitted[1]:,} conversions, judged by "
            f"{self.judged[0]:,} with {self.judged[1]:,}. {len(self.criteria)} criteria.\n"
        )
        print("| model | AUC | scorecard less model | lift at 20 % |\n|---|---|---|---|")
        for model, area in self.areas.items():
            less = ""
            if model != "scorecard":
                less = str(
                    auc_difference(self.scores["scorecard"], self.scores[model], self.converted)
                )
            print(f"| {model} | {area} | {less} | {self.lifts[model]} |")
        if self.rival is not None:
            print(f"\nOn the rows with a rival score: scorecard {self.on_rival_rows},")
            print(f"rival {self.rival}.")
        print("\n| points | criterion | evidence |\n|---:|---|---|")
        for row in self.criteria:
            print(f"| {row['points']} | {row['name']} | {row['notes']} |")


@contextlib.contextmanager
def copied_project(example: str | None = None) -> Iterator[Path]:
    """A copy of this project in a folder that is removed in the end.

    Args:
        example: the folder of an example in it; None for the project itself.

    Yields:
        The folder of the project or the example.
    """
    with tempfile.TemporaryDirectory(prefix="leadscore-study-") as place:
        root = Path(place) / "project"
        shutil.copytree(ROOT, root, ignore=_NOT_COPIED)
        folder = root / "examples" / example if example else root
        if example:
            # An example brings its own, which is no setting of whoever runs this.
            shutil.copyfile(ROOT / "examples" / example / "profiles.yml", folder / "profiles.yml")
        yield folder


def needed(folder: str) -> Path:
    """The folder of a set of data.

    Raises:
        AbsentError: it is not there.
    """
    if not (DATA / folder).is_dir():
        raise AbsentError(
            f"no data in {DATA / folder} (set LEADSCORE_SHARED to the folder that holds data/)"
        )
    return DATA / folder


def start(
    root: Path, files: Mapping[str, Path], attributes: Sequence[str], dbt_vars: Mapping[str, Any]
) -> Project:
    """Loads files and gives the project a scorecard that says nothing yet.

    Args:
        root: the copy of the project.
        files: by table.
        attributes: what may be scored by.
        dbt_vars: how leads are scored.
    """
    given = {**_VARS, "lead_attributes": list(attributes), **dbt_vars}
    project = Project(root, given_vars=given)
    folder = project.policy_folder
    for path in folder.glob("*.csv"):
        header = path.read_text(encoding="utf-8").splitlines()[0]
        path.write_text(header + "\n", encoding="utf-8")
    _append(folder / "scorecards.csv", {"scorecard_id": PRESENT, "status": "live"})
    _append(
        folder / "criteria.csv",
        {
            "criterion_id": "known",
            "scorecard_id": PRESENT,
            "dimension": "fit",
            "name": "Known",
            "signal": "attribute",
            "field": attributes[0],
            "operator": "is_set",
            "points": "1",
        },
    )
    from leadscore.input_files import CsvOptions

    patterns = {table: [str(path)] for table, path in files.items()}
    with _quietly():
        load(project, Output(as_json=True), LoadOptions(patterns, {}, CsvOptions(), False))
    return project


def study(
    name: str, project: Project, test_share: float, scorecard: str = PRESENT, limit: int = 20
) -> Result:
    """Scores, learns, scores again, and compares.

    Args:
        name: what the study is called.
        project: the project with its data.
        test_share: which part of the leads judges.
        scorecard: the live scorecard whose leads it is about.
        limit: how many criteria at most.
    """
    output = Output(as_json=True)
    with _quietly():
        run(project, output, RunOptions())
        options = LearnOptions(
            scorecard, LEARNED, max_criteria=limit, test_share=test_share, write=True, replace=True
        )
        learned = learn(project, output, options)
        if not learned["rows"]:
            raise SystemExit(f"{name}: {learned['reason']}")
        run(project, output, RunOptions())
        warehouse = Warehouse(Dbt(project))
        with warehouse.open():
            facts, keys = read_cases(warehouse, scorecard)
            read_attributes(warehouse, facts, keys)
            read_measures(warehouse, facts, keys)
            draft, _ = read_cases(warehouse, LEARNED)
    assert list(draft.lead_ids) == list(facts.lead_ids)
    assert draft.live_scores is not None
    scored = dict(zip(draft.lead_ids, draft.live_scores, strict=True))
    differing = [lead for lead, score in learned["scores"].items() if score != scored[lead]]
    assert not differing, f"SQL gives other points than were fitted: {differing[:5]}"
    later = np.isin(facts.lead_ids, learned["judged"])
    won = facts.converted[later]
    scores = {"scorecard": draft.live_scores[later], **_models(facts, later)}
    return Result(
        name=name,
        fitted=(int((~later).sum()), int(facts.converted[~later].sum())),
        judged=(int(later.sum()), int(won.sum())),
        criteria=learned["rows"]["criteria"],
        areas={model: auc(said, won) for model, said in scores.items()},
        lifts={model: lift(said, won) for model, said in scores.items()},
        scores=scores,
        converted=won,
        lead_ids=list(facts.lead_ids[later]),
    )


def _models(facts: Facts, later: np.ndarray) -> dict[str, np.ndarray]:
    """What each model says of the later cases, fitted on the others with the same facts."""
    numbers, levels = [], []
    for attribute in facts.attributes.values():
        known = np.array([level is not None for level in attribute.levels])
        if attribute.is_time:
            continue
        if (~np.isnan(attribute.numbers[known])).mean() >= 0.95:
            numbers.append(attribute.numbers)
        else:
            levels.append(np.array(["" if level is None else level for level in attribute.levels]))
    numbers += list(facts.measures.values())
    raw = np.column_stack(numbers) if numbers else np.zeros((facts.count, 0))
    # Columns that the earlier part knows nothing of.
    raw = raw[:, ~np.all(np.isnan(raw[~later]), axis=0)]
    texts = np.column_stack(levels).astype(object) if levels else np.zeros((facts.count, 0), object)
    width = raw.shape[1]
    inputs = np.concatenate([raw.astype(object), texts], axis=1)
    number_columns = list(range(width))
    text_columns = list(range(width, inputs.shape[1]))
    fitted, won = inputs[~later], facts.converted[~later]
    linear = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", min_frequency=5), text_columns),
            (
                make_pipeline(
                    SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
                ),
                number_columns,
            ),
        ),
        LogisticRegression(max_iter=3000),
    )
    trees = make_pipeline(
        make_column_transformer(
            (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), text_columns),
            ("passthrough", number_columns),
        ),
        HistGradientBoostingClassifier(random_state=0),
    )
    said = {
        "logistic regression": linear.fit(fitted, won).decision_function(inputs[later]),
        "gradient boosting": trees.fit(fitted, won).decision_function(inputs[later]),
        "naive Bayes": _naive_bayes(raw, texts, facts.converted, later),
    }
    return {model: np.asarray(values, dtype=float) for model, values in said.items()}


def _naive_bayes(
    raw: np.ndarray, texts: np.ndarray, converted: np.ndarray, later: np.ndarray
) -> np.ndarray:
    """Odoo's method: how often each value occurs among leads won and lost, multiplied over fields.

    Numbers are cut into ten parts. A value that was not seen says nothing.
    """
    columns = []
    for values in raw.T:
        edges = np.unique(np.nanquantile(values[~later], np.linspace(0, 1, 11)[1:-1]))
        columns.append(np.where(np.isnan(values), -1, np.digitize(values, edges)))
    columns += list(texts.T)
    won = converted[~later]
    total = np.zeros(int(later.sum()))
    for values in columns:
        seen, codes = np.unique(values[~later].astype(str), return_inverse=True)
        hits = np.bincount(codes[won], minlength=len(seen)) + 1.0
        misses = np.bincount(codes[~won], minlength=len(seen)) + 1.0
        weights = np.log(hits / hits.sum()) - np.log(misses / misses.sum())
        by_value = dict(zip(seen, weights, strict=True))
        total += [by_value.get(value, 0.0) for value in values[later].astype(str)]
    return total


def _append(path: Path, row: Mapping[str, str]) -> None:
    columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    with path.open("a", encoding="utf-8") as file:
        file.write(",".join(row.get(column, "") for column in columns) + "\n")


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Leaves out the steps of runs, unless LEADSCORE_STUDY_STEPS is set."""
    if os.environ.get("LEADSCORE_STUDY_STEPS"):
        yield
        return
    with contextlib.redirect_stderr(io.StringIO()):
        yield


def main(study_of: Any) -> None:
    """Runs one study and prints it; says so where its data is not there."""
    try:
        study_of().print()
    except AbsentError as error:
        print(f"skipped: {error}", file=sys.stderr)
