"""Values as lines of YAML, as people write dbt's files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml


def item(lines: Sequence[str]) -> list[str]:
    """The lines of a mapping as an item of a list."""
    return [f"- {lines[0]}", *indented(lines[1:], 2)]


def indented(lines: Sequence[str], by: int) -> list[str]:
    """Lines further to the right."""
    return [f"{' ' * by}{line}" if line else "" for line in lines]


def flow(value: Any) -> str:
    """A value on one line, quoted where dbt's reader would take it for something else."""
    text: str = yaml.safe_dump([value], default_flow_style=True, sort_keys=False, allow_unicode=True, width=1 << 30)
    if "\n" in text.strip():
        # Lines of a text would end up in the layout around them; JSON has them in one.
        return json.dumps(value, ensure_ascii=False, default=str)
    return text.strip()[1:-1]
