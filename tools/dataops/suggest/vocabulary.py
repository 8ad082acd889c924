"""What the project has already: the relations that proposals are made for, the tests that it knows, and where a column
comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataops.project.closure import reached
from dataops.project.slices import Place, places
from dataops.suggest import naming
from dataops.suggest.proposal import Proposal

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


_KINDS = ("model", "seed", "snapshot", "source")


@dataclass(frozen=True)
class Chosen:
    """Nodes by unique id: where their relations are, their names, and what each is made from, however far."""

    nodes: Mapping[str, Any]
    places: Mapping[str, Place]
    above: Mapping[str, frozenset[str]]

    @property
    def names(self) -> dict[str, str]:
        """The nodes' names."""
        return {unique_id: str(node.name) for unique_id, node in self.nodes.items()}


def chosen(manifest: Any, selected: set[str] | None, project: str) -> Chosen:
    """The selected relations; without a selection all of the project's own, none of its packages'."""
    every = {**manifest.sources, **manifest.nodes}
    nodes = {
        unique_id: node
        for unique_id, node in sorted(every.items())
        if str(node.resource_type) in _KINDS
        and (unique_id in selected if selected is not None else node.package_name == project)
    }
    here = places(manifest)
    return Chosen(nodes, {uid: here[uid] for uid in nodes if uid in here}, {uid: _above(every, uid) for uid in nodes})


def clock(node: Any) -> str | None:
    """The column that says when a node's rows happened or arrived, as configured for dbt."""
    config = node.config
    named = getattr(config, "event_time", None) or getattr(node, "loaded_at_field", None)
    return str(named or getattr(config, "loaded_at_field", None) or "") or None


def reference(node: Any) -> str:
    """How a test names a node."""
    if str(node.resource_type) == "source":
        return f"source('{node.source_name}', '{node.name}')"
    version = getattr(node, "version", None)
    return f"ref('{node.name}', v={version})" if version is not None else f"ref('{node.name}')"


def quoted(node: Any) -> dict[str, bool]:
    """Lower-case names of the columns that the project documents, and whether dbt quotes them."""
    return {name.lower(): bool(column.quote) for name, column in (node.columns or {}).items()}


def _above(every: Mapping[str, Any], unique_id: str) -> frozenset[str]:
    def parents(each: str) -> Iterable[str]:
        return getattr(every.get(each), "depends_on_nodes", None) or ()

    return frozenset(reached(parents(unique_id), parents))


_AGAIN = frozenset({"unique", "combination", "volume", "lateness"})
"""What a model may break by itself, with a join for one, and is tested in each."""


def only(proposals: Sequence[Proposal], these: Chosen, words: Vocabulary) -> Iterator[Proposal]:
    """Those that no relation above the node has for a column of the same name, proposed or written."""
    proposed = {(each.unique_id, _meaning(each), (each.column or "").lower()) for each in proposals}
    for each in proposals:
        meaning, column = _meaning(each), (each.column or "").lower()
        key = meaning == "not_null" and naming.is_key(column)
        # A mart refers to other marts: its parent is another than that of the models above.
        mart = meaning == "relationships" and naming.layer(these.names[each.unique_id], "model") == naming.MART
        if (
            meaning in _AGAIN
            or key
            or mart
            or not any(
                (uid, meaning, column) in proposed or words.has(uid, meaning, each.column)
                for uid in these.above[each.unique_id]
            )
        ):
            yield each


def _meaning(proposal: Proposal) -> str:
    return kind(proposal.test.rsplit(".", 1)[-1])
