"""The dbt project that a command works on: where it lies, and what its vars say."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from leadscore.errors import ExitCode, LeadscoreError

PACKAGE = "leadscore"
PROJECT_FILE = "dbt_project.yml"
POLICY_FILES = ("scorecards", "criteria", "groups", "dimensions", "bands", "actions")


@dataclass(frozen=True)
class Project:
    """A dbt project on disk, with the choices made on the command line.

    Args:
        root: the folder that holds dbt_project.yml.
        target: the target of profiles.yml to use; None for the profile's default.
        given_vars: vars given on the command line; they outrank those of dbt_project.yml.
    """

    root: Path
    target: str | None = None
    given_vars: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The project's dbt_project.yml."""
        return self.root / PROJECT_FILE

    @property
    def settings(self) -> dict[str, Any]:
        """What dbt_project.yml says."""
        return read_yaml(self.file)

    @property
    def policy_folder(self) -> Path:
        """The folder of the policy CSVs that analysts edit."""
        folders = [
            self.root / path / "scoring" for path in self.settings.get("seed-paths", ["seeds"])
        ]
        return next((folder for folder in folders if folder.is_dir()), folders[0])

    @property
    def profiles_folder(self) -> Path:
        """The folder whose profiles.yml dbt follows: DBT_PROFILES_DIR, else the project's."""
        return Path(os.environ.get("DBT_PROFILES_DIR") or self.root)

    @property
    def target_folder(self) -> Path:
        """Where dbt writes manifest.json and run_results.json."""
        given = os.environ.get("DBT_TARGET_PATH") or self.settings.get("target-path") or "target"
        return self.root / given

    @property
    def log_file(self) -> Path:
        """The file that dbt logs every statement to."""
        return self.root / (os.environ.get("DBT_LOG_PATH") or "logs") / "dbt.log"

    def var(self, name: str, default: Any = None) -> Any:
        """The value of a var: from the command line, else from dbt_project.yml, else `default`."""
        declared = self.settings.get("vars") or {}
        for scope in (self.given_vars, declared.get(PACKAGE) or {}, declared):
            if name in scope:
                return scope[name]
        return default

    def ensure_profile(self) -> bool:
        """Makes profiles.yml from profiles.yml.example when there is none.

        Returns:
            True when it was made just now.

        Raises:
            LeadscoreError: there is neither a profile nor an example.
        """
        profile = self.profiles_folder / "profiles.yml"
        if profile.exists():
            return False
        example = self.root / "profiles.yml.example"
        if self.profiles_folder != self.root or not example.exists():
            raise LeadscoreError(
                "There is no profiles.yml, so it is not known which warehouse to use.",
                where=str(profile),
                remedy="Write one as in profiles.yml.example, or unset DBT_PROFILES_DIR.",
                code=ExitCode.USAGE,
            )
        shutil.copyfile(example, profile)
        return True


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file as a dict.

    Raises:
        LeadscoreError: the file is not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LeadscoreError(
            f"This file is not readable as YAML: {error}",
            where=str(path),
            remedy="Mend the line that it names; a missing space after a colon is the usual cause.",
        ) from error


def parse_vars(text: str | None) -> dict[str, Any]:
    """The vars of an option such as `{use_demo_data: false, as_of: 2026-03-01}`.

    Raises:
        LeadscoreError: the text is no YAML or JSON object.
    """
    try:
        # BaseLoader would make everything text; dates must stay as they were typed.
        found = yaml.load(text or "{}", Loader=_VarsLoader)
    except yaml.YAMLError as error:
        found = error
    if not isinstance(found, dict):
        raise LeadscoreError(
            "The value of --vars is not a set of names and values.",
            where=f"--vars {text!r}",
            remedy="Write it as YAML in quotes: --vars '{use_demo_data: false}'.",
            code=ExitCode.USAGE,
        )
    return found


class _VarsLoader(yaml.SafeLoader):
    """YAML whose dates and times stay text, as dbt's own `var()` needs them."""


_VarsLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def find_project(
    folder: Path | None, target: str | None = None, given_vars: dict[str, Any] | None = None
) -> Project:
    """The project to work on.

    Args:
        folder: where the user says that it is; None: the nearest one at or above the working
            directory, else the one that this package was installed from.
        target: the target of profiles.yml to use.
        given_vars: vars given on the command line.

    Raises:
        LeadscoreError: no project is found.
    """
    if folder is not None:
        candidates = [folder]
    else:
        here = Path.cwd()
        candidates = [here, *here.parents, Path(__file__).resolve().parents[2]]
    for candidate in candidates:
        if (candidate / PROJECT_FILE).is_file():
            return Project(candidate.resolve(), target, given_vars or {})
    raise LeadscoreError(
        f"There is no {PROJECT_FILE} here.",
        where=str(candidates[0]),
        remedy="Go to the project's folder, or name it: leadscore --project-dir PATH …",
        code=ExitCode.USAGE,
    )
