"""What the Python tests share."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from command import Copy, Said
from dbt_common.clients import system
from harness import Project, close_warehouses

# Two files run at a time: one that takes long must not begin last.
_LONG_FILES = ("test_spark.py", "test_crash_safety.py", "test_watch.py")


def pytest_configure() -> None:
    """Spare each run a fifth of its time, in which dbt writes what hardly a test reads."""
    # The log of all statements.
    os.environ.setdefault("DBT_LOG_LEVEL_FILE", "info")
    # The manifest: `json.dump` has the encoder in Python, `json.dumps` the one in C.
    system.json = SimpleNamespace(
        load=json.load, dump=lambda data, file, **how: file.write(json.dumps(data, **how))
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files, and skip what takes long, unless all is asked for."""
    items.sort(key=lambda item: item.path.name not in _LONG_FILES)
    if os.environ.get("LEADSCORE_TEST_ALL"):
        return
    for item in items:
        if item.get_closest_marker("on_demand"):
            item.add_marker(pytest.mark.skip(reason="on demand: LEADSCORE_TEST_ALL=1"))


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    """Let go of warehouses, whose folders may be gone by then, before the next file of tests."""
    yield
    close_warehouses()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return one copy of the project for all tests: each test replaces its inputs and policy."""
    return Project(tmp_path_factory.mktemp("a project") / "copy")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Copy, Said]:
    """Return a scored demo with a space in its path, and what `leadscore demo` said there.

    Tests that change it restore it.
    """
    copy = Copy.fresh(tmp_path_factory.mktemp("demo") / "lead score")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_LOG_LEVEL_FILE", "debug")
        said = copy.leadscore("demo")
    copy.save()
    return copy, said


@pytest.fixture
def scored(demo: tuple[Copy, Said]) -> Copy:
    """Return the scored demo, to be changed."""
    demo[0].restore()
    return demo[0]
