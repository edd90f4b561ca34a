"""The benchmark at its smallest: the contestants agree, and the table says what each took."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb
import pytest
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper

import benchmarks.__main__ as benchmark
from benchmarks import report
from benchmarks.agreement import DisagreementError, compare, must_build_on
from benchmarks.data import Size, generate
from benchmarks.measuring import Cost
from benchmarks.operators import TOP, Profile, profiled_dbt
from benchmarks.policy import BANDS, DIMENSIONS, GROUPS, criteria


@pytest.mark.on_demand
def test_contestants_agree_and_the_table_prints(tmp_path: Path, capsys) -> None:
    page = tmp_path / "benchmarks.md"
    words = ["--leads", "300", "--events", "3000", "--folder", str(tmp_path / "bench")]
    code = benchmark.main([*words, "--write", str(page)])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    for name in (*benchmark.NAMES.values(), benchmark.WATCHED_MODELS):
        assert f"\n{name.format(watched=15)} " in printed.out
    assert "int_scoring__event_measures" in printed.out
    assert "without copies the SELECT gives all of 300 leads the" in printed.out
    assert "give the same scores (to 0.01): select, polars, pandas." in printed.out
    assert "the full run after: 1 % new events, nothing new, watch." in printed.out
    assert "a full run with the same points" in printed.out
    written = page.read_text(encoding="utf-8")
    assert "\n## 300 leads, 3,000 events, 50 criteria\n" in written
    assert "\nmake bench LEADS=300 EVENTS=3000 CRITERIA=50 REPEAT=1\n" in written
    assert str(tmp_path) not in written


def _scores(folder: Path, **scores: int | None) -> dict[str, Path]:
    """A Parquet of one lead for each contestant; without a score too little is known."""
    files = {}
    for name, score in scores.items():
        files[name] = folder / f"{name}.parquet"
        band = "insufficient_data" if score is None else "cold"
        duckdb.sql(
            f"select 'L1' as lead_id, {score or 0} as score, '{band}' as band"
        ).write_parquet(str(files[name]))
    return files


def test_a_difference_is_an_error(tmp_path: Path) -> None:
    files = _scores(tmp_path, one=10, other=11)
    with pytest.raises(DisagreementError, match="one and other differ in 1 leads"):
        compare(files)
    assert compare({"one": files["one"], "same": files["one"]}) == 1


def test_only_the_project_knows_that_too_little_is_known(tmp_path: Path) -> None:
    files = _scores(tmp_path, project=None, other=0)
    assert compare(files) == 1
    with pytest.raises(DisagreementError):
        compare(files, with_unknown=True)


_SAME = {"before": 9, "project": 10, "incremental": 10, "nothing": 10, "watch": 10}
# With the copies, which the project does not count.
_BY_HAND = {"checked": 10, "select": 11, "polars": 11, "pandas": 11}
_OTHER_POINTS = {"points": 12, "other_points": 12}


def test_all_that_should_agree_does(tmp_path: Path) -> None:
    assert len(benchmark.agreed(_scores(tmp_path, **_SAME, **_OTHER_POINTS, **_BY_HAND))) == 4


@pytest.mark.parametrize(
    ("name", "score", "said"),
    [
        ("checked", 11, "project and SELECT by hand differ"),
        ("polars", 10, "select and polars differ"),
        ("pandas", 10, "select and pandas differ"),
        ("incremental", 9, "full run and 1 % new events differ"),
        ("nothing", 9, "full run and nothing new differ"),
        ("watch", 9, "full run and watch differ"),
        ("points", 11, "full run and other points of one criterion differ"),
        # Otherwise a run that does nothing would pass.
        ("before", 10, "The new events changed no score"),
        ("points", 10, "The other points changed no score"),
    ],
)
def test_other_scores_are_an_error(tmp_path: Path, name: str, score: int, said: str) -> None:
    scores = {**_SAME, **_OTHER_POINTS, **_BY_HAND, name: score}
    with pytest.raises(DisagreementError, match=said):
        benchmark.agreed(_scores(tmp_path, **scores))


@pytest.mark.parametrize("is_full", [True, False])
def test_a_full_run_is_no_later_run(tmp_path: Path, is_full: bool) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema leadscore_intermediate")
        connection.execute(
            f"create table leadscore_intermediate.int_state__run as select {is_full} as is_full"
        )
    with pytest.raises(DisagreementError) if is_full else contextlib.nullcontext():
        must_build_on(warehouse, "a later run")


def test_ratios_are_to_the_baseline_and_bars_are_judged() -> None:
    table = report.contestants(
        [
            report.Row("full run: all", costs=[Cost(4, 2, 2**20), Cost(8, 4, 2**21)]),
            report.Row("slow", "full run: all", [Cost(3, 1, 0)], bar=0.25),
            report.Row("fast", "full run: all", [Cost(1.5, 1, 0)], bar=0.25),
            report.Row("left out", note="not run"),
        ]
    )
    first, slow, fast, left_out = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert (first["seconds"], first["ratio"], first["peak memory"]) == ("6.00", "", "2 MiB")
    assert (slow["ratio"], slow["to"], slow["bar"]) == ("0.50", "full run", "0.25 missed")
    assert (fast["ratio"], fast["bar"]) == ("0.25", "0.25 met")
    assert left_out["seconds"] == "not run"


def test_operators_are_taken_while_dbt_runs() -> None:
    profile = Profile()
    comment = '/* {"node_id": "model.leadscore.some_model"} */ '
    with profiled_dbt(profile):
        cursor = DuckDBCursorWrapper(duckdb.connect())
        cursor.execute(comment + "create table numbers as select sum(range) from range(100000)")
    first, *_ = profile.costly()
    assert first["statement"] == "some_model"
    assert len(profile.costly()) == TOP


def test_the_sweep_tells_how_time_grows(tmp_path: Path, capsys, monkeypatch) -> None:
    seconds = iter([2.0, 21.0])

    def measured(name: str, job: dict) -> tuple[dict, Cost]:
        cost = Cost(next(seconds), 1.0, 2**20)
        return {"work": vars(cost)}, cost

    monkeypatch.setattr(benchmark, "_in_own_process", measured)
    code = benchmark.main(
        ["--leads", "500", "--events", "1000", "--sweep", "--folder", str(tmp_path)]
    )
    printed = capsys.readouterr().out
    assert code == 0
    assert "100 events" in printed
    assert "1,000 events" in printed
    assert " 10.50 " in printed


def test_a_page_holds_one_section_of_each_title(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    for title, remark in [("small", "first"), ("large", "other"), ("small", "second")]:
        report.Report(title, [], [remark]).write(page, "make bench")
        if title == "large":
            page.write_text(page.read_text(encoding="utf-8") + "\n## By hand\n\nKept.\n")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## small", "## large", "## By hand",
    ]  # fmt: skip
    assert "- second\n" in text
    assert "- first\n" not in text
    assert text.endswith("\nKept.\n")


def test_data_are_the_same_every_time(tmp_path: Path) -> None:
    size = Size(leads=500, events=20000)
    first, second = (generate(size, tmp_path / name) for name in ("first", "second"))
    for kind in ("leads", "events"):
        different = duckdb.execute(
            "select count(*) from ((from read_parquet($1) except all from read_parquet($2))"
            " union all (from read_parquet($2) except all from read_parquet($1)))",
            [str(getattr(first, kind)), str(getattr(second, kind))],
        ).fetchone()
        assert different == (0,)
    rows, ids, late = duckdb.execute(
        "select count(*), count(distinct event_id), count_if(occurred_at >= '2026-03-01')"
        " from read_parquet($1)",
        [str(first.events)],
    ).fetchone()
    assert (rows, ids, late) == (20000, 19800, 0)


@pytest.mark.parametrize("count", [50, 73, 200])
def test_the_policy_holds_every_kind_of_criterion(count: int) -> None:
    rows = criteria(count)
    assert len(rows) == count
    assert len({row.criterion_id for row in rows}) == count
    assert sum(row.signal == "event" for row in rows) == count - count * 2 // 5
    events = [row for row in rows if row.signal == "event"]
    assert {row.measure or "count" for row in events} == {
        "count", "distinct_days", "distinct_values", "sum", "rate", "days_since_last",
    }  # fmt: skip
    fading = {(row.decay, row.frequency or "once") for row in events if row.decay}
    assert len(fading) == 6
    ids = {row.criterion_id for row in rows}
    assert {row.requires for row in rows} | {row.unless for row in rows} <= ids | {""}
    assert {row.group_id for row in rows} - {""} == set(GROUPS)
    assert {row.dimension for row in rows} == set(DIMENSIONS) <= set(BANDS)
