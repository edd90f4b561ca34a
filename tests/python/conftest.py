"""What the Python tests share."""

from __future__ import annotations

import pytest
from harness import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return one copy of the project for all tests: each test replaces its inputs and policy."""
    return Project(tmp_path_factory.mktemp("a project") / "copy")
