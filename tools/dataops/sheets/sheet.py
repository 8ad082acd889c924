"""The text of a YAML file, into which characters are inserted: nothing that was there can be lost.

Where to is read from the positions that the parser gives, the one that dbt reads with. Writing a whole file anew, as
libraries for round trips do, would change layout that was never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dataops.errors import DataopsError
from dataops.sheets.lines import indented


class CannotAddError(DataopsError):
    """A file is written in a way in which adding to it would change what is there."""


class UnfitError(Exception):
    """The layout is none that can be added to."""


class Sheet:
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

    def _into(self, entry: MappingNode, lines: Sequence[str], before: str = "") -> None:
        """New keys of a block mapping, at its end or before the key of that name."""
        if entry.flow_style:
            raise UnfitError
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
            raise UnfitError
        return self._end(last)

    def _end_of(self, key: Node, value: Node) -> int:
        """The same of a key and its value, which may be an alias of something further up."""
        return max(key.end_mark.index, self._end(value))


def value_of(node: Node | None, name: str) -> Node | None:
    """What a mapping has under a key."""
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((value for key, value in pairs if key.value == name), None)


def named(node: Node | None, name: str, any_case: bool = False) -> MappingNode | None:
    """The mapping of a list that has this name."""
    for each in node.value if isinstance(node, SequenceNode) else ():
        own = value_of(each, "name")
        found = own.value if isinstance(own, ScalarNode) else ""
        if found == name or (any_case and found.lower() == name.lower()):
            return cast(MappingNode, each)
    return None


def pairs(node: Node | None, seen: set[int]) -> Iterator[tuple[Node, Node]]:
    """Every key of a document with its value, from the top on."""
    if node is None or isinstance(node, ScalarNode) or id(node) in seen:
        return
    seen.add(id(node))
    for each in node.value:
        if isinstance(node, MappingNode):
            yield each
        yield from pairs(each[1] if isinstance(node, MappingNode) else each, seen)


def unshared(value: Any) -> Any:
    """A copy in which an alias is a value of its own, so that what is added to one is seen not to be in the other."""
    if isinstance(value, dict):
        return {key: unshared(each) for key, each in value.items()}
    return [unshared(each) for each in value] if isinstance(value, list) else value
