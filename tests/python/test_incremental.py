"""A run after another gives what one run over everything gives, however many there were.

Random stories, and below them one lead per case, which are easier to understand when they fail.
LEADSCORE_TEST_SEED repeats a failure, LEADSCORE_TEST_RUNS asks for further stories.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

import oracle
import pytest
import sequences
from command import Copy
from comparison import diff_tables
from harness import Project, failures
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from marts import diff_marts, marts_of

SEED = int(os.environ.get("LEADSCORE_TEST_SEED") or 20260304)
MORE_RUNS = int(os.environ.get("LEADSCORE_TEST_RUNS") or 0)

some_stories = settings(
    max_examples=max(MORE_RUNS, 1),
    phases=[Phase.explicit, Phase.generate] if MORE_RUNS else [Phase.explicit],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class Pair:
    """A project that runs again and again, and one that always runs for the first time."""

    running: Project
    anew: Project
    told: list[str] = field(default_factory=list)

    def begin(self, title: str) -> None:
        """Start from nothing."""
        self.running.forget()
        self.told = [title]

    def run(self, step: sequences.Step) -> dict[str, list[dict[str, str]]]:
        """Run once more; what came of it must be what the independent scorer says.

        Returns the tables that were expected.
        """
        self.told.append(f"run {len(self.told)} as of {step.config['as_of']}: {_said(step.did)}")
        expected = oracle.score(step.raw, step.policy, step.config)
        self.running.load_raw(step.raw)
        self.running.write_policy(step.policy)
        before = marts_of(self.running)
        invocation = self.running.run(step.config)
        if not step.is_valid:
            assert not invocation.ok, self.message("a mistake was not noticed")
            assert [failed.name for failed in invocation.failed] == ["int_policy__gate"]
            after = marts_of(self.running)
            before.pop("policy_errors", None)
            after.pop("policy_errors", None)
            assert not diff_marts(before, after), self.message("a refused run changed marts")
            return expected
        assert invocation.ok, self.message(failures(invocation))
        differences = diff_tables(expected, self.running.read())
        if differences:
            same = not diff_tables(expected, self._anew(step))
            whose = "A full run gives what is expected." if same else "A full run differs as well."
            raise AssertionError(self.message(*differences, whose))
        return expected

    def compare(self, step: sequences.Step) -> None:
        """The marts of the last run, to the last column, must be those of a full run."""
        self._anew(step)
        differences = diff_marts(marts_of(self.anew), marts_of(self.running))
        assert not differences, self.message("A full run gives other rows:", *differences)

    def _anew(self, step: sequences.Step) -> dict[str, list[dict[str, str]]]:
        self.anew.forget()
        self.anew.load_raw(step.raw)
        self.anew.write_policy(step.policy)
        invocation = self.anew.run(step.config)
        assert invocation.ok, self.message(failures(invocation))
        return self.anew.read()

    def message(self, *lines: str) -> str:
        """What happened so far, and these lines."""
        return "\n".join([*self.told, *lines])


def _said(did: list[str]) -> str:
    counted = {what: did.count(what) for what in did}
    return ", ".join(f"{what} x{count}" if count > 1 else what for what, count in counted.items())


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two copies of the project for all tests; each story starts from nothing."""
    folder = tmp_path_factory.mktemp("incremental")
    return Pair(Project(folder / "running"), Project(folder / "anew"))


# --- random stories ------------------------------------------------------------------------


@some_stories
@example(seed=SEED)
@given(seed=st.integers(0, 2**32 - 1))
def test_many_runs_give_what_one_gives(pair: Pair, seed: int) -> None:
    pair.begin(
        f"repeat with: LEADSCORE_TEST_SEED={seed} pytest tests/python -k many_runs_give_what"
    )
    last = None
    for step in sequences.story(seed, steps=8 if MORE_RUNS else 5):
        expected = pair.run(step)
        if step.is_valid:
            last = step
            # Nothing agrees for want of rows.
            assert len(expected["contributions"]) > 100
            assert len(expected["rejected_rows"]) > 10
    assert last is not None
    pair.compare(last)
    # The way back to a sound state, whatever happened before.
    invocation = pair.running.run(last.config, full_refresh=True)
    assert invocation.ok, pair.message(failures(invocation))
    differences = diff_marts(marts_of(pair.anew), marts_of(pair.running))
    assert not differences, pair.message("A full refresh gives other rows:", *differences)


# --- one lead per case ---------------------------------------------------------------------

CONFIG = {
    "lead_attributes": ["title"],
    "event_properties": {"page": "page"},
    "event_lookback_hours": 24,
}
BEGIN = "2026-03-01T00:00:00"
NEXT_DAY = "2026-03-02T00:00:00"
NEXT_MORNING = "2026-03-02T06:00:00"
NEXT_WEEK = "2026-03-09T00:00:00"
BACK = "2026-03-03T00:00:00"

COLUMNS = {
    "leads": ["lead_id", "created_at", "account_id", "title", "asked_at"],
    "events": [
        "event_id",
        "event_name",
        "lead_id",
        "anonymous_id",
        "occurred_at",
        "loaded_at",
        "page",
    ],
    "outcomes": ["lead_id", "outcome", "occurred_at"],
    "identities": ["lead_id", "anonymous_id", "merged_lead_id", "identified_at"],
}
LEADS = (
    "late", "late without load time", "copied", "copied later", "known later", "known in time",
    "first", "second", "old", "kept", "chain a", "chain b", "chain c", "changed", "deleted",
    "created", "windowed", "trend", "decaying", "silent", "future", "converted", "after the clock",
    "untouched", "coming of age", "closing", "won later", "met before", "postponed",
)  # fmt: skip
CREATED = {"created": "2026-03-05", "coming of age": "2026-02-16", "closing": "2025-11-20"}


class Tale:
    """Raw tables and a policy to change between runs."""

    def __init__(self) -> None:
        self.raw: dict[str, list[dict[str, str]]] = {name: [] for name in COLUMNS}
        self.criteria: dict[str, dict[str, str]] = {}

    def add(self, table: str, **cells: str) -> None:
        self.raw[table].append({column: cells.get(column, "") for column in COLUMNS[table]})

    def event(self, event_id: str, name: str, lead_id: str, occurred_at: str, **cells: str) -> None:
        """Add an event that was loaded an hour after midnight, unless the cells say otherwise."""
        cells = {"loaded_at": f"{occurred_at[:10]}T01:00", **cells}
        whose = "anonymous_id" if lead_id.startswith("visitor") else "lead_id"
        cells |= {"event_id": event_id, "event_name": name, whose: lead_id}
        self.add("events", occurred_at=occurred_at, **cells)

    def remove(self, table: str, **cells: str) -> None:
        (row,) = [row for row in self.raw[table] if cells.items() <= row.items()]
        self.raw[table].remove(row)

    def criterion(self, scorecard_id: str, field: str, points: str, **cells: str) -> None:
        """Add a criterion, or put another in its place."""
        criterion_id = f"{scorecard_id}_{field}"
        signal = "attribute" if field == "title" else "event"
        self.criteria[criterion_id] = {
            "criterion_id": criterion_id,
            "scorecard_id": scorecard_id,
            "dimension": "fit" if signal == "attribute" else "engagement",
            "name": f"{field} {points}",
            "signal": signal,
            "field": field,
            "points": points,
            **cells,
        }

    def step(self, as_of: str, did: str, **config: object) -> sequences.Step:
        raw = {name: oracle.Table(list(rows), COLUMNS[name]) for name, rows in self.raw.items()}
        scorecards = sorted({row["scorecard_id"] for row in self.criteria.values()})
        files = {
            "criteria": list(self.criteria.values()),
            "scorecards": [{"scorecard_id": scorecard_id} for scorecard_id in scorecards],
        }
        policy = {
            file: oracle.Table(
                [
                    {column: row.get(column, "") for column in columns}
                    for row in files.get(file, [])
                ],
                columns,
            )
            for file, columns in oracle.policy.COLUMNS.items()
        }
        return sequences.Step({**CONFIG, "as_of": as_of, **config}, raw, policy, [did])


def first_run() -> Tale:
    tale = Tale()
    for lead_id in LEADS:
        tale.add("leads", lead_id=lead_id, created_at=CREATED.get(lead_id, "2025-01-01"))
    tale.event("1", "visit", "late", "2026-02-20")
    tale.event("2", "visit", "copied", "2026-02-28", loaded_at="2026-02-28T22:00", page="/pricing")
    tale.event("3", "visit", "copied later", "2026-02-28", page="/pricing")
    tale.event("4", "visit", "visitor 1", "2025-12-01")
    tale.event("5", "visit", "visitor 2", "2026-02-10")
    tale.add("identities", lead_id="first", anonymous_id="visitor 2", identified_at="2026-02-01")
    tale.event("6", "visit", "visitor 3", "2026-02-15")
    tale.add(
        "identities", lead_id="known in time", anonymous_id="visitor 3", identified_at="2026-03-05"
    )
    for number, lead_id in enumerate(("old", "kept", "chain a", "chain b", "chain c"), start=10):
        tale.event(str(number), "visit", lead_id, "2025-12-24")
    tale.event("20", "visit", "deleted", "2026-02-01")
    tale.event("21", "visit", "newcomer", "2026-01-10")
    tale.event("22", "demo", "windowed", "2026-02-28")
    tale.event("23", "visit", "trend", "2026-02-26")
    tale.event("24", "trial", "decaying", "2026-02-24")
    tale.event("25", "login", "silent", "2026-02-03")
    tale.event("26", "visit", "future", "2026-03-04", loaded_at="")
    tale.event("27", "visit", "created", "2026-01-20")
    tale.event("28", "webinar", "untouched", "2025-06-01")
    tale.event("29", "visit", "untouched", "2026-01-01", loaded_at="2026-02-28T23:30")
    tale.event("30", "visit", "coming of age", "2026-02-20")
    tale.add("outcomes", lead_id="converted", outcome="won", occurred_at="2026-03-04")
    tale.add("outcomes", lead_id="old", outcome="won", occurred_at="2025-02-01")
    tale.criterion("visits", "visit", "1", frequency="every")
    tale.criterion(
        "pages", "visit", "10", frequency="every", property="page", operator="equals",
        value="/pricing",
    )  # fmt: skip
    tale.criterion("windows", "demo", "20", window_days="7")
    tale.criterion("decays", "trial", "10", decay="linear", decay_days="10")
    tale.criterion("absences", "login", "-5", at_most="0", window_days="30")
    tale.criterion("dates", "title", "7", operator="is_not_set", valid_from="2026-03-05")
    tale.criterion("titles", "title", "9", operator="equals", value="CEO")
    return tale


def next_batch(tale: Tale) -> None:
    lately = "2026-03-01T12:00"
    tale.event("40", "visit", "late", "2025-11-01", loaded_at=lately)
    tale.event("41", "visit", "late without load time", "2025-11-01", loaded_at="")
    # What was loaded first counts, and this copy was, although it came later.
    tale.event("2", "visit", "copied", "2026-02-28", loaded_at="2026-02-28T21:00", page="/docs")
    tale.event("3", "visit", "copied later", "2026-02-28", loaded_at=lately, page="/docs")
    tale.add("identities", lead_id="known later", anonymous_id="visitor 1", identified_at=lately)
    tale.add("identities", lead_id="second", anonymous_id="visitor 2", identified_at="2026-02-05")
    tale.add("identities", lead_id="kept", merged_lead_id="old", identified_at=lately)
    tale.add("identities", lead_id="chain b", merged_lead_id="chain a", identified_at=lately)
    tale.event("42", "visit", "met before", "2025-01-10", loaded_at=lately)
    tale.add("outcomes", lead_id="won later", outcome="won", occurred_at="2025-02-01")
    tale.remove("leads", lead_id="postponed")
    tale.add("leads", lead_id="postponed", created_at="2026-02-25")
    tale.remove("leads", lead_id="deleted")
    tale.remove("leads", lead_id="changed")
    tale.add("leads", lead_id="changed", created_at="2025-01-01", title="CEO", account_id="acme")


def new_rules_and_what_came_back(tale: Tale) -> None:
    tale.criterion("visits", "webinar", "100", frequency="every")
    tale.remove("identities", merged_lead_id="old")
    tale.add("leads", lead_id="deleted", created_at="2025-01-01")
    tale.add("leads", lead_id="newcomer", created_at="2025-01-01")
    tale.add("identities", lead_id="chain c", merged_lead_id="chain b", identified_at="2026-02-02")


@dataclass
class Told:
    """What came of each run of the tale."""

    differences: list[list[str]]
    scored: list[dict[tuple[str, str], dict[str, str]]]
    backtested: list[dict[tuple[str, str], dict[str, str]]]
    last: sequences.Step

    def of(self, scorecard_id: str, lead_id: str, column: str = "score") -> list[str | None]:
        """The cell of a lead after each run; None where it had no score."""
        return [scored.get((scorecard_id, lead_id), {}).get(column) for scored in self.scored]

    def back(self, lead_id: str, column: str) -> list[str | None]:
        """The cell of a lead in the back-test of `visits` after each run; None without a row."""
        return [scored.get(("visits", lead_id), {}).get(column) for scored in self.backtested]


@pytest.fixture(scope="module")
def told(pair: Pair) -> Told:
    """Tell the tale: begin, a batch, other rules, other points, a week, nothing, a day back."""
    pair.begin("one lead per case")
    found = Told([], [], [], sequences.Step({}, {}, {}, []))

    def run(as_of: str, did: str) -> None:
        found.last = tale.step(as_of, did)
        pair.told.append(did)
        pair.running.load_raw(found.last.raw)
        pair.running.write_policy(found.last.policy)
        invocation = pair.running.run(found.last.config)
        assert invocation.ok, pair.message(failures(invocation))
        got = pair.running.read()
        expected = oracle.score(found.last.raw, found.last.policy, found.last.config)
        found.differences.append(diff_tables(expected, got))
        for rows, mart in (
            (found.scored, "scored_leads"),
            (found.backtested, "backtest_scores"),
        ):
            rows.append({(row["scorecard_id"], row["lead_id"]): row for row in got[mart]})

    tale = first_run()
    run(BEGIN, "begin")
    next_batch(tale)
    run(NEXT_DAY, "a batch")
    new_rules_and_what_came_back(tale)
    run(NEXT_DAY, "a new criterion, and what came back")
    tale.criterion("visits", "visit", "2", frequency="every")
    run(NEXT_MORNING, "other points")
    run(NEXT_WEEK, "a week goes by")
    # A clock that is wrong by far must not hide what comes later.
    tale.event("80", "visit", "untouched", "2026-03-08", loaded_at="2999-01-01")
    run(NEXT_WEEK, "a clock that is wrong")
    tale.event("81", "visit", "after the clock", "2025-12-31", loaded_at="2026-03-08T20:00")
    run(BACK, "a few days back")
    return found


def test_each_run_of_the_tale_gives_what_is_expected(told: Told) -> None:
    assert told.differences == [[]] * 7


def test_the_last_run_of_the_tale_gives_what_a_full_one_gives(pair: Pair, told: Told) -> None:
    pair.compare(told.last)


def test_a_late_event_counts(told: Told) -> None:
    assert told.of("visits", "late") == ["1", "2", "2", "4", "4", "4", "4"]


def test_a_late_event_without_load_time_counts(told: Told) -> None:
    assert told.of("visits", "late without load time") == ["0", "1", "1", "2", "2", "2", "2"]


def test_a_second_copy_that_was_loaded_first_takes_the_place(told: Told) -> None:
    assert told.of("pages", "copied") == ["10", *["0"] * 6]
    assert told.of("visits", "copied")[:3] == ["1"] * 3


def test_a_second_copy_that_was_loaded_later_changes_nothing(told: Told) -> None:
    assert told.of("pages", "copied later") == ["10"] * 7
    assert told.of("visits", "copied later")[:3] == ["1"] * 3


def test_an_identity_found_later_brings_old_events(told: Told) -> None:
    assert told.of("visits", "known later")[:3] == ["0", "1", "1"]


def test_an_identification_before_the_event_takes_it_from_another_lead(told: Told) -> None:
    assert told.of("visits", "first")[:3] == ["1", "0", "0"]
    assert told.of("visits", "second")[:3] == ["0", "1", "1"]


def test_an_identification_of_the_future_counts_when_its_time_has_come(told: Told) -> None:
    assert told.of("visits", "known in time") == ["0", "0", "0", "0", "2", "2", "0"]


def test_a_merge_moves_events_and_its_withdrawal_moves_them_back(told: Told) -> None:
    assert told.of("visits", "kept")[:3] == ["1", "2", "1"]
    assert told.of("visits", "old")[:3] == ["1", None, "1"]


def test_a_chain_of_merges_that_grows_moves_events_on(told: Told) -> None:
    assert told.of("visits", "chain a")[:3] == ["1", None, None]
    assert told.of("visits", "chain b")[:3] == ["1", "2", None]
    assert told.of("visits", "chain c")[:3] == ["1", "1", "3"]


def test_a_changed_lead_is_scored_anew(told: Told) -> None:
    assert told.of("titles", "changed") == ["0", *["9"] * 6]
    assert told.of("titles", "changed", "account_id") == ["", *["acme"] * 6]


def test_a_deleted_lead_is_gone_and_comes_back_with_its_events(told: Told) -> None:
    assert told.of("visits", "deleted")[:3] == ["1", None, "1"]


def test_a_lead_that_comes_after_its_events_gets_them(told: Told) -> None:
    assert told.of("visits", "newcomer")[:4] == [None, None, "1", "2"]


def test_a_new_criterion_counts_old_events(told: Told) -> None:
    assert told.of("visits", "untouched")[:3] == ["1", "1", "101"]


def test_other_points_reach_leads_without_news(told: Told) -> None:
    assert told.of("visits", "untouched")[3] == "102"


def test_a_window_ends_by_time_alone(told: Told) -> None:
    assert told.of("windows", "windowed") == ["20", "20", "20", "20", "0", "0", "20"]
    changes = ["20", "20", "20", "20", "-20", "-20", "20"]
    assert told.of("windows", "windowed", "score_change") == changes


def test_a_decay_goes_on_by_time_alone(told: Told) -> None:
    assert told.of("decays", "decaying") == ["5", "4", "4", "4", "0", "0", "3"]


def test_an_absence_begins_by_time_alone(told: Told) -> None:
    assert told.of("absences", "silent") == ["0", "0", "0", "0", "-5", "-5", "0"]


def test_a_rule_becomes_valid_by_time_alone(told: Told) -> None:
    assert told.of("dates", "untouched") == ["0", "0", "0", "0", "7", "7", "0"]


def test_a_trend_changes_by_time_alone(told: Told) -> None:
    assert told.of("visits", "trend") == ["1", "1", "1", "2", "2", "2", "2"]
    changes = ["1", "1", "1", "2", "0", "0", "2"]
    assert told.of("visits", "trend", "score_change") == changes


def test_an_event_and_an_outcome_count_when_their_time_has_come(told: Told) -> None:
    assert told.of("visits", "future") == ["0", "0", "0", "0", "2", "2", "0"]
    assert told.of("visits", "converted", "latest_outcome") == ["", "", "", "", "won", "won", ""]


def test_a_lead_is_scored_when_its_creation_has_come(told: Told) -> None:
    assert told.of("visits", "created") == [None, None, None, None, "2", "2", None]


def test_a_clock_that_is_wrong_hides_nothing(told: Told) -> None:
    assert told.of("visits", "after the clock") == ["0", "0", "0", "0", "0", "0", "2"]


# --- the back-test --------------------------------------------------------------------------


def test_a_lead_is_backtested_when_its_own_moment_has_come(told: Told) -> None:
    assert told.back("coming of age", "score") == [None, "1", "1", *["2"] * 4]
    assert told.back("coming of age", "scored_at")[1:] == ["2026-03-02 00:00:00"] * 6


def test_a_window_closes_by_time_alone(told: Told) -> None:
    reasons = [*["window_open"] * 4, "", "", "window_open"]
    assert told.back("closing", "exclusion_reason") == reasons
    assert told.back("closing", "is_converted") == ["", "", "", "", "false", "false", ""]


def test_an_outcome_that_comes_later_is_a_label(told: Told) -> None:
    assert told.back("won later", "is_converted") == ["false", *["true"] * 6]


def test_a_merge_brings_labels_and_its_withdrawal_takes_them_away(told: Told) -> None:
    assert told.back("kept", "is_converted")[:3] == ["false", "true", "false"]
    assert told.back("old", "is_converted")[:3] == ["true", None, "true"]


def test_a_late_event_and_other_points_reach_the_backtest(told: Told) -> None:
    assert told.back("met before", "score") == ["0", "1", "1", *["2"] * 4]


def test_a_lead_of_another_creation_has_another_moment(told: Told) -> None:
    assert told.back("postponed", "scored_at") == ["2025-01-15 00:00:00", *[None] * 6]


def test_another_meaning_of_cells_reaches_what_was_read_before(pair: Pair, told: Told) -> None:
    # The command line sees by itself that what an earlier run kept no longer holds.
    vars_now = {**told.last.config, "missing_values": ["CEO"], "use_demo_data": False}
    expected = oracle.score(told.last.raw, told.last.policy, vars_now)
    said = Copy(pair.running.root).leadscore("run", "--vars", json.dumps(vars_now))
    assert said.code == 0, said.err
    assert not diff_tables(expected, pair.running.read())


def test_another_moment_of_its_own_is_scored_anew(pair: Pair) -> None:
    pair.begin("moments from a column")
    tale = Tale()
    config = {"backtest_moment_column": "asked_at"}
    moments = ("2026-02-03", "2026-02-03", "2026-02-03", "soon", "2026-03-02", "2025-12-31")
    for number, asked_at in enumerate(moments):
        tale.add("leads", lead_id=f"L{number}", created_at="2026-01-01", asked_at=asked_at)
        tale.event(f"{number}", "visit", f"L{number}", "2026-02-02")
    tale.criterion("visits", "visit", "1", window_days="7")
    expected = pair.run(tale.step(BEGIN, "begin", **config))["backtest_scores"]
    assert {row["lead_id"]: row["score"] for row in expected} == {"L0": "1", "L1": "1", "L2": "1"}
    for lead_id, asked_at in (("L0", "2026-02-01"), ("L1", ""), ("L3", "2026-02-04")):
        tale.remove("leads", lead_id=lead_id)
        tale.add("leads", lead_id=lead_id, created_at="2026-01-01", asked_at=asked_at)
    step = tale.step(NEXT_DAY, "other moments", **config)
    expected = pair.run(step)["backtest_scores"]
    found = {row["lead_id"]: row["score"] for row in expected}
    assert found == {"L0": "0", "L2": "1", "L3": "1", "L4": "0"}
    pair.compare(step)
    # Neither labels nor windows are stored.
    pair.run(tale.step(NEXT_DAY, "another window", **config, backtest_window_days=7))


def test_time_alone_scores_no_lead_for_its_own_moment(pair: Pair) -> None:
    """Windows end and points fade after a moment of the past as well, but not for it."""
    pair.begin("nothing but time")
    tale = Tale()
    tale.add("leads", lead_id="L1", created_at="2025-01-01", title="2025-02-01")
    tale.event("1", "visit", "L1", "2025-01-10")
    tale.event("2", "visit", "L1", "2025-03-10")
    tale.criterion("visits", "visit", "1", window_days="7")
    tale.criterion("titles", "title", "1", operator="days_from_now", value="0..30")
    (_, row) = pair.run(tale.step(BEGIN, "begin"))["backtest_scores"]
    assert row["score"] == "1"
    pair.run(tale.step(NEXT_DAY, "a day goes by"))
    with pair.running.warehouse() as warehouse:
        queue = warehouse.model("int_state__touched_leads")
        assert warehouse.rows(f"select * from {queue}") == []


# --- what a run reads -----------------------------------------------------------------------


def test_a_run_does_not_read_old_events_again(pair: Pair) -> None:
    if "event_lookback_hours" not in (pair.running.root / "dbt_project.yml").read_text():
        pytest.skip("every run reads all events: there is no var event_lookback_hours")
    tale = first_run()
    pair.begin("old events are read once")
    pair.run(tale.step(BEGIN, "begin"))

    def run(step: sequences.Step) -> None:
        expected = oracle.score(step.raw, step.policy, step.config)
        # The lookback ends 24 hours before the newest, which came half an hour before midnight.
        poisoned = [
            row
            if not row["loaded_at"] or row["loaded_at"] > "2026-02-27T23:30"
            else row | {"event_name": "visit", "lead_id": "late"}
            for row in step.raw["events"]
        ]
        assert poisoned != list(step.raw["events"])
        events = oracle.Table(poisoned, COLUMNS["events"])
        pair.running.load_raw({**step.raw, "events": events})
        pair.running.write_policy(step.policy)
        invocation = pair.running.run(step.config)
        assert invocation.ok, pair.message(failures(invocation))
        differences = diff_tables(expected, pair.running.read())
        assert not differences, pair.message(*step.did, *differences)

    next_batch(tale)
    run(tale.step(NEXT_DAY, "a batch, identities, merges and leads"))
    tale.criterion("visits", "visit", "2", frequency="every")
    tale.criterion("windows", "demo", "20", window_days="3")
    tale.criterion("decays", "trial", "10", decay="step", decay_days="2", max_points="4")
    run(tale.step(NEXT_WEEK, "other points, window, decay and cap; a week goes by"))
