"""That `make parity` would notice: its comparison on made-up engines, one of which is wrong."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import engines
import parity
import pytest
from engines import MARTS, Engine, exact
from leadscore.dbt import Invocation, Step
from marts import Mart, Marts
from rich.console import Console

KEY = MARTS["scored_leads"][0]
LEADS = [
    {"scorecard_id": "b2b", "lead_id": f"L{number}", "score": Decimal("25.00"), "band": None}
    for number in range(3)
]
CASE = parity.Case("made up", {}, lambda engine: None, ("scored_leads",))
BAD_CASE = parity.Case("bad", {}, lambda engine: None, ("policy_errors",), must_stop=True)


class Fake(Engine):
    """An engine that only says that it scored."""

    leads: list[dict[str, Any]] = LEADS
    failed = ""

    def _start(self) -> None:
        return None

    def run(self, config: object, *, full_refresh: bool) -> Invocation:
        if self.failed:
            return Invocation(False, [Step(f"model.leadscore.{self.failed}", "error", 0, "why")])
        return Invocation(ok=True)

    def marts(self, names: object) -> Marts:
        columns = sorted(LEADS[0])
        rows = [tuple(exact(row[column]) for column in columns) for row in self.leads]
        return {name: Mart(name, columns, rows, KEY) for name in names}


class Reference(Fake):
    name = "duckdb"


def _changed(**cells: Any) -> list[dict[str, Any]]:
    return [LEADS[0], LEADS[1] | cells, LEADS[2]]


def _outcomes(
    tmp_path: Path, *kinds: type[Engine], case: parity.Case = CASE
) -> tuple[list[parity.Outcome], bool, str]:
    """Return what came of engines beside the reference, whether all was well, and what was said."""
    outcomes = list(parity.run_cases([Reference, *kinds], [case], tmp_path))
    said = io.StringIO()
    good = parity.report(outcomes, Console(file=said, width=200))
    return outcomes, good, said.getvalue()


def _wrong(**attributes: Any) -> type[Fake]:
    return type("Other", (Fake,), {"name": "other", **attributes})


def test_equal_rows_in_any_order_are_the_same(tmp_path: Path) -> None:
    outcomes, good, said = _outcomes(tmp_path, _wrong(leads=LEADS[::-1]))
    assert good, said
    assert [(outcome.rows, outcome.different) for outcome in outcomes] == [(3, 0), (3, 0)]


@pytest.mark.parametrize(
    ("leads", "different", "words"),
    [
        (_changed(score=Decimal("25.01")), 1, "score '25.00' became '25.01'"),
        (_changed(score=Decimal("25.0")), 1, "score '25.00' became '25.0'"),
        (_changed(band=""), 1, "band None became ''"),
        (_changed(lead_id="l1"), 2, "b2b/l1: 0 rows lack, 1 are too many"),
        (LEADS[1:], 1, "b2b/L0: 1 rows lack, 0 are too many"),
        ([*LEADS, LEADS[0]], 1, "b2b/L0: 0 rows lack, 1 are too many"),
        ([], 3, "b2b/L2: 1 rows lack, 0 are too many"),
    ],
)
def test_rows_that_differ_are_counted_and_named(
    tmp_path: Path, leads: list[dict[str, Any]], different: int, words: str
) -> None:
    outcomes, good, said = _outcomes(tmp_path, _wrong(leads=leads))
    assert not good
    assert outcomes[1].different == different
    assert f"scored_leads {words}" in said or words in said


def test_an_engine_that_fails_is_no_engine_that_agrees(tmp_path: Path) -> None:
    _, good, said = _outcomes(tmp_path, _wrong(failed="scored_leads"))
    assert not good
    assert "scored_leads: why" in said

    def raises(self: Engine, names: object) -> Marts:
        raise RuntimeError("the server is gone")

    (tmp_path / "again").mkdir()
    _, good, said = _outcomes(tmp_path / "again", _wrong(marts=raises))
    assert not good
    assert "the server is gone" in said


def test_an_engine_that_does_not_start_is_named(tmp_path: Path) -> None:
    def raises(self: Engine) -> None:
        raise RuntimeError("no port is free")

    _, good, said = _outcomes(tmp_path, _wrong(_start=raises))
    assert not good
    assert "no port is free" in said


def test_an_engine_that_is_not_there_is_named(tmp_path: Path) -> None:
    other = _wrong(reason_unavailable=classmethod(lambda cls: "it is not installed"))
    _, good, said = _outcomes(tmp_path, other)
    assert not good
    assert "it is not installed" in said


def test_a_mart_that_is_not_there_is_a_difference(tmp_path: Path) -> None:
    _, good, said = _outcomes(tmp_path, _wrong(marts=lambda self, names: {}))
    assert not good
    assert "only one of the two has it" in said


def test_nothing_agrees_for_want_of_rows(tmp_path: Path) -> None:
    Nothing = type("Nothing", (Reference,), {"leads": []})  # noqa: N806
    outcomes = list(parity.run_cases([Nothing, _wrong(leads=[])], [CASE], tmp_path))
    assert [bool(outcome.problems) for outcome in outcomes] == [True, True]
    assert not parity.report([], Console(file=io.StringIO()))


def test_a_reference_that_fails_lets_nobody_agree(tmp_path: Path) -> None:
    Failing = type("Failing", (Reference,), {"failed": "scored_leads"})  # noqa: N806
    outcomes = list(parity.run_cases([Failing, _wrong()], [CASE], tmp_path))
    assert [bool(outcome.problems) for outcome in outcomes] == [True, True]


def test_a_bad_policy_must_stop_the_run_at_the_gate(tmp_path: Path) -> None:
    class Stopping(Reference):
        failed = "int_policy__gate"

    for number, (failed, expected) in enumerate(
        [("int_policy__gate", True), ("", False), ("scored_leads", False)]
    ):
        place = tmp_path / str(number)
        place.mkdir()
        outcomes = list(parity.run_cases([Stopping, _wrong(failed=failed)], [BAD_CASE], place))
        assert not outcomes[0].problems
        assert (not outcomes[1].problems) is expected


def test_what_a_golden_case_expects_is_asked_of_the_reference(tmp_path: Path) -> None:
    case = parity.Case(
        "golden", {}, lambda engine: None, ("scored_leads",), check=lambda engine: ["not as said"]
    )
    outcomes, good, said = _outcomes(tmp_path, case=case)
    assert not good
    assert outcomes[0].different == 1
    assert "not as said" in said


def test_no_mart_holds_floating_point_or_zones() -> None:
    for cell in (1.5, datetime(2026, 3, 1, tzinfo=UTC)):
        with pytest.raises(TypeError):
            exact(cell)
    assert exact(datetime(2026, 3, 1)) == "2026-03-01 00:00:00.000000"
    assert [exact(cell) for cell in (True, 1, Decimal("1E+2"))] == ["true", "1", "100"]


def test_every_mart_that_follows_from_the_inputs_is_compared() -> None:
    # What is left out follows from runs, deliveries, exports, or nothing at all.
    models = {path.stem for path in engines.PROJECT.glob("models/marts/**/*.sql")}
    assert models - set(MARTS) == {
        "lead_score_days",
        "run_audit",
        "hand_offs",
        "hand_off_deliveries",
        "export_batches",
        "exported_leads",
    }


@pytest.mark.parametrize(
    "words", [["--engines", "duckdb,oracle"], ["--golden", "no such case"], ["--no-demo"]]
)
def test_what_cannot_be_compared_is_said_at_once(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parity.main(["--policies", "0", "--golden", "none", *words])
    assert ended.value.code == 2
    assert "error" in capsys.readouterr().err


def test_servers_that_cannot_be_installed_are_named(tmp_path: Path) -> None:
    # Neither Java nor apt-get is on this path.
    (tmp_path / "bash").symlink_to("/bin/bash")
    (tmp_path / "sed").symlink_to("/bin/sed")
    said = subprocess.run(
        [engines.PROJECT / ".ci" / "servers", "spark"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "Java 17" in said.stderr
