"""The active output of profiles.yml, read without dbt, which takes seconds to start."""

from __future__ import annotations

import os
from typing import Any

from jinja2.nativetypes import NativeEnvironment

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.project import Project, read_yaml

_MISSING = object()


def active_output(project: Project) -> dict[str, Any]:
    """The settings of the warehouse of the active target, without secrets being looked at.

    Args:
        project: the project, with its target.

    Returns:
        Its `type`, and its `path` where there is one, as dbt would read them.

    Raises:
        LeadscoreError: there is no profiles.yml, or no such target.
    """
    project.ensure_profile()
    file = project.profiles_folder / "profiles.yml"
    profiles = read_yaml(file)
    name = project.settings.get("profile")
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        raise LeadscoreError(
            f"There is no profile {name}.",
            where=str(file),
            remedy="Write one of that name, as in profiles.yml.example.",
            code=ExitCode.USAGE,
        )
    outputs = profile.get("outputs") or {}
    target = project.target or os.environ.get("DBT_TARGET")
    target = target or _rendered(profile.get("target", "default"))
    if target not in outputs:
        raise LeadscoreError(
            f"The profile {name} has no target {target}.",
            where=str(file),
            remedy=f"Use one of: {', '.join(map(str, outputs)) or 'none is there'}.",
            code=ExitCode.USAGE,
        )
    return {key: _rendered(outputs[target].get(key)) for key in ("type", "path")}


def _rendered(value: Any) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    environment = NativeEnvironment()
    environment.filters.update(as_text=str, as_number=int, as_native=lambda x: x, as_bool=bool)
    return environment.from_string(value).render(env_var=_env_var)


def _env_var(name: str, default: Any = _MISSING) -> Any:
    if name in os.environ:
        return os.environ[name]
    if default is _MISSING:
        raise LeadscoreError(
            f"The environment variable {name} is not set.",
            where="profiles.yml",
            remedy=f"Set {name}, as profiles.yml asks for it.",
            code=ExitCode.USAGE,
        )
    return default
