"""`leadscore promote`: lets a draft scorecard take the place of a live one, in the policy files."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leadscore.atomic_file import replacing
from leadscore.errors import ExitCode, LeadscoreError
from leadscore.output import Output, command
from leadscore.policy_edit import CsvText
from leadscore.policy_files import check_policy_files
from leadscore.preview import AFTER, PolicySource, PreviewOptions, compare, own_folder
from leadscore.preview_report import print_report
from leadscore.project import POLICY_FILES, Project
from leadscore.run import PolicyError
from leadscore.run_lock import alone

# What names a scorecard, and stays with it whoever's rules it takes over.
_OWN_CELLS = ("scorecard_id", "name", "status")
_MOST_LINES = 30


@dataclass(frozen=True)
class PromoteOptions:
    """Which scorecard takes whose place.

    Args:
        draft: the draft scorecard.
        live: the live one whose place it takes.
        replace: whether the live one takes over the draft's rules under its own id, in place of
            retiring.
        is_sure: whether to write the files.
        preview: how to tell of it.
    """

    draft: str
    live: str
    replace: bool
    is_sure: bool
    preview: PreviewOptions


def promote(project: Project, output: Output, options: PromoteOptions) -> dict[str, Any]:
    """Shows what it changes when a draft takes the place of a live scorecard, and writes it.

    Args:
        project: the project.
        output: where to print.
        options: which ones.

    Returns:
        The result for `--json`.

    Raises:
        PolicyError: the policy has errors, as it is or as it would be.
        LeadscoreError: there is no such draft or live scorecard, or what `preview` raises.
    """
    with alone(project, output, "promote"):
        return _promote(project, output, options)


def _promote(project: Project, output: Output, options: PromoteOptions) -> dict[str, Any]:
    found = check_policy_files(project.policy_folder)
    if found.problems:
        raise PolicyError(found.problems)
    files = {
        name: _text(project.policy_folder / f"{name}.csv")
        for name in POLICY_FILES
        if name not in found.absent
    }
    written = promoted(files, options.draft, options.live, options.replace)
    folder = own_folder(project) / "promoted"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in written.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    source = PolicySource(f"{options.draft} as {options.live}", folder, AFTER)
    successors = {} if options.replace else {options.live: options.draft}
    result = compare(project, output, options.preview, source, successors)
    difference = _difference(files, written)
    if not output.as_json:
        print_report(output, result)
        output.say()
        for line in difference[:_MOST_LINES]:
            output.say(line)
        if len(difference) > _MOST_LINES:
            output.say(
                f"… and {len(difference) - _MOST_LINES:,} lines more, all of them in --json."
            )
        output.say()
    if options.is_sure:
        for name in written:
            if written[name] != files[name]:
                _replace(project.policy_folder / f"{name}.csv", written[name])
        output.say(f"Written. It goes live with the next run: {command('run')}")
    else:
        output.say("Nothing was written. To write it, add --yes.")
    return {**result, "is_written": options.is_sure, "difference": difference}


def promoted(files: Mapping[str, str], draft: str, live: str, replace: bool) -> dict[str, str]:
    """The policy files once a draft has taken the place of a live scorecard.

    Args:
        files: the texts of the files, by name without .csv.
        draft: the draft scorecard.
        live: the live one.
        replace: whether the live one takes over the draft's rules under its own id.

    Raises:
        LeadscoreError: there is no such draft or live scorecard.
    """
    texts = {name: CsvText(f"{name}.csv", text) for name, text in files.items()}
    scorecards = {}
    if "scorecards" in texts:
        scorecards = {row.get("scorecard_id", ""): row for row in texts["scorecards"].rows()}
    for name, wanted in ((draft, "draft"), (live, "live")):
        status = (scorecards.get(name, {}).get("status") or "live").lower()
        if name not in scorecards or status != wanted:
            others = [
                other
                for other, row in scorecards.items()
                if (row.get("status") or "live").lower() == wanted
            ]
            what = f"is {status}, not {wanted}" if name in scorecards else "does not exist"
            raise LeadscoreError(
                f"The scorecard {name} {what}.",
                where="scorecards.csv",
                remedy=f"Name one that is {wanted}: {', '.join(others) or 'there is none'}.",
                code=ExitCode.NOT_FOUND,
            )
    if not replace:
        statuses = {draft: "live", live: "retired"}
        texts["scorecards"].edit(
            lambda row: (
                {"status": statuses[row["scorecard_id"]]} if row["scorecard_id"] in statuses else {}
            )
        )
        return {name: text.text for name, text in texts.items()}
    taken = {column: cell for column, cell in scorecards[draft].items() if column not in _OWN_CELLS}
    texts["scorecards"].edit(lambda row: {draft: None, live: taken}.get(row["scorecard_id"], {}))
    for name, text in texts.items():
        # A draft hands nobody off and may have no actions; those of the live one go on then.
        keeps = name == "actions" and all(row.get("scorecard_id") != draft for row in text.rows())
        if name != "scorecards" and not keeps:
            text.edit(
                lambda row: {live: None, draft: {"scorecard_id": live}}.get(
                    row.get("scorecard_id", ""), {}
                )
            )
    return {name: text.text for name, text in texts.items()}


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _replace(path: Path, text: str) -> None:
    with replacing(path, path.stat().st_mode & 0o777) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="")


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The lines that differ, as `diff -u` shows them without the lines around."""
    found = []
    for name in new:
        lines = difflib.unified_diff(
            old[name].splitlines(),
            new[name].splitlines(),
            f"{name}.csv",
            f"{name}.csv",
            n=0,
            lineterm="",
        )
        found += list(lines)
    return found
