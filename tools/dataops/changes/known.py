"""What is known of the nodes that a query reads, on one side of a change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from dataops.changes.difference import SAME, Difference, Query
from dataops.changes.names import Names, Parts, rendered
from dataops.changes.relation import Column, Relation, digest, listed, open_ended
from dataops.changes.statement import Statement
from dataops.changes.types import Type, stored

Side = Literal["before", "after"]


class Known:
    """The nodes that a query reads, as relations: what differs upstream has another digest on each side."""

    def __init__(
        self, query: Query, statement: Statement, dialect: str, side: Side, upstream: Mapping[str, Difference]
    ) -> None:
        self.query = query
        self.dialect = dialect
        self.side = side
        self.upstream = upstream
        self.names = Names(statement.dialect)
        self.ids = {rendered(name, dialect): unique_id for name, unique_id in query.relations.items()}
        self.ids.pop(None, None)

    def node(self, parts: Parts) -> Relation | None:
        """The relation that a name in the SQL stands for, if it is one of dbt's."""
        unique_id = self.ids.get(parts)
        return None if unique_id is None else self._relation(unique_id)

    def differs(self, unique_id: str, key: str) -> bool:
        """Whether a column of a node is one that its difference names."""
        found = self.upstream.get(unique_id, SAME)
        return key in {self.names.stored(name) for name in found.columns}

    def _relation(self, unique_id: str) -> Relation:
        difference = self.upstream.get(unique_id, SAME)
        every = difference.rows or difference.unresolved is not None
        marked = {self.names.stored(name) for name in difference.columns}
        retyped = {self.names.stored(name) for name in difference.retyped}
        doubtful = {self.names.stored(name) for name in difference.doubtful}
        types = {self.names.stored(name): text for name, text in self.query.types.get(unique_id, {}).items()}

        def column(name: str) -> Column:
            key = self.names.stored(name)
            mark = self.side if every or key in marked else ""
            kind = None
            if key in retyped or key in doubtful:
                kind = Type(f"{unique_id}.{key} {self.side}", "moved" if key in retyped else "doubtful")
            # What a column was is what it is, unless it differs.
            known = key in types and not (mark and self.side == "after")
            catalogued = stored(types[key], self.dialect) if known else None
            return Column(name, key, digest("column", unique_id, key, mark), kind, catalogued, (unique_id, key))

        rows = digest("node", unique_id, self.side if every else "")
        order = digest("order", unique_id, self.side) if difference.resorted else ""
        names = self._listing(unique_id, difference)
        if names is not None:
            return listed(rows, map(column, names), order)
        layout = digest("columns of", unique_id, "" if difference.cosmetic else self.side)
        return open_ended(rows, layout, lambda key: (column(key),), order)

    def _listing(self, unique_id: str, difference: Difference) -> tuple[str, ...] | None:
        """The columns of a node, unless they contradict its difference: then they are not known."""
        names = self.query.columns.get(unique_id)
        if names is None or difference.unresolved is not None:
            return None
        present = set(names)
        absent, needed = (difference.added, difference.removed)[:: 1 if self.side == "before" else -1]
        return names if present >= set(needed) and not present & set(absent) else None
