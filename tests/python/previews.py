"""A preview of an edited demo, which says the same on every engine."""

from __future__ import annotations

import json
from typing import Any

from harness import Project, close_warehouses, failures
from leadscore.output import Output, json_text
from leadscore.preview import PreviewOptions, preview
from leadscore.project import Project as LeadscoreProject

CONFIG = {"use_demo_data": True, "published_file": ""}
EDITS = (
    # a rule that measures other days, other points without another rule, a band that begins lower
    ("criteria", ",trial_started,,,,,,,,120,20,", ",trial_started,,,,,,,,60,25,"),
    ("criteria", "..9,,,,,,-8,", "..9,,,,,,-6.5,"),
    ("bands", "b2b,total,hot,60", "b2b,total,hot,55"),
    ("scorecards", "hundred,100 points,draft", "hundred,100 points,live"),
)


def preview_of_edits(project: Project) -> dict[str, Any]:
    """Score the demo, edit its policy, and return what a preview says of that.

    Args:
        project: a copy of the project on some engine.
    """
    invocation = project.run(CONFIG)
    assert invocation.ok, failures(invocation)
    close_warehouses()
    for file, old, new in EDITS:
        path = project.policy_folder / f"{file}.csv"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        path.write_text(text.replace(old, new), encoding="utf-8")
    edited = LeadscoreProject(project.root, given_vars=project.given_vars(CONFIG))
    said = json.loads(json_text(preview(edited, Output(True), PreviewOptions(top=600))))
    close_warehouses()
    for part in ("duration_seconds", "warnings"):
        del said[part]
    for scorecard in said["scorecards"]:
        # Leads of the same score are in the order of their keys, which engines give differently.
        scorecard["first"].sort(key=lambda lead: lead["lead_id"])
        for name in ("gained_leads", "lost_leads"):
            scorecard["hand_offs"][name].sort()
    return said
