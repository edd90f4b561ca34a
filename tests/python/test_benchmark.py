"""The benchmark at its smallest: the contestants agree, and the table says what each took."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import benchmarks.__main__ as benchmark
from benchmarks.agreement import DisagreementError, compare
from benchmarks.data import Size, generate
from benchmarks.policy import BANDS, DIMENSIONS, GROUPS, criteria


def test_contestants_agree_and_the_table_prints(tmp_path: Path, capsys) -> None:
    page = tmp_path / "benchmarks.md"
    words = ["--leads", "300", "--events", "3000", "--repeat", "1", "--profile"]
    code = benchmark.main([*words, "--folder", str(tmp_path / "bench"), "--write", str(page)])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    for name in (*benchmark.NAMES.values(), benchmark.PROCESS):
        assert f"\n{name} " in printed.out
    assert "int_scoring__event_measures" in printed.out
    assert "gave the same scores to all of 1,000" in printed.out
    written = page.read_text(encoding="utf-8")
    assert "## Most costly operators" in written
    assert str(tmp_path) not in written


def test_a_difference_is_an_error(tmp_path: Path) -> None:
    files = {name: tmp_path / f"{name}.parquet" for name in ("one", "other")}
    for name, score in (("one", 10), ("other", 11)):
        duckdb.sql(f"select 'L1' as lead_id, {score} as score, 'cold' as band").write_parquet(
            str(files[name])
        )
    with pytest.raises(DisagreementError, match="one and other differ in 1 leads"):
        compare(files)
    assert compare({"one": files["one"], "same": files["one"]}) == 1


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
