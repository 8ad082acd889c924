"""Which macros a text reaches, however deep: the project's, those of packages, and dbt's own, which may be replaced."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dataops.project.jinja import ANY_MACRO, GRAPH, NOTHING, OWN_CONFIG, Reads, reads

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
        seen: set[str] = set()
        pending = list(roots)
        variables: set[str] = set()
        environment: set[str] = set()
        flags = 0
        while pending:
            uid = pending.pop()
            if uid in seen:
                continue
            seen.add(uid)
            found = self._reads(uid)
            variables |= found.variables
            environment |= found.environment
            flags |= found.flags
            pending += self._calls(uid) - seen
        if flags & ANY_MACRO:
            seen |= set(self.digests) | set(self.earlier)
        own = frozenset(uid for uid in seen if not is_dbt_own(uid))
        return Reach(own, frozenset(variables), frozenset(environment), flags)


def digest(text: str) -> str:
    """A short digest of a text; line endings do not count."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
