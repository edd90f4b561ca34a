"""Changes vars in dbt_project.yml without touching its comments and layout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from leadscore.errors import LeadscoreError
from leadscore.project import PACKAGE, read_yaml


def as_yaml(values: dict[str, Any], indent: int) -> str:
    """Vars as lines of YAML.

    Args:
        values: the vars.
        indent: spaces before each line.
    """
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, indent=2, width=1000)
    lines = []
    for line in text.splitlines():
        # The dumper writes lists at the depth of their key; the project indents them.
        deeper = "  " if line.startswith("- ") else ""
        lines.append(" " * indent + deeper + line)
    return "\n".join(lines)


def write_vars(path: Path, values: dict[str, Any]) -> None:
    """Sets vars of the package in dbt_project.yml.

    Args:
        path: the file.
        values: the vars to set; others stay.

    Raises:
        LeadscoreError: the file is laid out so that this cannot be done safely; it is unchanged.
    """
    before = path.read_text(encoding="utf-8")
    wanted = read_yaml(path)
    wanted.setdefault("vars", {}).setdefault(PACKAGE, {}).update(values)
    after = before
    for name, value in values.items():
        after = _with_var(after, name, value)
    try:
        written = yaml.safe_load(after)
    except yaml.YAMLError:
        written = None
    if written != wanted:
        raise LeadscoreError(
            "The vars could not be written into this file without disturbing it.",
            where=str(path),
            remedy="Set them by hand:\n" + as_yaml(values, indent=4),
        )
    path.write_text(after, encoding="utf-8")


def _with_var(text: str, name: str, value: Any) -> str:
    """The file's text with one var set."""
    lines = text.splitlines()
    section = next(
        (
            number
            for number, line in enumerate(lines)
            if re.match(rf"  {PACKAGE}:\s*$", line) and _parent(lines, number) == "vars"
        ),
        None,
    )
    if section is None:
        return text
    new_lines = as_yaml({name: value}, indent=4).splitlines()
    begin = end = None
    for number in range(section + 1, len(lines)):
        line = lines[number]
        if line.strip() and not line.startswith("    ") and not line.lstrip().startswith("#"):
            break
        if re.match(rf"    {re.escape(name)}:", line):
            begin = number
            end = number + 1
            # What is indented deeper, or is an item of a list at the key's depth, belongs to it.
            while end < len(lines) and re.match(r"    (\s+\S|- )", lines[end]):
                end += 1
            break
    if begin is None:
        begin = end = section + 1
    return "\n".join([*lines[:begin], *new_lines, *lines[end:]]) + "\n"


def _parent(lines: list[str], number: int) -> str | None:
    """The top-level key above a line."""
    for line in reversed(lines[:number]):
        found = re.match(r"([A-Za-z_-]+):", line)
        if found:
            return found.group(1)
    return None
