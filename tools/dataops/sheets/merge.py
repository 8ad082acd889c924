"""Entries merged into the text of a YAML file: what is missing is inserted, a plain value that differs is replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dataops.sheets.lines import flow, indented, item
from dataops.sheets.sheet import CannotAddError, Sheet, UnfitError, pairs, unshared, value_of

_BY = ("name", "v")
"""What tells the items of a list of mappings apart."""
_LAST = ("columns", "versions")
"""Keys that stay at the end of an entry."""
_WIDTH = 90


class Merging(Sheet):
    """One file's text, into which entries are merged."""

    def merge(self, wanted: Mapping[str, Any]) -> None:
        """Merge a whole file's content."""
        dashes = [
            value.start_mark.column - key.start_mark.column
            for key, value in pairs(self._root, set())
            if isinstance(value, SequenceNode) and not value.flow_style and value.start_mark.line > key.start_mark.line
        ]
        self._dash = dashes[0] if dashes and dashes[0] >= 0 else 2
        self._replaced: list[tuple[int, int, str]] = []
        if self._root is None:
            self._lines(len(self._text), self._block(wanted))
        elif isinstance(self._root, MappingNode):
            self._mapping(self._root, wanted)
        else:
            raise UnfitError

    @property
    def text(self) -> str:
        """The file with everything that is merged."""
        text, places = self._text, [(at, at, new) for at, new in self._inserted]
        for start, end, new in sorted([*places, *self._replaced], key=lambda each: each[:2])[::-1]:
            text = text[:start] + new + text[end:]
        return text

    def _mapping(self, node: MappingNode, wanted: Mapping[str, Any]) -> None:
        new: dict[str, Any] = {}
        for key, value in wanted.items():
            names = _also([each.value for each, _ in node.value], key)
            found = next((pair for pair in node.value if pair[0].value == names), None)
            if found is None:
                new[key] = value
            else:
                self._value(found[0], found[1], value)
        if not new:
            return
        if node.flow_style:
            for key, value in new.items():
                self._flow(node, flow({key: value})[1:-1])
            return
        before = next((each.value for each, _ in node.value if each.value in _LAST), "")
        first = {key: value for key, value in new.items() if key not in _LAST}
        for part, place in ((first, before), ({key: new[key] for key in new if key in _LAST}, "")):
            if part:
                self._into(node, self._block(part), place)

    def _value(self, key: Node, node: Node, wanted: Any) -> None:
        if isinstance(node, MappingNode) and isinstance(wanted, Mapping):
            self._mapping(node, wanted)
        elif isinstance(node, SequenceNode) and isinstance(wanted, list):
            self._list(node, wanted)
        elif isinstance(node, ScalarNode) and yaml.SafeLoader("").construct_document(node) != wanted:
            if isinstance(wanted, Mapping | list):
                if node.value:
                    raise UnfitError
                if wanted:
                    by = key.start_mark.column + (self._dash if isinstance(wanted, list) else 2)
                    self._lines(key.end_mark.index, indented(self._block(wanted), by))
                return
            end = node.start_mark.index + len(self._text[node.start_mark.index : node.end_mark.index].rstrip())
            self._replaced.append((node.start_mark.index, end, flow(wanted)))
        elif not isinstance(node, ScalarNode):
            raise UnfitError

    def _list(self, node: SequenceNode, wanted: Sequence[Any]) -> None:
        new = []
        for each in wanted:
            by = _named_by(each)
            if by is None:
                there = [_read(one) for one in node.value]
                new += [each] if each not in there else []
                continue
            found = next((one for one in node.value if _is(value_of(one, by), each[by])), None)
            if isinstance(found, MappingNode):
                self._mapping(found, {key: value for key, value in each.items() if key != by})
            else:
                new.append(each)
        if not new:
            return
        if node.flow_style:
            for each in new:
                self._flow(node, flow(each))
        else:
            self._lines(self._end(node), indented(self._block(new), node.start_mark.column))

    def _block(self, value: Mapping[str, Any] | Sequence[Any]) -> list[str]:
        """Lines of a block: what is short and flat on one line, everything else below its key."""
        if isinstance(value, Mapping):
            lines = []
            for key, each in value.items():
                if isinstance(each, str) and "\n" in each.strip("\n") and _is_literal(each):
                    lines += [f"{flow(key)}: |{_chomping(each)}", *indented(each.rstrip("\n").split("\n"), 2)]
                elif not isinstance(each, Mapping | list) or not each or _is_flat(key, each):
                    lines.append(f"{flow(key)}: {flow(each)}")
                else:
                    by = self._dash if isinstance(each, list) else 2
                    lines += [f"{flow(key)}:", *indented(self._block(each), by)]
            return lines
        return [
            line
            for each in value
            for line in (item(self._block(each)) if isinstance(each, Mapping) and each else [f"- {flow(each)}"])
        ]


def merged(text: str, wanted: Mapping[str, Any], file: str) -> str:
    """The text of a YAML file with entries merged into it, and read again to prove that nothing else differs.

    Lists of mappings are merged by `name` (versions by `v`), in whatever case; of other lists what is missing is added.

    Raises:
        CannotAddError: it cannot be done without changing what is there.
    """
    try:
        document = Merging(text)
    except yaml.YAMLError as error:
        raise CannotAddError(f"{file} is not valid YAML: {error}", "mend it and run again") from error
    try:
        document.merge(wanted)
        new = document.text
        if unshared(yaml.safe_load(new)) == _both(unshared(yaml.safe_load(text) or {}), wanted):
            return new
    except (yaml.YAMLError, UnfitError, LookupError, AttributeError, TypeError):
        # What was made of it does not mean what it has to: as good as not made.
        pass
    raise CannotAddError(
        f"{file} cannot be added to without changing what is there (an alias, a merge key, or an unusual layout)",
        "write it there by hand, as `--dry-run` shows it for a new file, or move the model's entry into another file",
    )


def combined(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Two contents of a file as one, as `merged` makes it of its text."""
    made: dict[str, Any] = _both(dict(there), wanted)
    return made


def _both(there: Any, wanted: Any) -> Any:
    """The same of the file's data: what the new text has to mean."""
    if isinstance(there, dict) and isinstance(wanted, Mapping):
        keyed = {_also(there, key): value for key, value in wanted.items()}
        return {**there, **{key: _both(there.get(key), value) for key, value in keyed.items()}}
    if isinstance(there, list) and isinstance(wanted, list):
        made = list(there)
        for each in wanted:
            by = _named_by(each)
            at = next(
                (n for n, one in enumerate(made) if by and isinstance(one, dict) and _same(one.get(by), each[by])), -1
            )
            if at >= 0:
                made[at] = _both(made[at], {key: value for key, value in each.items() if key != by})
            elif by or each not in there:
                made.append(unshared(each))
        return made
    if there is None and isinstance(wanted, Mapping | list) and not wanted:
        return None
    return unshared(wanted)


def _also(there: Iterable[str], key: str) -> str:
    """The name under which a key is there: dbt takes tests under an older one, too."""
    names = list(there)
    return "tests" if key == "data_tests" and key not in names and "tests" in names else key


def _named_by(value: Any) -> str | None:
    return next((by for by in _BY if by in value), None) if isinstance(value, Mapping) else None


def _is(node: Node | None, name: Any) -> bool:
    return isinstance(node, ScalarNode) and node.value.lower() == str(name).lower()


def _same(one: Any, name: Any) -> bool:
    return one is not None and str(one).lower() == str(name).lower()


def _read(node: Node) -> Any:
    loader: Any = yaml.SafeLoader("")
    return unshared(loader.construct_document(node))


def _is_flat(key: str, value: Any) -> bool:
    """Whether a collection is written on one line."""
    if key in ("models", "columns", "versions", "data_tests", "tests"):
        return False
    text = flow(value)
    nested = value.values() if isinstance(value, Mapping) else value
    deep = any(isinstance(each, Mapping | list) and len(each) > 3 for each in nested)
    return len(text) + len(str(key)) < _WIDTH and not deep


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as it is."""
    lines = text.split("\n")
    return (
        all(line == line.rstrip() and line.isprintable() for line in lines)
        and bool(lines[0])
        and not lines[0].startswith(" ")
    )


def _chomping(text: str) -> str:
    kept = len(text) - len(text.rstrip("\n"))
    return "-" if not kept else "" if kept == 1 else "+"
