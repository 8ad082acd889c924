"""What rules look at: a project's nodes as plain values, linked with each other.

Made of dbt's manifest as its objects or as `manifest.json` has it, so that a base is looked at in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from dataops.config import Layers
from dataops.project import owners
from dataops.project.reading import get as _get
from dataops.project.reading import text as _text

_PREFIXES = {"stg": "staging", "base": "staging", "int": "intermediate", "fct": "marts", "dim": "marts"}
"""What a model's name says of its layer, where no folder does."""

_GROUPS = ("nodes", "sources", "exposures", "macros")
_READERS = ("nodes", "exposures", "metrics", "semantic_models", "saved_queries", "functions")
_GUARDS = ("deidentified", "masking_policy", "column_mask", "policy_tags")
"""What a column says of how persons are kept out: SQL that takes them out, or a mask of the warehouse."""
KINDS = ("model", "seed", "snapshot", "source", "exposure", "macro")
"""What can be judged; tests are looked at with what they test."""


@dataclass(frozen=True)
class Column:
    """A column that somebody has described. `constraints` are the types of those that are declared for it.

    `guard`: what is declared to keep the persons in it from being seen, such as `deidentified`; empty where nothing is.
    """

    name: str
    description: str
    data_type: str
    tags: frozenset[str]
    meta: Mapping[str, Any]
    constraints: frozenset[str]
    guard: str = ""


@dataclass(frozen=True)
class Test:
    """A data test or a unit test. `name` is that of the generic test, such as `unique`; `column`: of the tested node.

    `arguments` are those of a generic test.
    """

    unique_id: str
    kind: str
    name: str
    column: str
    arguments: Mapping[str, Any]


@dataclass(eq=False)
class Node:
    """A model, seed, snapshot, source, exposure or macro, with its neighbours.

    `name`: `orders.v1` of a version, `source.table` of a source. `file` is where it is written, `sheet` the YAML file
    that describes it, both relative to the project; of a source and an exposure they are the same. `layer` is staging,
    intermediate, marts, or empty where nothing tells. `place`: the relation of a source in lower case. `fresh`: whether
    a source says how old it may be; None: that it never is asked. `old`: a version that is not the latest one. `keys`:
    columns of constraints on several of them. `readers` are nodes of these kinds; `is_read`: whether anything but a
    test reads it, such as a metric.
    """

    unique_id: str
    kind: str
    name: str
    package: str
    file: str
    sheet: str
    description: str
    columns: Mapping[str, Column]
    tags: frozenset[str]
    meta: Mapping[str, Any]
    owners: tuple[str, ...]
    layer: str
    materialized: str
    language: str
    access: str
    contracted: bool
    code: str
    place: str
    fresh: bool | None
    old: bool
    deprecated: str
    keys: tuple[tuple[str, ...], ...]
    reads: tuple[str, ...]
    project: Nodes = field(repr=False)
    parents: list[Node] = field(default_factory=list, repr=False)
    readers: list[Node] = field(default_factory=list, repr=False)
    tests: list[Test] = field(default_factory=list, repr=False)
    is_read: bool = False

    def line_of(self, *words: str) -> int:
        """The first line of its SQL, from 1, that holds one of some quoted words; 0 where none does."""
        for number, text in enumerate(self.code.splitlines(), 1):
            if any(f"'{word}'" in text or f'"{word}"' in text for word in words):
                return number
        return 0


class Nodes:
    """The nodes of a project, by unique id; those of packages are there to be read, and not judged.

    `names`: what a relation of the project may be called, also those of nodes that are not loaded.
    """

    def __init__(self, manifest: Any, package: str, layers: Layers, every: Iterable[str] | None = None) -> None:
        """`every`: the unique ids of all nodes, where `manifest` holds a part of them."""
        self.package = package
        self.rules: frozenset[str] = frozenset()
        groups = [_get(manifest, name) or {} for name in _GROUPS]
        self.all: dict[str, Node] = {
            uid: self._node(manifest, uid, node, layers)
            for group in groups
            for uid, node in group.items()
            if uid.split(".", 1)[0] in KINDS and (_get(node, "package_name") == package or not uid.startswith("macro."))
        }
        uids = self.all if every is None else {*every, *self.all}
        relations = ("model", "seed", "snapshot", "source")
        self.names = {
            uid.split(".")[-1 if uid[:2] == "so" else 2].lower() for uid in uids if uid.split(".")[0] in relations
        }
        self._link(_get(manifest, "nodes") or {}, _get(manifest, "unit_tests") or {})
        for group in _READERS:
            self._mark(_get(manifest, group) or {})

    @property
    def own(self) -> list[Node]:
        """The project's own nodes, in the order of their ids."""
        return [node for _, node in sorted(self.all.items()) if node.package == self.package]

    @cached_property
    def at(self) -> dict[str, list[Node]]:
        """Sources by the relation that they name."""
        found: dict[str, list[Node]] = {}
        for uid, node in sorted(self.all.items()):
            if node.kind == "source":
                found.setdefault(node.place, []).append(self.all[uid])
        return found

    def _link(self, nodes: Mapping[str, Any], units: Mapping[str, Any]) -> None:
        for node in self.all.values():
            node.parents = [self.all[uid] for uid in dict.fromkeys(node.reads) if uid in self.all]
            for parent in node.parents:
                parent.readers.append(node)
        for uid, test in (*nodes.items(), *units.items()):
            if uid.startswith(("test.", "unit_test.")):
                made = _test(uid, test)
                for tested in owners.tested_by(test):
                    if tested in self.all:
                        self.all[tested].tests.append(made)

    def _mark(self, group: Mapping[str, Any]) -> None:
        for uid, reader in group.items():
            if not uid.startswith("test."):
                for read in _get(_get(reader, "depends_on"), "nodes") or ():
                    if read in self.all:
                        self.all[read].is_read = True

    def _node(self, manifest: Any, uid: str, node: Any, layers: Layers) -> Node:
        kind, config = uid.split(".", 1)[0], _get(node, "config")
        file = _text(_get(node, "original_file_path")).replace("\\", "/")
        name = _text(_get(node, "name"))
        own = kind in ("source", "exposure")
        latest, version = _get(node, "latest_version"), _get(node, "version")
        freshness = _get(node, "freshness")
        return Node(
            uid,
            kind,
            f"{_get(node, 'source_name')}.{name}" if kind == "source" else _called(name, version),
            _text(_get(node, "package_name")),
            file,
            file if own else _text(_get(node, "patch_path")).split("://", 1)[-1].replace("\\", "/"),
            _text(_get(node, "description")).strip(),
            {key: described(each) for key, each in (_get(node, "columns") or {}).items()},
            frozenset(map(str, _get(node, "tags") or ())),
            owners.meta(node),
            owners.owners(manifest, node) if kind != "exposure" else owners.named(_get(node, "owner")),
            _layer(file, name, layers) if kind == "model" else "",
            _text(_get(config, "materialized")),
            _text(_get(node, "language")) or "sql",
            _text(_get(node, "access")),
            bool(_get(_get(config, "contract") or _get(node, "contract"), "enforced")),
            _text(_get(node, "raw_code") or _get(node, "macro_sql")),
            _place(node) if kind == "source" else "",
            None
            if freshness is None
            else any(_get(_get(freshness, each), "count") for each in ("warn_after", "error_after")),
            version is not None and latest is not None and str(version) != str(latest),
            _text(_get(node, "deprecation_date")),
            tuple(
                tuple(map(str, _get(each, "columns") or ()))
                for each in _get(node, "constraints") or ()
                if _text(_get(each, "type")) in ("primary_key", "unique")
            ),
            tuple(map(str, _get(_get(node, "depends_on"), "nodes") or ())),
            self,
        )


def exceptions(meta: Mapping[str, Any]) -> dict[str, str]:
    """The exceptions that `meta` makes of rules, with their reasons; a reason is empty where there is none."""
    own = meta.get("dataops")
    said = own.get("skip_checks") if isinstance(own, dict) else None
    if isinstance(said, dict):
        return {str(key): reason.strip() if isinstance(reason, str) else "" for key, reason in said.items()}
    return dict.fromkeys([said] if isinstance(said, str) else map(str, said) if isinstance(said, list) else (), "")


def described(given: Any) -> Column:
    """A column as dbt has it."""
    meta = owners.meta(given)
    # What an adapter knows of columns beyond dbt itself is among the extra fields, of objects only.
    said = [meta, given, _get(given, "_extra") or {}, _get(given, "config") or {}]
    return Column(
        _text(_get(given, "name")),
        _text(_get(given, "description")).strip(),
        _text(_get(given, "data_type")),
        frozenset(map(str, (*(_get(given, "tags") or ()), *(_get(_get(given, "config"), "tags") or ())))),
        meta,
        frozenset(_text(_get(each, "type")) for each in _get(given, "constraints") or ()),
        next((name for name in _GUARDS if any(_get(each, name) for each in said)), ""),
    )


def _test(uid: str, test: Any) -> Test:
    about = _get(test, "test_metadata")
    return Test(
        uid,
        "unit" if uid.startswith("unit_test.") else "generic" if about else "singular",
        _text(_get(about, "name") or _get(test, "name")),
        _text(_get(test, "column_name")),
        dict(_get(about, "kwargs") or {}),
    )


def _called(name: str, version: Any) -> str:
    return f"{name}.v{version}" if version not in (None, "") else name


def _layer(file: str, name: str, layers: Layers) -> str:
    """The folder that is nearest to the file tells; where none does, what the name begins with."""
    by_folder = {folder: each for each in ("staging", "intermediate", "marts") for folder in getattr(layers, each)}
    for folder in reversed(PurePosixPath(file).parts[:-1]):
        if folder in by_folder:
            return by_folder[folder]
    return _PREFIXES.get(name.split("_", 1)[0], "")


def _place(source: Any) -> str:
    parts = (_get(source, "database"), _get(source, "schema"), _get(source, "identifier") or _get(source, "name"))
    return ".".join(_text(each) for each in parts).lower()
