"""What the Python tests share."""

from __future__ import annotations

import pytest
from command import Copy, Said
from harness import Project


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
    said = copy.leadscore("demo")
    copy.save()
    return copy, said


@pytest.fixture
def scored(demo: tuple[Copy, Said]) -> Copy:
    """Return the scored demo, to be changed."""
    demo[0].restore()
    return demo[0]
