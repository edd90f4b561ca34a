"""The history of scores, whatever the order in which the moments come."""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest
from harness import DATABASE, Project, close_warehouses, failures
from leadscore.dbt import Dbt
from leadscore.project import Project as LeadscoreProject

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260311)
START = datetime(2026, 1, 1)
LEADS = 60
_SCORES = """\
select *
from observed.scores
where scored_at = {{ scoring_moment(var('as_of')) }}
"""

Moments = list[datetime]
Spans = list[tuple]


class Histories:
    """The models of the history alone, over scores that the test makes up.

    Args:
        root: the folder to make.
    """

    def __init__(self, root: Path) -> None:
        self.root = Project(root).root
        kept = {"int_history__score_spans.sql", "lead_score_history.sql", "band_changes.sql"}
        for path in (root / "models").rglob("*.*"):
            if path.name not in kept:
                path.unlink()
        for folder in ("seeds",):
            shutil.rmtree(root / folder)
        (root / "models" / "scored_leads.sql").write_text(_SCORES, encoding="utf-8")
        # Contracts stand in the descriptions, without which there are fewer files to read.
        project = root / "dbt_project.yml"
        text = project.read_text(encoding="utf-8").replace("enforced: true", "enforced: false")
        project.write_text(text, encoding="utf-8")
        self.database = root / DATABASE
        self.dbt = Dbt(LeadscoreProject(root, given_vars={"use_demo_data": False}))

    def observe(self, scores: Spans, moments: Moments) -> tuple[Spans, Spans]:
        """Builds a history from nothing.

        Args:
            scores: rows of scored_leads, of all moments.
            moments: in the order in which they are observed.

        Returns:
            The rows of lead_score_history and of band_changes.
        """
        close_warehouses()
        self.database.unlink(missing_ok=True)
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema observed")
            connection.execute(
                "create table observed.scores (scorecard_id varchar, lead_id varchar,"
                " score decimal(38, 2), score_status varchar, band varchar,"
                " policy_version varchar, scored_at timestamp)"
            )
            connection.executemany(
                "insert into observed.scores values (?, ?, ?, ?, ?, ?, ?)", scores
            )
        for moment in moments:
            ran = self.dbt.at(str(moment)).call("build")
            assert ran.ok, failures(ran)
        close_warehouses()
        with duckdb.connect(str(self.database)) as connection:
            return tuple(
                connection.execute(f"from leadscore.{mart} order by all").fetchall()
                for mart in ("lead_score_history", "band_changes")
            )


def spans(scores: Spans, moments: Moments) -> Spans:
    """Return the history of the moments in their order, by plain means."""
    open_spans: dict[tuple, tuple] = {}
    found = []
    for moment in sorted(set(moments)):
        there = {row[:2]: row[2:6] for row in scores if row[6] == moment}
        for key, (values, since) in list(open_spans.items()):
            if there.get(key) != values:
                found.append((*key, *values, since, moment))
                del open_spans[key]
        for key, values in there.items():
            open_spans.setdefault(key, (values, moment))
    found += [(*key, *values, since, None) for key, (values, since) in open_spans.items()]
    return found


def moves(history: Spans) -> Spans:
    """Return the moves between bands of a history, by plain means."""
    ends = {(*row[:2], row[7]): row[4] for row in history}
    found = []
    for scorecard, lead, _, _, band, _, since, _ in history:
        before = ends.get((scorecard, lead, since), band)
        if before != band:
            found.append((scorecard, lead, before, band, since))
    return found


def made_up(draw: Random, moments: Moments) -> Spans:
    """Return scores that often stay, often come back to what they were, and at times are gone."""
    rows = []
    for number in range(LEADS):
        values = []
        for moment in moments:
            if not values or draw.random() < 0.5:
                values.append(_values(draw))
            else:
                values.append(draw.choice(values))
            if values[-1] is not None:
                rows.append((f"card {number % 2}", f"lead {number}", *values[-1], moment))
    # At one moment no lead at all is scored.
    return [row for row in rows if row[6] != moments[2]]


def _values(draw: Random) -> tuple | None:
    if draw.random() < 0.2:
        return None
    score = draw.choice([10, 20])
    status = draw.choice(["scored", "scored", "disqualified"])
    return score, status, draw.choice([None, "hot", "cold"]), draw.choice(["v1", "v1", "v2"])


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Histories:
    """Return the models of the history in a project of their own."""
    return Histories(tmp_path_factory.mktemp("history") / "project")


@pytest.mark.parametrize("order", ["in order", "backwards", "shuffled"])
def test_the_order_of_moments_does_not_matter(histories: Histories, order: str) -> None:
    draw = Random(f"{SEED} {order}")
    moments = [START + timedelta(days=number) for number in range(7)]
    scores = made_up(draw, moments)
    observed = moments[::-1] if order == "backwards" else list(moments)
    if order == "shuffled":
        draw.shuffle(observed)
    # Some are observed once more.
    observed += draw.sample(observed, 2)
    history, changes = histories.observe(scores, observed)
    expected = sorted(spans(scores, moments), key=str)
    assert sorted(history, key=str) == expected, f"LEADSCORE_TEST_SEED={SEED}"
    assert sorted(changes, key=str) == sorted(moves(expected), key=str)
    assert len(changes) > 50


def test_a_moment_counts_once(histories: Histories) -> None:
    scores = [("card", "lead", 10, "scored", "cold", "v1", START)]
    once, _ = histories.observe(scores, [START])
    with duckdb.connect(str(histories.database)) as connection:
        connection.execute("update observed.scores set score = 90, band = 'hot'")
    ran = histories.dbt.at(str(START)).call("build")
    assert ran.ok, failures(ran)
    close_warehouses()
    with duckdb.connect(str(histories.database)) as connection:
        assert connection.execute("from leadscore.lead_score_history").fetchall() == once
    assert [row[2] for row in once] == [10]
