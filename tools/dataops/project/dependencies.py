"""What each node of a parse reads besides its own text: macros, variables, the environment, the warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dataops.project.graph import functions
from dataops.project.jinja import ANY_ENV, ANY_MACRO, GRAPH, INTROSPECTIVE, TARGET, Reads, reads
from dataops.project.macros import Macros, Reach, is_dbt_own

_WALKING = ("model", "snapshot", "test", "operation", "seed")
_NAMING = ("generate_schema_name", "generate_alias_name", "generate_database_name")


class Dependencies:
    """Asked per node, and answered only then: most plans ask for few."""

    def __init__(self, manifest: Any, earlier: Iterable[str] = (), through: bool | None = None) -> None:
        """`earlier`: the macros of the base. `through`: whether a macro walks the graph, where that is known."""
        self.macros = Macros(manifest.macros, tuple(earlier))
        self._manifest = manifest
        self._adapter = str(manifest.metadata.adapter_type)
        self._through = through

    def text(self, unique_id: str) -> Reach:
        """What a node's own SQL or Python reads."""
        node = self._node(unique_id)
        if node is None or not hasattr(node, "raw_code"):
            return self._together([], [])
        texts = [node.raw_code]
        metadata = getattr(node, "test_metadata", None)
        if metadata is not None:
            texts += [value for value in _strings(metadata.kwargs) if "{" in value]
        if getattr(node, "language", "sql") != "sql":
            texts = []
        texts += _overloads(node)
        recorded = [each for each in node.depends_on.macros if each]
        return self._together([reads(text) for text in texts], recorded)

    def building(self, unique_id: str) -> Reach:
        """What its materialization and its hooks read."""
        node = self._node(unique_id)
        if node is None or not hasattr(node, "config"):
            return self._together([], [])
        config = node.config
        materialized = str(getattr(config, "materialized", "") or unique_id.split(".", 1)[0])
        names = [f"materialization_{materialized}_{self._adapter}", f"materialization_{materialized}_default"]
        if materialized == "incremental":
            strategy = getattr(config, "incremental_strategy", None) or "default"
            names.append(f"get_incremental_{strategy}_sql")
        if materialized == "snapshot":
            names.append(f"snapshot_{getattr(config, 'strategy', '')}_strategy")
        hooks = [reads(hook.sql) for kind in ("pre_hook", "post_hook") for hook in getattr(config, kind, None) or ()]
        return self._together(hooks, self.macros.named(names))

    def opaque(self, unique_id: str) -> str | None:
        """Why a node's data is more than its compiled query over what it reads; None for an ordinary query."""
        node = self._node(unique_id)
        if node is None or not hasattr(node, "config"):
            return None
        config = node.config
        materialized = str(config.materialized)
        if materialized in ("incremental", "snapshot"):
            return f"it is {'an incremental model' if materialized == 'incremental' else 'a snapshot'}"
        if getattr(node, "language", "sql") != "sql":
            return f"it is written in {node.language}"
        if materialized not in ("view", "table", "ephemeral", "materialized_view") or self.custom(unique_id):
            return f"its materialization {materialized} is not dbt's own"
        if config.pre_hook or config.post_hook:
            return "it has hooks"
        if self.text(unique_id).flags & INTROSPECTIVE:
            return "its SQL depends on what the warehouse answers"
        return None

    def unprovable(self, unique_id: str) -> str | None:
        """Why compiling here does not tell what production's compiled SQL would be."""
        flags = self.text(unique_id).flags
        if flags & INTROSPECTIVE:
            return "its SQL depends on what the warehouse answers"
        if flags & TARGET:
            return "its SQL depends on where it is built"
        if flags & (GRAPH | ANY_MACRO):
            return "its Jinja reads what only running it tells"
        return None

    def naming(self) -> Reach:
        """What decides how relations are called: the project's macros for it, and what they read."""
        return self.macros.reach(self.macros.named(_NAMING))

    def custom(self, unique_id: str) -> bool:
        """Whether a materialization that is not dbt's own builds this node."""
        node = self._node(unique_id)
        names = [f"materialization_{node.config.materialized}_{each}" for each in (self._adapter, "default")]
        return any(not is_dbt_own(uid) for uid in self.macros.named(names))

    @property
    def through(self) -> bool:
        """Whether a macro that is not dbt's own may walk the graph for whoever calls it."""
        if self._through is None:
            own = (macro.macro_sql for uid, macro in self._manifest.macros.items() if not is_dbt_own(uid))
            self._through = any(reads(text).flags & (GRAPH | ANY_MACRO) for text in own)
        return self._through

    def walks(self, unique_id: str) -> bool:
        """Whether a node's Jinja, or what builds it, may walk the whole graph."""
        if unique_id.split(".", 1)[0] not in _WALKING:
            return False
        code = getattr(self._node(unique_id), "raw_code", "")
        if not self.through and "graph" not in code and "selected_resources" not in code:
            return False
        return bool((self.text(unique_id).flags | self.building(unique_id).flags) & GRAPH)

    def _together(self, texts: list[Reads], roots: Iterable[str]) -> Reach:
        words = frozenset(word for each in texts for word in each.words)
        below = self.macros.reach([*roots, *self.macros.named(words)])
        flags = below.flags
        for each in texts:
            flags |= each.flags
        macros = below.macros
        return Reach(
            macros,
            below.variables.union(*(each.variables for each in texts)),
            below.environment.union(*(each.environment for each in texts)),
            flags,
        )

    def _node(self, unique_id: str) -> Any:
        known = (self._manifest.nodes, self._manifest.unit_tests, functions(self._manifest))
        return next((each[unique_id] for each in known if unique_id in each), None)


def _overloads(node: Any) -> list[str]:
    """The texts of a function's overloads, which dbt 1.12 takes into the function that names their files."""
    return [each.raw_body or "" for each in getattr(node, "overloads", None) or ()]


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def environment(manifest: Any) -> frozenset[str]:
    """Every variable of the environment that the project may read, as far as its text and dbt's parse tell."""
    found = set(manifest.env_vars)
    for text in _texts(manifest):
        found |= reads(text).environment
    return frozenset(found)


def named(manifest: Any) -> bool:
    """Whether every variable of the environment that the project reads is named in its text."""
    return not any(reads(text).flags & ANY_ENV for text in _texts(manifest))


def _texts(manifest: Any) -> Iterator[str]:
    """Every text of the project and its packages that may read the environment."""
    texts = [macro.macro_sql for uid, macro in manifest.macros.items() if not is_dbt_own(uid)]
    for unique_id, node in manifest.nodes.items():
        texts.append(node.raw_code)
        if unique_id.startswith("test.") and getattr(node, "test_metadata", None) is not None:
            texts += _strings(node.test_metadata.kwargs)
        for kind in ("pre_hook", "post_hook"):
            texts += [hook.sql for hook in getattr(node.config, kind, None) or ()]
    for function in functions(manifest).values():
        texts += [function.raw_code, *_overloads(function)]
    return (text for text in texts if "env_var" in text or "builtins" in text)
