"""A query as a relation: which rows it yields, clause by clause, and what each of its columns holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from sqlglot import exp

from dataops.sql.names import Names, Parts
from dataops.sql.relation import Column, Relation, UnresolvedError, composed, digest, united
from dataops.sql.scope import Scope
from dataops.sql.select_list import Projection, projections
from dataops.sql.sources import Sources
from dataops.sql.statement import Statement
from dataops.sql.terms import Terms, aggregates, parts_of, unknown_calls

_SELECT = {"with_", "expressions", "hint", "distinct", "from_", "joins", "laterals", "where", "group", "having",
           "qualify", "windows", "order", "limit", "offset"}  # fmt: skip
_SET = {"with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset"}
_SUBQUERY = {"with_", "this", "alias", "order", "limit", "offset"}


@dataclass
class Reading:
    """Reads a query. `nodes` yields the relations of dbt's nodes by their names in the SQL.

    `clauses` collects what decides on the rows, for words; `chance` and `clock` are explained in `Terms`.
    """

    statement: Statement
    nodes: Callable[[Parts], Relation | None]
    read: Callable[[exp.Column, Column], None] = field(default=lambda node, column: None)
    chance: str = ""
    clock: str = ""
    thorough: bool = False
    clauses: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Names(self.statement.dialect)
        self.terms = Terms(self.statement, self.query, self.read, self.chance, self.clock)
        self.sources = Sources(self.names, self.terms, self.query, self.nodes, self.note)

    def relation(self) -> Relation:
        """What the query yields.

        Raises:
            UnresolvedError: part of it cannot be followed.
        """
        try:
            return self.query(self.statement.tree, Scope(self.names))
        except RecursionError as error:
            raise UnresolvedError("is nested too deeply to be followed") from error

    def note(self, clause: str, value: str) -> None:
        """Keep what a clause comes to, to name the clause that differs."""
        self.clauses.append((clause, value))

    def query(self, node: exp.Expr, outer: Scope) -> Relation:
        """What a query inside the scope of another yields."""
        scope = self._with(node, outer)
        if isinstance(node, exp.Select):
            _refuse(node, _SELECT)
            return self._select(node, scope)
        if isinstance(node, exp.SetOperation):
            _refuse(node, _SET)
            return self._sorted(node, self._united(node, scope), scope)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            _refuse(node, _SUBQUERY)
            return self._sorted(node, self.query(node.this, scope), scope)
        raise UnresolvedError(f"has a query that is no SELECT: {node.sql()[:60]}")

    def _with(self, node: exp.Expr, outer: Scope) -> Scope:
        """The scope in which a query's own common table expressions are in sight."""
        clause = node.args.get("with_")
        if clause is None:
            return outer
        if clause.args.get("search") or clause.args.get("cycle") or clause.args.get("udfs"):
            raise UnresolvedError("searches a recursive query in an order of its own")
        scope = outer
        for cte in clause.expressions:
            scope = self.sources.named(cte, scope, recursive=bool(clause.args.get("recursive")), all_of=clause)
            if self.thorough:
                scope.ctes[self.names.key(cte.args["alias"].this)]()
        return scope

    def _select(self, node: exp.Select, outer: Scope) -> Relation:
        scope = Scope(self.names, outer)
        rows, order = self.sources.read(node, scope)
        for window in node.args.get("windows") or ():
            scope.windows[self.names.key(window.this)] = window
        items = projections(node, scope, self.terms)
        rows = self._grouped(node, scope, items, self._filtered("filter", node.args.get("where"), rows, order, scope))
        rows = self._filtered("filter on groups", node.args.get("having"), rows, order, scope)
        calls = [self.terms.term(call, scope) for item in items if item.node for call in unknown_calls(item.node)]
        if calls:
            rows = self._step("function that may yield rows", rows, sorted(calls))
        scope.context = digest(rows, order)
        parts = [item.result() for item in items]
        rows = self._filtered("filter on windows", node.args.get("qualify"), rows, order, scope, keep=True)
        scope.aliases_first = True
        sorting = self._sorting(node, scope, items)
        rows = self._distinct(node, scope, rows, parts, sorting)
        return self._cut(node, composed(rows, parts, order), sorting, scope)

    def _step(self, clause: str, rows: str, *values: object) -> str:
        self.note(clause, digest(values))
        return digest(clause, rows, values)

    def _filtered(
        self, clause: str, node: exp.Expr | None, rows: str, order: str, scope: Scope, keep: bool = False
    ) -> str:
        if not keep:
            scope.context = digest(rows, order)
        if node is None:
            return rows
        rows = self._step(clause, rows, self.terms.term(node.this, scope))
        if not keep:
            scope.context = digest(rows, order)
        return rows

    def _grouped(self, node: exp.Select, scope: Scope, items: list[Projection], rows: str) -> str:
        group = node.args.get("group")
        if group is None:
            clauses = [node.args.get(name) for name in ("having", "qualify", "order")]
            shown = [item.node for item in items if item.node] + [clause for clause in clauses if clause]
            if not node.args.get("having") and not any(aggregates(each) for each in shown):
                return rows
            return self._step("grouping", rows, "one group")
        keys = {self._place(key, scope, items) for key in group.expressions}
        if group.args.get("all"):
            keys |= {_value(item) for item in items if not isinstance(item.node, exp.AggFunc)}
        sets = [
            (name, str(value) if isinstance(value, bool) else tuple(self.terms.term(each, scope) for each in value))
            for name, value in sorted(group.args.items())
            if value and name not in ("expressions", "all")
        ]
        if sets and any(isinstance(part, exp.Literal) and not part.is_string for part in parts_of(group)):
            raise UnresolvedError("groups by position in several ways at once")
        return self._step("grouping", rows, sorted(keys), sets)

    def _place(self, node: exp.Expr, scope: Scope, items: list[Projection]) -> str:
        """The term of a key; a number is a place in the select list."""
        if isinstance(node, exp.Literal) and not node.is_string:
            if not node.name.isdigit() or not 0 < int(node.name) <= len(items) or _open(items[: int(node.name)]):
                raise UnresolvedError(f"cannot tell which column is number {node.name}")
            return _value(items[int(node.name) - 1])
        before, scope.aliases_first = scope.aliases_first, True
        try:
            return self.terms.term(node, scope)
        finally:
            scope.aliases_first = before

    def _sorting(self, node: exp.Expr, scope: Scope, items: list[Projection]) -> str:
        order = node.args.get("order")
        if order is None:
            return ""
        if order.args.get("siblings"):
            raise UnresolvedError("orders siblings")
        keys: list[object] = []
        for item in order.expressions:
            ways = [(k, str(v)) for k, v in sorted(item.args.items()) if k != "this" and not isinstance(v, exp.Expr)]
            if item.args.get("with_fill") or not isinstance(item, exp.Ordered):
                raise UnresolvedError("fills gaps in an order")
            if isinstance(item.this, (exp.Column, exp.Var)) and item.this.name.lower() == "all":
                keys.append(("all", [_value(each) for each in items], ways))
            else:
                keys.append((self._place(item.this, scope, items), ways))
        return digest("order", keys)

    def _distinct(self, node: exp.Select, scope: Scope, rows: str, parts: list[Column | Relation], sorting: str) -> str:
        distinct = node.args.get("distinct")
        if distinct is None:
            return rows
        if distinct.args.get("on"):
            return self._step("distinct", rows, self.terms.term(distinct.args["on"], scope), sorting, scope.context)
        values = sorted({part.value if isinstance(part, Column) else part.layout for part in _flat(parts)})
        return self._step("distinct", rows, values)

    def _cut(self, node: exp.Expr, relation: Relation, sorting: str, scope: Scope) -> Relation:
        """Order, limit and offset: the order counts where rows are cut off, or for who depends on it later."""
        order = digest("order", relation.order, sorting) if sorting else relation.order
        cuts = [node.args[name] for name in ("limit", "offset") if node.args.get(name)]
        rows = relation.rows
        if cuts:
            rows = self._step("limit", rows, order, [self.terms.term(cut, scope) for cut in cuts])
        return Relation(rows, relation.columns, relation.layout, relation.find, order)

    def _sorted(self, node: exp.Expr, relation: Relation, outer: Scope) -> Relation:
        """The clauses that may follow a set operation or parentheses; they see its columns alone."""
        if not any(node.args.get(name) for name in ("order", "limit", "offset")):
            return relation
        scope = Scope(self.names, outer, context=digest(relation.rows, relation.order))
        scope.sources = self.sources.alone(relation)
        parts: tuple[Column | Relation, ...] = relation.columns or (relation,)
        items = [Projection(None, "", partial(_itself, part)) for part in parts]
        return self._cut(node, relation, self._sorting(node, scope, items), scope)

    def _united(self, node: exp.SetOperation, scope: Scope) -> Relation:
        sides = [self.query(side, scope) for side in (node.this, node.expression)]
        self.note("set operation", digest(type(node).__name__, bool(node.args.get("distinct"))))
        return united(node, sides[0], sides[1])


def _itself(part: Column | Relation) -> Column | Relation:
    return part


def _refuse(node: exp.Expr, known: Iterable[str]) -> None:
    """Stop at a clause that is not understood: it may do anything."""
    for name, value in node.args.items():
        if value and name not in known:
            raise UnresolvedError(f"uses {name.strip('_')}, which is not followed")


def _open(items: list[Projection]) -> bool:
    return any(isinstance(item.result(), Relation) for item in items)


def _value(item: Projection) -> str:
    found = item.result()
    return found.value if isinstance(found, Column) else found.layout


def _flat(parts: Iterable[Column | Relation]) -> Iterator[Column | Relation]:
    for part in parts:
        if isinstance(part, Relation) and part.columns is not None:
            yield from part.columns
        else:
            yield part
