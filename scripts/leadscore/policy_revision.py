"""The policy files of a git revision, without a checkout of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.project import POLICY_FILES

_REMEDY = "Name a branch, a tag or a commit that is in this repository, such as main or HEAD~1."


def policy_at(revision: str, folder: Path, to: Path) -> str:
    """Writes the policy files as a revision has them.

    Args:
        revision: a branch, a tag or a commit.
        folder: where the policy lies in the working copy.
        to: the folder to write into; what is in it is removed.

    Returns:
        The commit's hash.

    Raises:
        LeadscoreError: there is no git, no repository, no such revision, or no policy in it.
    """
    if shutil.which("git") is None:
        raise LeadscoreError(
            "git is not installed, so no revision can be read.",
            where=f"--against {revision}",
            remedy="Install git, or leave --against out to compare with what is published.",
        )
    if _git(folder, "rev-parse", "--is-inside-work-tree") is None:
        raise LeadscoreError(
            "The policy lies in no git repository.",
            where=str(folder),
            remedy="Leave --against out to compare with what is published.",
            code=ExitCode.NOT_FOUND,
        )
    found = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
    )
    if found is None:
        raise LeadscoreError(
            f"There is no revision {revision}.",
            where=f"--against {revision}",
            remedy=f"{_REMEDY} A shallow clone has few of them: git fetch origin {revision}",
            code=ExitCode.NOT_FOUND,
        )
    commit = found.decode().strip()
    listed = _git(folder, "ls-tree", "-z", "--name-only", commit) or b""
    names = listed.decode("utf-8", errors="replace").split("\0")
    files = [f"{name}.csv" for name in POLICY_FILES if f"{name}.csv" in names]
    if not files:
        raise LeadscoreError(
            f"The revision {revision} has no policy files in this folder.",
            where=str(folder),
            remedy=_REMEDY,
            code=ExitCode.NOT_FOUND,
        )
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for file in files:
        content = _git(folder, "show", f"{commit}:./{file}")
        if content is None:
            raise LeadscoreError(
                f"git cannot show {file} of {revision}.",
                where=str(folder / file),
                remedy=f"Try: git show {revision}:./{file}",
            )
        (to / file).write_bytes(content)
    return commit


def _git(folder: Path, *words: str) -> bytes | None:
    """What git says, in a folder; None where it refuses."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
