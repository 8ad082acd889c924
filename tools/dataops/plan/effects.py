"""What each change does to the data, followed node by node from the changes downwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from dataops.plan.plan import kind_of, short
from dataops.plan.reasons import COMPILE, DATA, INERT, STORED, Reason
from dataops.project.closure import reached
from dataops.project.compiled import EPHEMERAL, CompiledSql
from dataops.project.graph import Graph
from dataops.sql.difference import SAME, Difference, Query
from dataops.sql.meaning import difference, outputs

_RELATIONS = ("model", "snapshot")
_TESTS = ("test", "unit_test")

SqlOf = Callable[[str], "str | None"]


@dataclass(frozen=True)
class Facts:
    """What is known of the project's nodes.

    `before`: the base's compiled SQL. `after` compiles a node as it is now, `names` are its relations now.
    `opaque`: why a node is more than its query. `unprovable`: why compiling it tells nothing. `layout`: whether its
    text differs in comments and layout only. `earlier` are a node's parents in the base.
    """

    graph: Graph
    dialect: str
    before: CompiledSql
    after: SqlOf
    names: Mapping[str, str]
    opaque: Callable[[str], str | None]
    unprovable: Callable[[str], str | None]
    layout: Callable[[str], bool]
    earlier: Callable[[str], tuple[str, ...]]


@dataclass
class Effects:
    """How the output of every reached node differs, what runs, and what was reached and is left alone."""

    differences: dict[str, Difference] = field(default_factory=dict)
    run: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)
    current: Callable[[str], Query | None] = field(default=lambda _: None)


def follow(facts: Facts, reasons: Mapping[str, tuple[Reason, ...]]) -> Effects:
    """Follow the changes to the end."""
    walk = _Walk(facts, reasons)
    for unique_id in _downwards(facts.graph, reasons):
        walk.enter(unique_id)
    walk.effects.current = walk.current
    return walk.effects


def _downwards(graph: Graph, roots: Iterable[str]) -> Iterable[str]:
    """The roots and everything below, parents first."""
    below = reached(roots, lambda each: graph.children.get(each, ()))
    above = {node: [each for each in graph.parents.get(node, ()) if each in below] for node in sorted(below)}
    return TopologicalSorter(above).static_order()


class _Walk:
    def __init__(self, facts: Facts, reasons: Mapping[str, tuple[Reason, ...]]) -> None:
        self.facts = facts
        self.reasons = reasons
        self.effects = Effects()
        self._columns: dict[bool, dict[str, tuple[str, ...] | None]] = {
            old: dict(facts.before.columns) for old in (True, False)
        }

    def enter(self, unique_id: str) -> None:
        """Judge one node; everything above it has been judged."""
        found = self.reasons.get(unique_id, ())
        parents = self.facts.graph.parents.get(unique_id, ())
        above = {p: self.effects.differences[p] for p in parents if p in self.effects.differences}
        above = {parent: each for parent, each in above.items() if not each.cosmetic or each.resorted}
        if kind_of(unique_id) in _TESTS:
            self._test(unique_id, found, parents, above)
            return
        differs = self._difference(unique_id, found, above)
        self.effects.differences[unique_id] = differs
        stored = any(each.effect == STORED for each in found)
        if kind_of(unique_id) in ("source", "exposure"):
            return
        # A seed of which only the rows' order differs is loaded for those who can see the order.
        loaded = differs.resorted and kind_of(unique_id) == "seed"
        if not differs.cosmetic or stored or loaded:
            self.effects.run[unique_id] = self._why(found, differs, above)
        elif found:
            self.effects.left[unique_id] = (
                "what it builds is the same" if self._compiled(found) else "nothing that is built differs"
            )
        elif above:
            self.effects.left[unique_id] = f"reads none of what changed in {_listed(above)}"

    def _test(
        self, unique_id: str, found: tuple[Reason, ...], parents: Iterable[str], above: Mapping[str, Difference]
    ) -> None:
        tested = [each for each in parents if each in self.effects.run or (each in above and not above[each].cosmetic)]
        if any(each.effect != INERT for each in found):
            self.effects.run[unique_id] = _changed(found)
        elif tested:
            self.effects.run[unique_id] = f"tests {short(tested[0])}"

    def _difference(self, unique_id: str, found: tuple[Reason, ...], above: Mapping[str, Difference]) -> Difference:
        decisive = [each for each in found if each.effect == DATA]
        if decisive:
            told = decisive[0].output if len(decisive) == 1 and not above else None
            return told or Difference.unknown(_changed(decisive))
        compiled = self._compiled(found)
        if kind_of(unique_id) not in _RELATIONS:
            # An exposure, a metric, an operation: it differs if anything that it reads does.
            if compiled:
                return Difference.unknown(_changed(compiled))
            return Difference.unknown(f"reads {_listed(above)}") if above else SAME
        if not compiled and not above:
            return SAME
        opaque = self.facts.opaque(unique_id) or _not_followed(above)
        if above and opaque:
            return Difference.unknown(f"reads {_listed(above)}, and {opaque}")
        if (
            compiled
            and all(each.kind == "sql" for each in found if each.effect == COMPILE)
            and self.facts.layout(unique_id)
        ):
            compiled = ()
            if not above:
                return replace(SAME, why="only comments and layout differ")
        unprovable = self.facts.unprovable(unique_id) if compiled else None
        if unprovable:
            return Difference.unknown(f"{_changed(compiled)}, and {unprovable}")
        judged = self._judged(unique_id, bool(compiled), above)
        if opaque and not judged.cosmetic:
            return Difference.unknown(f"{judged.why}, and {opaque}")
        return judged

    def _judged(self, unique_id: str, compiled: bool, above: Mapping[str, Difference]) -> Difference:
        before = self.query(unique_id, old=True)
        after = self.query(unique_id, old=False) if compiled or before is None else before
        if not compiled and (known := before or after) is not None:
            # The same text on both sides, over columns that may not be the same.
            before = replace(known, columns=self._known(known, old=True))
            after = replace(known, columns=self._known(known, old=False))
        if before is None or after is None:
            reason = "its SQL could not be compiled here" if before else "its earlier SQL is not known"
            return Difference.unknown(f"reads {_listed(above)}, and {reason}" if above else reason)
        judged = difference(before, after, self.facts.dialect, above)
        for old, query in ((True, before), (False, after)):
            if unique_id not in self._columns[old] or (not old and not judged.cosmetic):
                self._columns[old][unique_id] = outputs(query, self.facts.dialect)
        return judged

    def current(self, unique_id: str) -> Query | None:
        """A node's query as it is now, compiled anew only where it is not the one of the base."""
        unchanged = unique_id in self.facts.before.sql and not self._compiled(self.reasons.get(unique_id, ()))
        return self.query(unique_id, old=unchanged)

    def query(self, unique_id: str, old: bool) -> Query | None:
        """A node's query as it was, or as it is."""
        sql = self.facts.before.sql.get(unique_id) if old else self.facts.after(unique_id)
        if sql is None:
            return None
        names = self.facts.before.names if old else self.facts.names
        relations: dict[str, str] = {}
        pending = [unique_id]
        while pending:
            child = pending.pop()
            for parent in self.facts.earlier(child) if old else self.facts.graph.parents.get(child, ()):
                name = names.get(parent)
                if name is not None and name not in relations:
                    relations[name] = parent
                    if name.startswith(EPHEMERAL):
                        pending.append(parent)
        types = self.facts.before.types
        known = {parent: types[parent] for parent in relations.values() if parent in types}
        found = Query(sql, relations, {}, known, types.get(unique_id, {}))
        return replace(found, columns=self._known(found, old))

    def _known(self, query: Query, old: bool) -> dict[str, tuple[str, ...] | None]:
        return {uid: self._columns[old].get(uid) for uid in query.relations.values()}

    @staticmethod
    def _compiled(found: Iterable[Reason]) -> tuple[Reason, ...]:
        return tuple(each for each in found if each.effect == COMPILE)

    @staticmethod
    def _why(found: tuple[Reason, ...], differs: Difference, above: Mapping[str, Difference]) -> str:
        if any(each.effect != INERT for each in found):
            return _changed(found)
        return differs.why or f"reads {_listed(above)}"


def _not_followed(above: Iterable[str]) -> str | None:
    """Why nothing is proved of a node that calls a function that differs, or names a source that does."""
    called = [each for each in above if kind_of(each) == "function"]
    if called:
        return f"what {_listed(called)} makes of its arguments is not looked into"
    named = [each for each in above if kind_of(each) == "source"]
    return f"where {_listed(named)} is read from may be part of its text" if named else None


def _changed(found: Iterable[Reason]) -> str:
    """`modified: sql, macro cents_to_euros`."""
    kinds = [each for each in found if each.effect != INERT]
    if any(each.kind == "new" for each in kinds):
        return "added: new"
    words = list(dict.fromkeys(f"{each.kind} {each.detail}".strip() for each in kinds))
    more = f" and {len(words) - 4} more" if len(words) > 4 else ""
    return f"modified: {', '.join(words[:4])}{more}"


def _listed(nodes: Iterable[str]) -> str:
    names = [short(node) for node in nodes]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
