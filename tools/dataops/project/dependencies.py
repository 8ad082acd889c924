"""What each node of a parse reads besides its own text: macros, however deep, variables, environment, warehouse."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dataops.project.closure import reached
from dataops.project.graph import functions
from dataops.project.jinja import ANY_ENV, ANY_MACRO, GRAPH, INTROSPECTIVE, NOTHING, OWN_CONFIG, TARGET, Reads, reads

_DBT_OWN = re.compile(r"^macro\.dbt(_(?:duckdb|postgres|snowflake|bigquery|redshift|spark|databricks|athena|trino))?\.")


def is_dbt_own(unique_id: str) -> bool:
    """Whether a macro comes with dbt or its adapter: it changes with the toolchain, not with the project."""
    return bool(_DBT_OWN.match(unique_id))


@dataclass(frozen=True)
class Reach:
    """What a set of names leads to. `macros`: of the project and of packages only."""

    macros: frozenset[str]
    variables: frozenset[str]
    environment: frozenset[str]
    flags: int


@dataclass
class Macros:
    """All macros of a parse. `earlier`: those of the base, so that a name whose macro is gone is still noticed."""

    macros: Mapping[str, Any]
    earlier: Iterable[str] = ()
    _closed: dict[str, Reach] = field(default_factory=dict)
    _of: dict[frozenset[str], Reach] = field(default_factory=dict)

    @cached_property
    def digests(self) -> dict[str, str]:
        """Each macro that is not dbt's own, by unique id, as a digest of its text."""
        return {uid: digest(macro.macro_sql) for uid, macro in self.macros.items() if not is_dbt_own(uid)}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        """Every name by which a macro may be called, with whom it may mean.

        `duckdb__concat` answers to `concat` too: so does dispatch. Which of several it is, is not decided here.
        """
        found: dict[str, set[str]] = {}
        for uid in (*self.macros, *self.earlier):
            name = uid.rsplit(".", 1)[-1]
            parts = name.split("__")
            for start in range(len(parts)):
                found.setdefault("__".join(parts[start:]), set()).add(uid)
        return {name: frozenset(uids) for name, uids in found.items()}

    @cached_property
    def _replacing(self) -> frozenset[str]:
        """The names of macros that are not dbt's own: with these, dbt's own macros may call into the project."""
        return frozenset(name for name, uids in self._names.items() if not all(map(is_dbt_own, uids)))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._names)

    def named(self, words: Iterable[str]) -> frozenset[str]:
        """The macros that some names may mean."""
        return frozenset(uid for word in words for uid in self._names.get(word, ()))

    def _calls(self, uid: str) -> frozenset[str]:
        macro = self.macros.get(uid)
        if macro is None:
            return frozenset()
        words = self._reads(uid).words
        recorded = frozenset(each for each in macro.depends_on.macros if each)
        if is_dbt_own(uid):
            # dbt's calls among its own macros are literal, and recorded.
            replaced = self.named(words & self._replacing)
            return recorded | frozenset(each for each in replaced if not is_dbt_own(each))
        return recorded | self.named(words & self._known)

    def _reads(self, uid: str) -> Reads:
        macro = self.macros.get(uid)
        found = reads(macro.macro_sql) if macro is not None else NOTHING
        if is_dbt_own(uid):
            # What dbt's own macros ask of a node's configuration is known: the keys that count as data. Of the graph
            # they ask where external relations are (dbt-duckdb).
            return Reads(found.words, frozenset(), frozenset(), found.flags & ~(ANY_MACRO | OWN_CONFIG | GRAPH))
        return found

    def reach(self, roots: Iterable[str]) -> Reach:
        """Everything that some macros lead to, themselves included."""
        key = frozenset(roots)
        if key not in self._of:
            self._of[key] = self._walk(key)
        return self._of[key]

    def _walk(self, roots: frozenset[str]) -> Reach:
        seen = reached(roots, self._calls)
        variables: set[str] = set()
        environment: set[str] = set()
        flags = 0
        for found in map(self._reads, seen):
            variables |= found.variables
            environment |= found.environment
            flags |= found.flags
        if flags & ANY_MACRO:
            seen |= set(self.digests) | set(self.earlier)
        own = frozenset(uid for uid in seen if not is_dbt_own(uid))
        return Reach(own, frozenset(variables), frozenset(environment), flags)


def digest(text: str) -> str:
    """A short digest of a text; line endings do not count."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


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
