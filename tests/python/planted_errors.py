"""Plants an error in each scoring macro and shows that the independent scorer notices it.

What keeps rows from run to run shows its errors only over several runs: there the tests of
incremental runs must fail.

Run by hand, since each error takes a run of dbt: `make mutants`, or
`python tests/python/planted_errors.py [PART OF A NAME ...]`. Ends non-zero when an error goes
unnoticed or can no longer be planted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import oracle
import strategies
from comparison import diff_tables
from harness import Project, copy_project

SEED = 20260301
POLICIES = 210
# An error that one random world does not touch is looked for in the next.
WORLDS = 3


@dataclass(frozen=True)
class PlantedError:
    """One deliberate mistake.

    Args:
        name: the macro or model that is broken.
        file: its file, relative to the project.
        right: the text that stands there, found exactly once.
        wrong: what is put in its place.
        over_runs: whether it takes several runs to notice.
    """

    name: str
    file: str
    right: str
    wrong: str
    over_runs: bool = False


def _macro(name: str, right: str, wrong: str, file: str) -> PlantedError:
    return PlantedError(name, f"macros/{file}.sql", right, wrong)


def _model(name: str, right: str, wrong: str) -> PlantedError:
    return PlantedError(name, f"models/intermediate/scoring/{name}.sql", right, wrong)


def _backtest(name: str, right: str, wrong: str) -> PlantedError:
    return PlantedError(name, f"models/intermediate/backtest/{name}.sql", right, wrong)


def _state(name: str, right: str, wrong: str, file: str = "") -> PlantedError:
    """Return an error in what is kept: in a macro, or without a file in the model of that name."""
    path = f"macros/state/{file}.sql" if file else f"models/intermediate/{name}.sql"
    return PlantedError(name, path, right, wrong, over_runs=True)


ITEM_TESTS, MEASURES, POINTS = "scoring/item_tests", "scoring/measures", "scoring/points"
STATUS, LIMITS = "scoring/status", "scoring/limits"
NUMBERS, TIMES, TEXT, JSON = "engines/numbers", "engines/times", "engines/text", "engines/json"

ERRORS = [
    # --- the test of one item ---
    _macro(
        "alternative_is_found",
        "then left({{ value }}, length({{ alternative }})) = {{ alternative }}",
        "then position({{ alternative }} in {{ value }}) > 0",
        ITEM_TESTS,
    ),
    _macro(
        "alternative_is_found",
        "then position({{ alternative }} in {{ value }}) > 0",
        "then position({{ alternative }} in {{ value }}) > 1",
        ITEM_TESTS,
    ),
    _macro(
        "alternative_is_found",
        "then right({{ value }}, length({{ alternative }}))",
        "then left({{ value }}, length({{ alternative }}))",
        ITEM_TESTS,
    ),
    _macro(
        "value_passes_test",
        "then {{ tested }}.operator = 'is_not_set'",
        "then {{ tested }}.operator in ('is_not_set', 'not_equals')",
        ITEM_TESTS,
    ),
    _macro(
        "value_passes_test",
        "('true', 'yes', 'y', '1', 't')",
        "('true', 'yes', 'y', '1')",
        ITEM_TESTS,
    ),
    _macro(
        "value_passes_test",
        "('false', 'no', 'n', '0', 'f')",
        "('false', 'no', 'n', '0')",
        ITEM_TESTS,
    ),
    _macro(
        "value_passes_test",
        "then not {{ any_alternative_found }}",
        "then {{ any_alternative_found }}",
        ITEM_TESTS,
    ),
    _macro(
        "value_passes_test",
        "replace(replace(\" ~ tested ~ \".value_folded, chr(13), ' '), chr(10), ' ')",
        "replace(\" ~ tested ~ \".value_folded, chr(13), ' ')",
        ITEM_TESTS,
    ),
    _macro("days_from_now_holds", "matched ~ '.low_days'", "matched ~ '.low_days + 1'", ITEM_TESTS),
    _macro("lies_within", "{{ number }} <= {{ high }}", "{{ number }} < {{ high }}", ITEM_TESTS),
    _macro("lies_within", "{{ number }} >= {{ low }}", "{{ number }} > {{ low }}", ITEM_TESTS),
    # --- events ---
    _macro(
        "fitting_events",
        "events.{{ property.alias }}_key = rules.value_key",
        "events.{{ property.alias }}_key >= rules.value_key",
        "scoring/matching",
    ),
    _macro(
        "counts_at_moment",
        "{{ fitting }}.known_at <= {{ scored_at }}",
        "{{ fitting }}.known_at < {{ scored_at }}",
        "scoring/matching",
    ),
    _macro(
        "counts_at_moment",
        "< {{ fitting }}.window_microseconds",
        "<= {{ fitting }}.window_microseconds",
        "scoring/matching",
    ),
    _macro("age_in_days", "86400000000) }}", "86400000001) }}", MEASURES),
    _macro(
        "is_younger_than",
        "< {{ window_microseconds(days) }}",
        "<= {{ window_microseconds(days) }}",
        MEASURES,
    ),
    _macro("window_microseconds", "as bigint) * 86400000000", "as bigint) * 86400000001", MEASURES),
    _macro("step_kinds", "'age': 3", "'age': 0", MEASURES),
    _macro(
        "step_kind",
        "{{ criteria }}.frequency = 'every'",
        "{{ criteria }}.frequency = 'once'",
        MEASURES,
    ),
    _macro(
        "measure_step",
        "'cast(' ~ occurred_at ~ ' as date)'",
        "'cast(' ~ scored_at ~ ' as date)'",
        MEASURES,
    ),
    _macro(
        "measure_value",
        "when {{ measured }}.base_count > 0",
        "when {{ measured }}.base_count > 1",
        MEASURES,
    ),
    _macro("measure_value", "{{ measured }}.value_count", "{{ measured }}.event_count", MEASURES),
    _macro(
        "holds_without_events",
        "('count', 'distinct_days', 'distinct_values')",
        "('count')",
        MEASURES,
    ),
    _macro(
        "decayed_points",
        "greatest(0, ' ~ decay_days ~ ' - ' ~ age_days ~ ')'",
        "(' ~ decay_days ~ ' - ' ~ age_days ~ ')'",
        "scoring/decay",
    ),
    _macro(
        "decayed_points",
        "half_power(age_days, decay_days)",
        "half_power(age_days ~ ' + 1', decay_days)",
        "scoring/decay",
    ),
    _macro(
        "decayed_points",
        "half_power(whole_quotient(age_days, decay_days), 1)",
        "half_power(age_days, decay_days)",
        "scoring/decay",
    ),
    # --- points ---
    _macro("counts_on_date", "{{ criteria }}.is_active", "true", POINTS),
    _macro(
        "counts_on_date",
        "criteria ~ '.valid_from', criteria ~ '.valid_to'",
        "criteria ~ '.valid_from', 'null'",
        POINTS,
    ),
    _macro("links_allow", "coalesce({{ excluding_held }}, 0) = 0", "true", POINTS),
    _macro(
        "links_allow",
        "coalesce({{ required_held }}, 0) = coalesce({{ required_count }}, 0)",
        "(coalesce({{ required_held }}, 0) > 0 or {{ required_count }} is null)",
        POINTS,
    ),
    _macro(
        "criterion_points",
        "{{ criteria }}.points * {{ full_steps(measure, criteria ~ '.every_n') }}",
        "{{ criteria }}.points",
        POINTS,
    ),
    _macro("full_steps", "when {{ measure }} > 0", "when {{ measure }} > 1", POINTS),
    _macro("cut_to_size", "greatest(-{{ size }}, ", "greatest(-9999999, ", LIMITS),
    _macro(
        "clipped",
        "when {{ number }} < {{ lowest }} then {{ lowest }}",
        "when {{ number }} < {{ lowest }} then {{ number }}",
        LIMITS,
    ),
    _macro(
        "clipped",
        "when {{ number }} > {{ highest }} then {{ highest }}",
        "when {{ number }} > {{ highest }} then {{ number }}",
        LIMITS,
    ),
    # --- status, bands, accounts ---
    _macro("score_status", "{{ first_event_at }} is null then", "true then", STATUS),
    _macro(
        "lies_in_band",
        "{{ points }} < {{ range }}.below_points",
        "{{ points }} <= {{ range }}.below_points",
        STATUS,
    ),
    _macro(
        "score_percentile", "'100 * ' ~ leads_below", "'100 * (' ~ leads_below ~ ' + 1)'", STATUS
    ),
    _macro(
        "account_score",
        "{{ leads }}.position <= 3",
        "{{ leads }}.position <= 4",
        "scoring/accounts",
    ),
    _macro("account_score", "'count(' ~ scored ~ ')', 2", "'count(*)', 2", "scoring/accounts"),
    # --- engines ---
    _macro(
        "rounded_quotient", "(2 * 10 ** places) ~ ' + ' ~ bottom", "(2 * 10 ** places)", NUMBERS
    ),
    _macro("half_power", "693147180559945309", "693147180059945309", NUMBERS),
    _macro("rounded_product", "as decimal(38, {{ places }}))", "as decimal(38, 2))", NUMBERS),
    _macro("number_pattern", "{1,12}", "{1,11}", NUMBERS),
    _macro("time_pattern", "( ?(Z|", "((Z|", TIMES),
    _macro("parsed_time", "or contains(substr({{ text }}, 17), '-')", "", TIMES),
    _macro(
        "days_between",
        "date_diff('day', {{ first_date }}, {{ second_date }})",
        "date_diff('day', {{ second_date }}, {{ first_date }})",
        TIMES,
    ),
    _macro(
        "plain_number",
        "rtrim(rtrim(cast(cast({{ number }} as decimal(38, 2))",
        "rtrim(rtrim(cast(cast({{ number }} + 0.1 as decimal(38, 2))",
        TEXT,
    ),
    _macro(
        "regex_found",
        "regexp_matches({{ text }}, {{ pattern }})",
        "regexp_full_match({{ text }}, {{ pattern }})",
        TEXT,
    ),
    _macro(
        "evidence_order",
        "event_id := {{ event_id }}, value_key := {{ value_key }}",
        "value_key := {{ value_key }}, event_id := {{ event_id }}",
        "engines/evidence",
    ),
    _macro(
        "cleaned",
        "case when lower({{ text }}) not in",
        "case when {{ text }} not in",
        "inputs/source_columns",
    ),
    _macro("tie_order", "desc nulls last", "asc nulls last", "inputs/source_columns"),
    _macro("unknown_value_key", "{{ -1 - position }}", "-1", "inputs/declared"),
    _macro(
        "policy_at_least",
        "then case when {{ at_most }} = 0 then 0 else 1 end",
        "then 1",
        "checks/policy_cells",
    ),
    # --- models that hold a rule of their own ---
    _model("int_scoring__lead_moments", "<= lead_moments.scored_at", "< lead_moments.scored_at"),
    # --- the back-test ---
    PlantedError(
        "int_facts__leads",
        "models/intermediate/facts/int_facts__leads.sql",
        "leads.created_at <= {{ own_moment }}",
        "leads.created_at < {{ own_moment }}",
    ),
    _backtest(
        "int_backtest__labels",
        "        outcomes.occurred_at,",
        "        outcomes.known_at as occurred_at,",
    ),
    _backtest("int_backtest__labels", "leads.scored_at >= ", "leads.scored_at > "),
    _backtest("int_backtest__labels", "leads.window_ends_at >= ", "leads.window_ends_at > "),
    _macro(
        "exclusion_reason",
        "when {{ window_ends_at }} > {{ as_of }}",
        "when {{ window_ends_at }} >= {{ as_of }}",
        "scoring/backtest",
    ),
    _model(
        "int_scoring__ranks",
        "results.last_event_at desc nulls last",
        "results.last_event_at nulls last",
    ),
    _model("int_scoring__actions", "or conditions_needed.names_bands = 1", "or true"),
    _model("int_scoring__coverage", "and criteria.is_active", ""),
    _model(
        "int_scoring__explanations",
        "explaining_points.place <= 3",
        "explaining_points.place <= 2",
    ),
    _model(
        "int_scoring__latest_outcomes",
        "outcomes.known_at <= moments.scored_at",
        "outcomes.known_at < moments.scored_at",
    ),
    _model("int_scoring__conditions", "and measures.criterion_key is null", ""),
    # --- what is kept from run to run ---
    _state("state/int_state__run", "~ var('event_lookback_hours')", "~ 0"),
    _state(
        "state/int_state__run",
        "last_completed.as_of is null or last_completed.as_of > {{ as_of }} as measures_all",
        "last_completed.as_of is null as measures_all",
    ),
    _state(
        "state/int_state__run",
        "last_completed.policy_fingerprint <> fingerprints.policy_fingerprint",
        "1 = 0",
    ),
    _state(
        "state/int_state__changed_owners",
        "from changed_spans\n{%- endif %}",
        "from changed_spans\nwhere 1 = 0\n{%- endif %}",
    ),
    _state(
        "state/int_state__touched_leads",
        "activity.next_event_at <=",
        "1 = 0 and activity.next_event_at <=",
    ),
    _state(
        "state/int_state__touched_leads",
        "where measures.next_change_at <=",
        "where 1 = 0 and measures.next_change_at <=",
    ),
    _state(
        "state/int_state__touched_leads",
        "(leads.created_at > this_run.last_as_of and leads.created_at <= this_run.as_of)",
        "1 = 0",
    ),
    _state(
        "state/int_state__touched_leads",
        "(leads.backtest_at > this_run.last_as_of and leads.backtest_at <= this_run.as_of)",
        "1 = 0",
    ),
    _state(
        "facts/int_facts__leads",
        "columns.append('leads.backtest_moment')",
        "columns.append('leads.created_at')",
    ),
    _state(
        "moved_moment",
        "when {{ moment_sets()['trend'] }} then {{ this_run }}.trend_at",
        "else {{ this_run }}.trend_at",
        "moments",
    ),
    _state(
        "scoring/int_scoring__event_measures",
        "'case when numbered_rules.window_days is not null then '",
        "'case when 1 = 0 then '",
    ),
    _state(
        "scoring/int_scoring__event_measures",
        "else 'kept_rules.rule_key is null' }} as is_new",
        "else 'false' }} as is_new",
    ),
    _state(
        "policy/int_policy__rules",
        "'criteria.measure_property', 'criteria.window_days',",
        "'criteria.measure_property',",
    ),
    _state(
        "identity/int_identity__repeated_events", "stored_copies + row_number()", "row_number()"
    ),
    _state("day_later", "+ 1) * 86400000000", "+ 2) * 86400000000", "moments"),
    _state("range_is_crossed", "{{ earlier }} <> {{ later }}", "1 = 0", "moments"),
    _state("is_read_again", "or not {{ prefix }}has_load_time", "", "facts"),
    _state(
        "keys_given",
        "coalesce(max(stored.{{ key }}), 0)",
        "coalesce(min(stored.{{ key }}), 0)",
        "dictionaries",
    ),
]


def plant(root: Path, error: PlantedError) -> None:
    """Put an error into a copy of the project.

    Raises ValueError where the right text does not stand in the file exactly once.
    """
    path = root / error.file
    text = path.read_text(encoding="utf-8")
    if text.count(error.right) != 1:
        raise ValueError(f"{error.file}: found {text.count(error.right)} times: {error.right}")
    path.write_text(text.replace(error.right, error.wrong), encoding="utf-8")


def noticed_by(project: Project, world: strategies.World, expected: dict[str, oracle.Table]) -> str:
    """Return the first thing by which a broken project gives itself away; empty for nothing."""
    project.load_raw(world.raw)
    project.write_policy(world.policy)
    invocation = project.run(world.config, full_refresh=True)
    if not invocation.ok:
        message = invocation.error or invocation.failed[0].message
        return f"the run fails: {message.splitlines()[-1].strip()}"
    return next(iter(diff_tables(expected, project.read(), most=1)), "")


def noticed_over_runs(root: Path) -> str:
    """Return the first test of incremental runs that fails in a broken copy; empty for none."""
    tests = "tests/python/test_incremental.py"
    # What takes the least time and notices the most comes first.
    first = f"{tests}::test_each_run_of_the_tale_gives_what_is_expected"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", first, tests],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode == 0:
        return ""
    lines = ran.stdout.splitlines()
    failed = [line for line in lines if line.startswith(("FAILED ", "ERROR "))]
    if ran.returncode != 1 or not failed:
        raise RuntimeError(f"{tests} did not run: {(ran.stderr or ran.stdout)[-400:]}")
    return failed[0]


def main(wanted: list[str]) -> int:
    """Plant the errors whose name holds one of the wanted words (none: all).

    Returns the exit code.
    """
    chosen = [error for error in ERRORS if not wanted or any(word in error.name for word in wanted)]
    worlds = []
    for seed in range(
        SEED, SEED + WORLDS if any(not error.over_runs for error in chosen) else SEED
    ):
        world = strategies.world(seed, policies=POLICIES)
        worlds.append((world, oracle.score(world.raw, world.policy, world.config)))
    missed = 0
    for number, error in enumerate(chosen, start=1):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / f"planted_{number}"
            if error.over_runs:
                copy_project(root)
                plant(root, error)
                seen = noticed_over_runs(root)
            else:
                project = Project(root)
                plant(root, error)
                seen = next(filter(None, (noticed_by(project, *world) for world in worlds)), "")
        missed += not seen
        said = f"noticed {error.name}: {seen}" if seen else f"MISSED  {error.name}: {error.wrong}"
        print(f"{number:3}/{len(chosen)} {said}"[:220], flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} planted errors noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
