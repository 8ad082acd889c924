"""Tests added to the text of a YAML file: characters are only ever inserted, so nothing that was there can be lost.

Where to is read from the positions that the parser gives, the one that dbt reads with. Writing a whole file anew, as
libraries for round trips do, would change layout that was never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dataops.errors import DataopsError
from dataops.suggest.proposal import Proposal
from dataops.suggest.render import Addition, Style, flow, indented, item

_KEYS = ("data_tests", "tests")


class CannotAddError(DataopsError):
    """A file is written in a way in which adding to it would change what is there."""


class Document:
    """One file's text, and what is to be inserted where."""

    def __init__(self, text: str) -> None:
        """Read the text.

        Raises:
            yaml.YAMLError: it is no YAML.
        """
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._root: Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        self._inserted: list[tuple[int, str]] = []
        self.style = _style(self._root)

    def add(self, added: Addition) -> None:
        """Add to one node, which may be in the file or not."""
        if self._root is None:
            return self._lines(len(self._text), [f"{added.section}:", *indented(_nested(added, self.style), 2)])
        section = _value(self._root, added.section)
        if section is None:
            lines = [f"{added.section}:", *indented(_nested(added, self.style), self.style.dash)]
            return self._lines(self._end(self._root), indented(lines, self._root.start_mark.column))
        entry = _named(section, added.source or added.name)
        if added.source is not None and entry is not None:
            entry = _named(_value(entry, "tables"), added.name)
        if entry is None:
            if not isinstance(section, SequenceNode) or section.flow_style or added.source is not None:
                raise _UnfitError
            return self._lines(self._end(section), indented(self.style.node(added), section.start_mark.column))
        self._columns(entry, added)
        return self._tests(entry, added.tests, before="columns")

    @property
    def text(self) -> str:
        """The file with everything that was added.

        What is inserted at the same place comes in the order in which it was added: columns before their table.
        """
        text = self._text
        # From the end to the start; sorting keeps the order of what has the same place.
        for at, new in sorted(self._inserted, key=lambda each: each[0])[::-1]:
            text = text[:at] + new + text[at:]
        return text

    def _columns(self, entry: MappingNode, added: Addition) -> None:
        if not added.columns:
            return
        listed = _value(entry, "columns")
        new = []
        for name, tests in added.columns.items():
            column = _named(listed, name, any_case=True)
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
            raise _UnfitError

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
            raise _UnfitError

    def _into(self, entry: MappingNode, lines: Sequence[str], before: str = "") -> None:
        """New keys of a block mapping, at its end or before the key of that name."""
        if entry.flow_style:
            raise _UnfitError
        names = [key.value for key, _ in entry.value]
        upto = names.index(before) if before in names[1:] else len(names)
        self._lines(self._end_of(*entry.value[upto - 1]), indented(lines, entry.start_mark.column))

    def _flow(self, node: MappingNode | SequenceNode, new: str) -> None:
        """One more element of a collection in brackets."""
        at = node.end_mark.index - 1
        inner = self._text[node.start_mark.index : at].rstrip()
        self._inserted.append((at, new if inner[-1] in "[{," else f", {new}"))

    def _lines(self, index: int, lines: Sequence[str]) -> None:
        """Whole lines below the one that holds a position."""
        text = "".join(f"{line}{self._newline}" for line in lines)
        ends = self._text.find("\n", index) + 1
        if not ends:
            ends = len(self._text)
            earlier = any(at == ends for at, _ in self._inserted)
            text = text if self._text[-1:] in ("", "\n") or earlier else self._newline + text
        self._inserted.append((ends, text))

    def _end(self, node: Node) -> int:
        """Where the content of a node ends; the parser's own end is where the next begins."""
        if not isinstance(node, MappingNode | SequenceNode) or node.flow_style:
            start = node.start_mark.index
            return start + len(self._text[start : node.end_mark.index].rstrip())
        if isinstance(node, MappingNode):
            return self._end_of(*node.value[-1])
        last = node.value[-1]
        if last.start_mark.index < node.start_mark.index:
            raise _UnfitError
        return self._end(last)

    def _end_of(self, key: Node, value: Node) -> int:
        """The same of a key and its value, which may be an alias of something further up."""
        return max(key.end_mark.index, self._end(value))


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
        expected = _unshared(yaml.safe_load(text) or {})
        for each in additions:
            _apply(expected, each, document.style.key)
        if _unshared(yaml.safe_load(new)) == expected:
            return new
    except (yaml.YAMLError, _UnfitError, LookupError, AttributeError, TypeError) as error:
        if isinstance(error, yaml.YAMLError):
            raise CannotAddError(f"{file} is not valid YAML: {error}", "mend it and run again") from error
    raise CannotAddError(
        f"{file} cannot be added to without changing what is there (an alias, a merge key, or an unusual layout)",
        "copy what `dataops suggest --format yaml` prints, or leave the models of that file out with --exclude",
    )


class _UnfitError(Exception):
    """The layout is none that can be added to."""


def _value(node: Node | None, name: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def _named(node: Node | None, name: str, any_case: bool = False) -> MappingNode | None:
    """The mapping of a list that has this name."""
    for each in node.value if isinstance(node, SequenceNode) else ():
        own = _value(each, "name")
        found = own.value if isinstance(own, ScalarNode) else ""
        if found == name or (any_case and found.lower() == name.lower()):
            return cast(MappingNode, each)
    return None


def _nested(added: Addition, style: Style) -> list[str]:
    lines = style.node(added)
    if added.source is None:
        return lines
    return item([f"name: {flow(added.source)}", "tables:", *indented(lines, style.dash)])


def _style(root: Node | None) -> Style:
    """How the file is written, by the first list of each kind; the usual way where it has none."""
    dashes, keys, inline = [], [], []
    for key, value in _pairs(root, set()):
        if isinstance(value, SequenceNode) and not value.flow_style and value.start_mark.line > key.start_mark.line:
            dashes.append(value.start_mark.column - key.start_mark.column)
        if key.value in _KEYS and isinstance(value, SequenceNode):
            keys.append(str(key.value))
            inline.append(bool(value.flow_style))
    dash = dashes[0] if dashes and dashes[0] >= 0 else 2
    return Style(dash, "tests" if keys and "data_tests" not in keys else "data_tests", any(inline))


def _pairs(node: Node | None, seen: set[int]) -> Iterator[tuple[Node, Node]]:
    if node is None or isinstance(node, ScalarNode) or id(node) in seen:
        return
    seen.add(id(node))
    for each in node.value:
        if isinstance(node, MappingNode):
            yield each
        yield from _pairs(each[1] if isinstance(node, MappingNode) else each, seen)


def _unshared(value: Any) -> Any:
    """A copy in which an alias is a value of its own, so that what is added to one is seen not to be in the other."""
    if isinstance(value, dict):
        return {key: _unshared(each) for key, each in value.items()}
    return [_unshared(each) for each in value] if isinstance(value, list) else value


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
