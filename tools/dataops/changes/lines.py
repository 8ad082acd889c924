"""On which line of its file a reader names what it reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import yaml

_SECTIONS = {
    "exposure": "exposures",
    "metric": "metrics",
    "saved_query": "saved_queries",
    "semantic_model": "semantic_models",
    "snapshot": "snapshots",
}


def of_sql(file: Path, compiled: str, read: Sequence[int], word: str) -> int:
    """The line of a model's file that compiles to one of the lines `read`, else the first with the word; 0 for none."""
    text = _text(file)
    lines = compiled.splitlines()
    written = {line.strip(): number for number, line in reversed(list(enumerate(text.splitlines(), 1)))}
    for number in read:
        # A line without Jinja stands in the file as it was compiled.
        if 0 < number <= len(lines) and lines[number - 1].strip() in written:
            return written[lines[number - 1].strip()]
    return of_word(file, word)


def of_word(file: Path, word: str) -> int:
    """The first line with a word; 0 for none."""
    text = _text(file)
    found = re.search(rf"(?i)\b{re.escape(word)}\b", text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def of_entry(file: Path, kind: str, name: str, part: str = "") -> int:
    """Where a YAML file declares `name`, or within that the element `part`; 0 where it cannot be found."""
    try:
        top = yaml.compose(_text(file), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return 0
    entry = next((each for each in _entries(top, _SECTIONS[kind]) if _named(each, name)), None)
    if entry is None:
        return 0
    inside = next((each for each in _mappings(entry) if each is not entry and _named(each, part)), entry)
    return int(inside.start_mark.line) + 1


def _entries(top: yaml.Node | None, section: str) -> list[yaml.Node]:
    pairs = top.value if isinstance(top, yaml.MappingNode) else []
    found = [value for key, value in pairs if key.value == section and isinstance(value, yaml.SequenceNode)]
    return [each for value in found for each in value.value]


def _named(node: yaml.Node, name: str) -> bool:
    return isinstance(node, yaml.MappingNode) and any(k.value == "name" and v.value == name for k, v in node.value)


def _mappings(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return [inner for each in node.value for inner in _mappings(each)]
    if not isinstance(node, yaml.MappingNode):
        return []
    return [node, *(inner for _, value in node.value for inner in _mappings(value))]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
