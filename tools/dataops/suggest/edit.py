"""Tests added to the text of a YAML file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dataops.sheets.lines import flow, indented, item
from dataops.sheets.sheet import CannotAddError, Sheet, UnfitError, named, pairs, unshared, value_of
from dataops.suggest.proposal import Proposal
from dataops.suggest.render import Addition, Style

_KEYS = ("data_tests", "tests")


class Document(Sheet):
    """One file's text, to which tests are added."""

    def __init__(self, text: str) -> None:
        """Read the text.

        Raises:
            yaml.YAMLError: it is no YAML.
        """
        super().__init__(text)
        self.style = _style(self._root)

    def add(self, added: Addition) -> None:
        """Add to one node, which may be in the file or not."""
        if self._root is None:
            return self._lines(len(self._text), [f"{added.section}:", *indented(_nested(added, self.style), 2)])
        section = value_of(self._root, added.section)
        if section is None:
            lines = [f"{added.section}:", *indented(_nested(added, self.style), self.style.dash)]
            return self._lines(self._end(self._root), indented(lines, self._root.start_mark.column))
        entry = named(section, added.source or added.name)
        if added.source is not None and entry is not None:
            entry = named(value_of(entry, "tables"), added.name)
        if entry is None:
            if not isinstance(section, SequenceNode) or section.flow_style or added.source is not None:
                raise UnfitError
            return self._lines(self._end(section), indented(self.style.node(added), section.start_mark.column))
        self._columns(entry, added)
        return self._tests(entry, added.tests, before="columns")

    def _columns(self, entry: MappingNode, added: Addition) -> None:
        if not added.columns:
            return
        listed = value_of(entry, "columns")
        new = []
        for name, tests in added.columns.items():
            column = named(listed, name, any_case=True)
            if column is None:
                new += self.style.column(name, tests)
            else:
                self._tests(column, tests)
        if not new:
            return
        if listed is None:
            self._into(entry, ["columns:", *indented(new, self.style.dash)])
        elif isinstance(listed, SequenceNode) and not listed.flow_style:
            self._lines(self._end(listed), indented(new, listed.start_mark.column))
        else:
            raise UnfitError

    def _tests(self, entry: MappingNode, tests: Sequence[Proposal], before: str = "") -> None:
        if not tests:
            return
        key, listed = next(((key, value) for key, value in entry.value if key.value in _KEYS), (None, None))
        entries = ", ".join(flow(each.entry) for each in tests)
        if entry.flow_style and listed is None:
            self._flow(entry, f"{self.style.key}: [{entries}]")
        elif key is None:
            self._into(entry, self.style.keyed(tests), before)
        elif isinstance(listed, SequenceNode) and listed.flow_style:
            self._flow(listed, entries)
        elif isinstance(listed, SequenceNode):
            self._lines(self._end(listed), indented(self.style.tests(tests), listed.start_mark.column))
        elif isinstance(listed, ScalarNode) and not listed.value and listed.style is None:
            by = key.start_mark.column + self.style.dash
            self._lines(key.end_mark.index, indented(self.style.tests(tests), by))
        else:
            raise UnfitError


def added_to(text: str, additions: Sequence[Addition], file: str) -> str:
    """The text of a YAML file with tests added, and read again to prove that nothing else differs.

    Raises:
        CannotAddError: it cannot be done without changing what is there.
    """
    try:
        document = Document(text)
        for each in additions:
            document.add(each)
        new = document.text
        expected = unshared(yaml.safe_load(text) or {})
        for each in additions:
            _apply(expected, each, document.style.key)
        if unshared(yaml.safe_load(new)) == expected:
            return new
    except (yaml.YAMLError, UnfitError, LookupError, AttributeError, TypeError) as error:
        if isinstance(error, yaml.YAMLError):
            raise CannotAddError(f"{file} is not valid YAML: {error}", "mend it and run again") from error
    raise CannotAddError(
        f"{file} cannot be added to without changing what is there (an alias, a merge key, or an unusual layout)",
        "copy what `dataops suggest --format yaml` prints, or leave the models of that file out with --exclude",
    )


def _nested(added: Addition, style: Style) -> list[str]:
    lines = style.node(added)
    if added.source is None:
        return lines
    return item([f"name: {flow(added.source)}", "tables:", *indented(lines, style.dash)])


def _style(root: Node | None) -> Style:
    """How the file is written, by the first list of each kind; the usual way where it has none."""
    dashes, keys, inline = [], [], []
    for key, value in pairs(root, set()):
        if isinstance(value, SequenceNode) and not value.flow_style and value.start_mark.line > key.start_mark.line:
            dashes.append(value.start_mark.column - key.start_mark.column)
        if key.value in _KEYS and isinstance(value, SequenceNode):
            keys.append(str(key.value))
            inline.append(bool(value.flow_style))
    dash = dashes[0] if dashes and dashes[0] >= 0 else 2
    return Style(dash, "tests" if keys and "data_tests" not in keys else "data_tests", any(inline))


def _apply(data: dict[str, Any], added: Addition, key: str) -> None:
    """The same addition to the file's data: what the new text has to mean."""
    entry = _item(data, added.section, added.source or added.name)
    if added.source is not None:
        entry = _item(entry, "tables", added.name)
    _extend(entry, added.tests, key)
    for name, tests in added.columns.items():
        _extend(_item(entry, "columns", name, any_case=True, quoted=tests[0].quoted), tests, key)


def _item(data: dict[str, Any], key: str, name: str, any_case: bool = False, quoted: bool = False) -> dict[str, Any]:
    listed = data.setdefault(key, [])
    if listed is None:
        listed = data[key] = []
    for each in listed:
        if each["name"] == name or (any_case and str(each["name"]).lower() == name.lower()):
            return cast("dict[str, Any]", each)
    new: dict[str, Any] = {"name": name, **({"quote": True} if quoted else {})}
    listed.append(new)
    return new


def _extend(entry: dict[str, Any], tests: Sequence[Proposal], new: str) -> None:
    """Tests join those that are there, under either key; where there are none, under `new`."""
    if tests:
        key = next((each for each in _KEYS if each in entry), new)
        entry[key] = [*(entry.get(key) or []), *(each.entry for each in tests)]
