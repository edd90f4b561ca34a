"""What `leadscore app` hands to the pages, which run in a process that Streamlit starts."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from leadscore.project import Project, find_project

_VARIABLE = "LEADSCORE_APP"


@dataclass(frozen=True)
class Settings:
    """The choices of the command line.

    Args:
        root: the project's folder; None to look for it as the commands do.
        target: the target of profiles.yml; None for the profile's default.
        given_vars: vars given on the command line.
        hide_personal_data: whether ids and values of leads are not shown.
        salt: what stands for hidden ids is made with; of this start of the app only.
    """

    root: str | None = None
    target: str | None = None
    given_vars: dict[str, Any] = field(default_factory=dict)
    hide_personal_data: bool = False
    salt: str = ""

    @classmethod
    def read(cls) -> Settings:
        """The settings of this process."""
        return cls(**json.loads(os.environ.get(_VARIABLE, "{}")))

    def environment(self) -> dict[str, str]:
        """The variables that hand them on."""
        return {_VARIABLE: json.dumps(asdict(self))}

    def project(self) -> Project:
        """The project that the pages show.

        Raises:
            LeadscoreError: there is none.
        """
        return find_project(
            Path(self.root) if self.root else None, self.target, dict(self.given_vars)
        )
