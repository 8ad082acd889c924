"""What a SELECT reads from: tables, CTEs, subqueries and functions, and how they are joined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from dataops.sql.names import Names, Parts
from dataops.sql.relation import (
    Column,
    Relation,
    UnresolvedError,
    digest,
    listed,
    mapped,
    one_of,
    open_ended,
    renamed,  # fmt: skip
)
from dataops.sql.scope import Scope, Source
from dataops.sql.terms import Terms

_TABLE = {"this", "alias", "db", "catalog", "hints", "sample", "version", "when"}
_JOIN = {"this", "on", "using", "side", "kind", "method", "hint"}
_LATERAL = {"this", "alias", "view", "outer", "cross_apply", "ordinality"}
_EPHEMERAL = "__dbt__cte__"
_SEMI = ("SEMI", "ANTI")


class Sources:
    """Reads FROM, JOIN and WITH. `nodes` knows dbt's nodes; `note` is told of each clause that decides on rows."""

    def __init__(
        self, names: Names, terms: Terms, query: Callable[[exp.Expr, Scope], Relation],
        nodes: Callable[[Parts], Relation | None], note: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.names = names
        self.terms = terms
        self.query = query
        self.nodes = nodes
        self.note = note

    def named(self, cte: exp.CTE, outer: Scope, recursive: bool, all_of: exp.With) -> Scope:
        """The scope that sees one more common table expression. It is read when something reads it."""
        if cte.args.get("key_expressions") or cte.args.get("scalar"):
            raise UnresolvedError("has a common table expression of an unusual kind")
        alias = cte.args["alias"]
        key = self.names.key(alias.this)
        scope = Scope(self.names, outer)
        columns = self._columns(alias)
        cache: list[Relation] = []
        itself = _refers(cte.this, key, self.names)

        def read() -> Relation:
            if not cache:
                node = self.nodes((key,)) if key.casefold().startswith(_EPHEMERAL) else None
                if node is not None:  # dbt inlined an ephemeral node: it is judged as a node, not as text
                    cache.append(node)
                elif itself and (recursive or self.names.dialect.__class__.__name__ == "Snowflake"):
                    cache.append(self._recursive(cte, key, columns, outer))
                else:
                    found = self.query(cte.this, outer)
                    cache.append(renamed(found, columns) if columns else found)
            return cache[0]

        later = {
            self.names.key(each.args["alias"].this) for each in all_of.expressions[all_of.expressions.index(cte) :]
        }
        if recursive and any(_refers(cte.this, name, self.names) for name in later - {key}):
            raise UnresolvedError("has common table expressions that refer to later ones")
        scope.ctes[key] = read
        return scope

    def _recursive(self, cte: exp.CTE, key: str, columns: list[tuple[str, str]], outer: Scope) -> Relation:
        """A query over its own result: any difference in it can reach each of its rows and columns."""
        if not isinstance(cte.this, exp.SetOperation):
            raise UnresolvedError("has a common table expression that reads itself without a union")
        first = self.query(cte.this.this, outer)
        first = renamed(first, columns) if columns else first
        inner = Scope(self.names, outer)
        own = mapped(replace(first, rows="recursion"), lambda one: replace(one, value=digest("own", one.key)), "own")
        inner.ctes[key] = lambda: own
        whole = self.query(cte.this, inner)
        if first.columns is None:
            raise UnresolvedError("is recursive over columns that are not known")
        rows = digest("recursive", whole.rows, whole.layout)
        return listed(
            rows, (Column(one.name, one.key, digest("recursive", rows, at)) for at, one in enumerate(first.columns))
        )

    def alone(self, relation: Relation) -> list[Source]:
        """A result as the only thing in sight."""
        return [Source((), relation)]

    def read(self, node: exp.Select, scope: Scope) -> tuple[str, str]:
        """Fill the scope with what the SELECT reads; the digests of the rows that come out, and of their order."""
        start = node.args.get("from_")
        joins = node.args.get("joins") or []
        laterals = node.args.get("laterals") or []
        if start is None:
            if joins or laterals:
                raise UnresolvedError("joins without a table to begin with")
            return digest("one row"), ""
        first = self._source(start.this, scope)
        if not joins and not laterals:
            scope.sources = [first]
            return first.relation.rows, first.relation.order
        if any(_bare(join) for join in joins) and any(join.side in ("RIGHT", "FULL") for join in joins):
            raise UnresolvedError("mixes lists of tables with outer joins")
        scope.sources = [_at(first, 0)]
        rows = digest("first", first.relation.rows)
        orders = [first.relation.order]
        for place, join in enumerate([*joins, *laterals], start=1):
            scope.context = digest(rows)
            source = self._source(join if isinstance(join, exp.Lateral) else join.this, scope)
            scope.sources.append(_at(source, place))
            how = self._join(join, scope) if isinstance(join, exp.Join) else "lateral"
            self.note("join", digest(how))
            rows = digest("join", rows, how, source.relation.rows)
            orders.append(source.relation.order)
            if isinstance(join, exp.Join) and join.kind in _SEMI:
                scope.unseen.add(len(scope.sources) - 1)
        return rows, digest(rows, orders) if any(orders) else ""

    def _join(self, join: exp.Join, scope: Scope) -> object:
        for name, value in join.args.items():
            if value and name not in _JOIN:
                raise UnresolvedError(f"joins with {name.strip('_')}, which is not followed")
        kind = "" if join.kind in ("INNER", "OUTER") else join.kind
        on, using = join.args.get("on"), join.args.get("using")
        if join.method == "NATURAL":
            condition: object = self._natural(join, scope)
        elif using:
            condition = [self._merge(each, join, scope) for each in using]
        else:
            condition = self.terms.term(on, scope) if on else None
        return join.method, join.side, kind, "" if _bare(join) or kind == "CROSS" else "if", condition

    def _natural(self, join: exp.Join, scope: Scope) -> object:
        """Joined by all columns that both sides have: all their names count."""
        *left, right = scope.sources
        known = [source.relation.columns for source in scope.sources]
        if any(columns is None for columns in known):
            raise UnresolvedError("joins by common columns, and not all columns are known")
        own = {column.key for column in right.relation.columns or ()}
        common = [c for source in left for c in source.relation.columns or () if c.key in own]
        return [self._merge(exp.to_identifier(c.name, quoted=True), join, scope) for c in common]

    def _merge(self, identifier: exp.Expr, join: exp.Join, scope: Scope) -> str:
        """A column of `using`: one column from two."""
        if not isinstance(identifier, (exp.Identifier, exp.Column)):
            raise UnresolvedError("joins by something that is no column")
        name = identifier if isinstance(identifier, exp.Identifier) else identifier.this
        key = self.names.key(name)
        *left, right = scope.sources
        before = scope.merged.get(key) or one_of(key, [c for source in left for c in source.relation.find(key)])
        after = one_of(key, list(right.relation.find(key)))
        if before is None or after is None:
            raise UnresolvedError(f"joins by {name.name}, which is not on both sides")
        for side in (before, after):
            self.terms.read(exp.Column(this=name), side)
        value = digest("using", join.side, join.kind if join.kind in _SEMI else "", before.value, after.value)
        shown = before.name if left[0].relation.find(key) else after.name
        scope.merged[key] = Column(shown, key, value)
        return value

    def _source(self, node: exp.Expr, scope: Scope) -> Source:
        alias = node.args.get("alias")
        relation, own = self._read(node, scope)
        if not isinstance(alias, exp.TableAlias):
            return Source(own, relation)
        columns = self._columns(alias)
        if columns and not isinstance(node, (exp.Unnest, exp.Lateral, exp.Values)):
            relation = renamed(relation, columns)
        return Source((self.names.key(alias.this),) if alias.this else own, relation)

    def _read(self, node: exp.Expr, scope: Scope) -> tuple[Relation, Parts]:
        """A relation with the name that it goes by if it is given no alias."""
        if isinstance(node, exp.Table):
            return self._table(node, scope)
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            # A derived table sees what surrounds the SELECT, not its neighbours.
            return self.query(node, Scope(self.names, scope.parent, _visible(scope))), ()
        if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
            return self.query(node.this, scope), ()
        if isinstance(node, (exp.Lateral, exp.Unnest, exp.Values)):
            return self._produced(node, scope), ()
        raise UnresolvedError(f"reads from something that is not followed: {node.sql()[:60]}")

    def _table(self, node: exp.Table, scope: Scope) -> tuple[Relation, Parts]:
        for name, value in node.args.items():
            if value and name not in _TABLE:
                raise UnresolvedError(f"reads a table with {name.strip('_')}, which is not followed")
        parts = self.names.relation(node)
        if parts is None:
            return self._produced(node, scope), ()
        extra = tuple(
            self.terms.term(node.args[name], scope) for name in ("sample", "version", "when") if node.args.get(name)
        )
        cte = scope.cte(parts[0]) if len(parts) == 1 else None
        relation = cte() if cte else self.nodes(parts)
        if relation is None:
            if len(parts) > 1 and scope.source(parts[:1]):
                raise UnresolvedError(f"reads a nested column as a table: {node.sql()[:60]}")
            relation = _stranger(parts)
        self.note("tables read", relation.rows)
        if extra:
            self.note("sample", digest(extra))
            taken = mapped(relation, lambda one: replace(one, value=digest(one.value, extra)), digest(extra))
            relation = replace(taken, rows=digest("taken", relation.rows, extra))
        return relation, parts

    def _produced(self, node: exp.Expr, scope: Scope) -> Relation:
        """The rows of a function or a list of values."""
        if isinstance(node, exp.Lateral) and any(v for k, v in node.args.items() if k not in _LATERAL):
            raise UnresolvedError("has a lateral join that is not followed")
        alias = node.args.get("alias")
        columns = self._columns(alias) if isinstance(alias, exp.TableAlias) else []
        value = self._call(node, scope)
        rows = digest("produced", value)
        self.note("rows produced", value)
        if columns and _names_all(node, len(columns)):
            return listed(rows, (Column(name, key, digest(value, at)) for at, (name, key) in enumerate(columns)))

        def find(key: str) -> tuple[Column, ...]:
            return (Column(key, key, digest("out of", value, columns, key)),)

        return open_ended(rows, digest("produced", value, columns), find)

    def _call(self, node: exp.Expr, scope: Scope) -> str:
        if isinstance(node, exp.Table):
            return self.terms.call(node.this, scope, tuple(str(part) for part in node.parts[:-1]))
        settings = tuple(
            (k, v if isinstance(v, (str, bool)) else v.sql())
            for k, v in sorted(node.args.items())
            if v and k not in ("this", "expressions", "alias")
        )
        parts = [*([node.this] if isinstance(node.this, exp.Expr) else []), *node.expressions]
        return digest(type(node).__name__, settings, [self.terms.call(part, scope) for part in parts])

    def _columns(self, alias: exp.TableAlias) -> list[tuple[str, str]]:
        identifiers = [each if isinstance(each, exp.Identifier) else each.this for each in alias.columns]
        return [(self.names.shown(each), self.names.key(each)) for each in identifiers]


def _bare(join: exp.Join) -> bool:
    """A list of tables, or a join without a condition, which the parser takes for one."""
    return not any(join.args.get(name) for name in ("on", "using", "side", "kind", "method"))


def _at(source: Source, place: int) -> Source:
    """A relation among several: its columns are those of one place."""

    def placed(column: Column) -> Column:
        return replace(column, value=digest("at", place, column.value))

    return Source(source.parts, mapped(source.relation, placed, f"at {place}"))


def _visible(scope: Scope) -> dict[str, Callable[[], Relation]]:
    return dict(scope.ctes)


def _refers(node: exp.Expr, key: str, names: Names) -> bool:
    return any(names.relation(table) == (key,) for table in node.find_all(exp.Table))


def _stranger(parts: Parts) -> Relation:
    """A relation that is no node of the project: taken to be the same before and after."""

    def find(key: str) -> tuple[Column, ...]:
        return (Column(key, key, digest("column", parts, key)),)

    return open_ended(digest("table", parts), digest("columns of", parts), find)


def _names_all(node: exp.Expr, names: int) -> bool:
    """Whether an alias with that many names leaves none of the columns without one."""
    if isinstance(node, exp.Values):
        first = node.expressions[0] if node.expressions else None
        return names == (len(first.expressions) if isinstance(first, exp.Tuple) else 1)
    return isinstance(node, exp.Lateral) and isinstance(node.this, exp.Explode)
