"""`leadscore demo`: scores the embedded demo and walks through two of its leads."""

from __future__ import annotations

from typing import Any

from leadscore.errors import ExitCode, LeadscoreError
from leadscore.explain import explain
from leadscore.output import Output, command
from leadscore.project import Project
from leadscore.run import RunOptions, run

# Lead, scorecard, and what its ledger shows.
WALK = (
    (
        "example-b2b-53",
        "b2b",
        "An executive (+10) of a company with 300 employees (+8) looked at the prices (+15) and "
        "started a free trial (+20). The webinar (+5) was not attended.",
    ),
    (
        "example-techplus-55",
        "techplus",
        "An IT manager (+10) of a company with 100 employees (+15) read a case study (+10) and "
        "asked for a demo (+20). The prices were looked at twice; a third time gives +25.",
    ),
)


def demo(project: Project, output: Output) -> dict[str, Any]:
    """Scores the demo and explains its two example leads.

    Args:
        project: the project to score with.
        output: where to print.

    Returns:
        The result for `--json`.

    Raises:
        LeadscoreError: the project is set to other data, or the run failed.
    """
    if not project.var("use_demo_data", True):
        raise LeadscoreError(
            "This project is set to your own data; the demo would replace its scores.",
            where=f"{project.file}, var use_demo_data",
            remedy="Set it to true first, or try the demo in a second clone.",
            code=ExitCode.USAGE,
        )
    result = run(project, output, RunOptions())
    explained = []
    for lead_id, scorecard_id, story in WALK:
        output.say()
        output.say(story)
        output.say()
        explained.append(explain(project, output, lead_id, scorecard_id, draft=False))
    output.say(f"Next: change a number in seeds/scoring/criteria.csv, then run: {command('run')}")
    return {**result, "explained": explained}
