"""The tests that a parsed project knows: what can be proposed, and what is there already."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

PACKAGE = "dataops_toolkit"

RANGE, COMBINATION, VOLUME, MEASURE, LATENESS = "range", "combination", "volume", "measure", "lateness"

_WORDED: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    # The tests that mean the same, with the names of their arguments; the first that a project has is used.
    RANGE: (
        ("is_between", ("at_least", "at_most")),
        ("accepted_range", ("min_value", "max_value")),
        ("expect_column_values_to_be_between", ("min_value", "max_value")),
    ),
    COMBINATION: (
        ("has_unique_rows", ("columns",)),
        ("unique_combination_of_columns", ("combination_of_columns",)),
        ("expect_compound_columns_to_be_unique", ("column_list",)),
    ),
    VOLUME: (("volume_anomalies", ()),),
    MEASURE: (("column_anomalies", ()),),
    LATENESS: (("event_freshness_anomalies", ()),),
}
_MEANING = {test: kind for kind, tests in _WORDED.items() for test, _ in tests}


class Vocabulary:
    """What a manifest holds of tests."""

    def __init__(self, manifest: Any, project: str) -> None:
        """`project`: the name of the project whose YAML is written; its own tests need no prefix."""
        self._project = project
        self._there: dict[str, list[Any]] = {}
        for macro in manifest.macros.values():
            if macro.name.startswith("test_"):
                self._there.setdefault(macro.name.removeprefix("test_"), []).append(macro)
        self._existing: dict[str, set[tuple[str, str | None]]] = {}
        for node in manifest.nodes.values():
            metadata = getattr(node, "test_metadata", None)
            if metadata is None:
                continue
            attached = node.attached_node or _source(metadata, manifest)
            if attached:
                column = getattr(node, "column_name", None) or metadata.kwargs.get("column_name")
                known = self._existing.setdefault(attached, set())
                known.add((kind(metadata.name), str(column).strip('"`[]').lower() if column else None))

    def has(self, unique_id: str, test: str, column: str | None) -> bool:
        """Whether a node, or a column of it, has a test of this meaning."""
        return (kind(test), column.lower() if column else None) in self._existing.get(unique_id, ())

    def has_unique(self, unique_id: str) -> bool:
        """Whether a test says already what makes a row of this node unique."""
        return any(test in ("unique", COMBINATION) for test, _ in self._existing.get(unique_id, ()))

    def worded(self, meaning: str, values: Sequence[Any]) -> tuple[str, Mapping[str, Any]] | None:
        """A test of this meaning and its arguments in the words of what is installed; None where nothing is.

        A value of None is left out.
        """
        for test, names in _WORDED[meaning]:
            for macro in self._there.get(test, ()):
                if all(re.search(rf"\b{name}\b", macro.macro_sql) for name in names):
                    own = macro.package_name == self._project and macro.package_name != PACKAGE
                    bare = own or (macro.package_name == self._project and meaning in (RANGE, COMBINATION))
                    arguments = {name: value for name, value in zip(names, values, strict=True) if value is not None}
                    return test if bare else f"{macro.package_name}.{test}", arguments
        return None


def kind(test: str) -> str:
    """What a test means, whatever package it comes from; its own name where no other means the same."""
    return _MEANING.get(test, test)


def _source(metadata: Any, manifest: Any) -> str | None:
    """The source that a test is of, which dbt notes only in the test's arguments."""
    named = re.search(r"source\('(.*?)', '(.*?)'\)", str(metadata.kwargs.get("model", "")))
    names = named.groups() if named else ()
    return next((uid for uid, each in manifest.sources.items() if (each.source_name, each.name) == names), None)
