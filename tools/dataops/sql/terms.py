"""Expressions as digests: equal digests mean the same value on the same row, however the expression is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from dataops.sql.relation import Column, Relation, UnresolvedError, digest
from dataops.sql.scope import Scope
from dataops.sql.statement import NAME, Statement

STEPS = 150_000
"""Expressions and columns of one query that are looked at before giving up: some seconds, a long query times ten."""

# A function by any of these names is the same function, wherever the name exists.
_SAME_NAME = {"ifnull": "coalesce", "nvl": "coalesce", "now": "current_timestamp", "power": "pow"}
_SAME_ROW = (exp.Rand, exp.Randn, exp.Randstr, exp.Uuid, exp.TableSample)
_CLOCK = (exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime, exp.CurrentTimestampLTZ,
          exp.UtcTime, exp.UtcTimestamp, exp.UtcDate, exp.Localtime, exp.Localtimestamp)  # fmt: skip
_CHANCE = ("rand", "uuid", "nextval", "clock_timestamp", "timeofday", "seq")
_CLOCK_NAMES = ("now", "today", "sysdate", "getdate", "current", "transaction_timestamp", "statement_timestamp")
_UNKNOWN = (exp.Anonymous, exp.UDTF, exp.GenerateSeries, exp.ExplodingGenerateSeries, exp.Flatten, exp.List,
            exp.JSONTable, exp.XMLTable, exp.GenerateTable, exp.FeaturesAtTime)  # fmt: skip
_UNREADABLE = (exp.Table, exp.Columns, exp.PositionalColumn, exp.Parameter, exp.Placeholder, exp.Pivot, exp.Command)
_BEFORE_WINDOW = (exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup)

_PREDICATES = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.In, exp.Between, exp.Like, exp.ILike)
_OPERATORS = (*_PREDICATES, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.And, exp.Or, exp.Not)
_JOINTS = (exp.Binary, exp.Unary, exp.Between, exp.In, exp.Cast, exp.Bracket, exp.Dot, exp.AtTimeZone, exp.Interval)
_ATOMS = (exp.Column, exp.Literal, exp.Null, exp.Boolean, exp.Case, exp.Subquery, exp.Anonymous, exp.AggFunc)
_HOLDERS = (exp.Alias, exp.Where, exp.Having, exp.Qualify, exp.Join, exp.Select, exp.AggFunc, exp.Anonymous,
            exp.If, exp.Case, exp.Coalesce, exp.Tuple)  # fmt: skip


class Terms:
    """The digests of the expressions of one query.

    `query` yields the relation of a subquery; `read` is told of each column that a name in the text stands for.
    `chance` and `clock` stand in for what differs between two runs of the same SQL.
    """

    def __init__(
        self, statement: Statement, query: Callable[[exp.Expr, Scope], Relation],
        read: Callable[[exp.Column, Column], None], chance: str, clock: str,
    ) -> None:  # fmt: skip
        self.statement = statement
        self.query = query
        self.read = read
        self.chance = chance
        self.clock = clock
        self._steps = 0

    def step(self, count: int = 1) -> None:
        """Count an expression or columns that are looked at.

        Raises:
            UnresolvedError: so many that this might take for ever.
        """
        self._steps += count
        if self._steps > STEPS:
            raise UnresolvedError("takes too many steps to be followed")

    def term(self, node: exp.Expr, scope: Scope) -> str:
        """The digest of an expression.

        Raises:
            UnresolvedError: it has a part that cannot be followed.
        """
        self.step()
        if isinstance(node, exp.Column):
            return self._column(node, scope)
        if isinstance(node, exp.Star):
            return self._star(node, scope)
        if isinstance(node, exp.Paren):
            inner = self.term(node.this, scope)
            return inner if redundant(node) else digest("paren", inner)
        if isinstance(node, exp.Exists) and isinstance(node.this, exp.Query):
            return digest("exists", self.query(node.this, scope).rows)
        if isinstance(node, exp.Query):
            found = self.query(node, scope)
            values = found.layout if found.columns is None else tuple(column.value for column in found.columns)
            return digest("query", found.rows, values)
        if isinstance(node, _UNREADABLE):
            raise UnresolvedError(f"has a part that cannot be followed: {node.sql()[:60]}")
        return digest(type(node).__name__, self._own(node, scope), tuple(self._arguments(node, scope)))

    def call(self, node: exp.Expr, scope: Scope, *more: object) -> str:
        """The digest of a function or a list that stands where a table does."""
        return digest("call", self.term(node, scope), more)

    def column(self, node: exp.Column, scope: Scope) -> Column:
        """The column that a name in the text stands for."""
        found = scope.column(node)
        self.read(node, found)
        return found

    def _column(self, node: exp.Column, scope: Scope) -> str:
        if not isinstance(node.this, exp.Star):
            return self.column(node, scope).value
        whole = scope.source(scope.names.keys(node.parts[:-1]))
        if whole is None or _choosy(node.this):
            raise UnresolvedError(f"cannot tell what {node.sql()} stands for")
        return digest("row", whole.layout)

    def _star(self, node: exp.Star, scope: Scope) -> str:
        if _choosy(node):
            raise UnresolvedError("counts some columns of a relation")
        if isinstance(node.parent, exp.Count):
            return "*"
        return digest("all", [source.relation.layout for source in scope.sources])

    def _own(self, node: exp.Expr, scope: Scope) -> tuple[object, ...]:
        """What an expression depends on beside its parts."""
        own: list[object] = []
        if isinstance(node, exp.Func) and NAME in node.meta:
            name = str(node.meta[NAME]).lower()
            own.append(_SAME_NAME.get(name, name))
        if isinstance(node, exp.Literal) and node.is_string:
            own.append(self.statement.spelled.get(node.name))
        if isinstance(node, exp.DataType):
            own.append(self.statement.types.get(getattr(node.this, "name", "")))
        if isinstance(node, (exp.AggFunc, exp.Window, *_UNKNOWN)):
            own.append(scope.context)
        if isinstance(node, exp.Window) and isinstance(node.args.get("alias"), exp.Identifier):
            own.append(self._window(node.args["alias"], scope))
        own.extend(self._volatile(node))
        return tuple(own)

    def _volatile(self, node: exp.Expr) -> Iterator[str]:
        if by_chance(node):
            yield self.chance
        if by_clock(node):
            yield self.clock

    def _window(self, name: exp.Identifier, scope: Scope) -> str:
        """A named window by what it is."""
        key = scope.names.key(name)
        if key not in scope.windows:
            raise UnresolvedError(f"uses a window that is not there: {name.name}")
        definition = scope.windows[key]
        return digest("window", tuple(self._arguments(definition, scope, leave_out="this")))

    def _arguments(self, node: exp.Expr, scope: Scope, leave_out: str = "") -> Iterator[tuple[str, object]]:
        for name, value in sorted(node.args.items()):
            if value is None or value is False or value == [] or name == leave_out:
                continue
            if name == "alias" and isinstance(node, exp.Window):
                continue
            if isinstance(value, list):
                yield name, tuple(self._value(each, scope) for each in value)
            else:
                yield name, self._value(value, scope)

    def _value(self, value: object, scope: Scope) -> object:
        if isinstance(value, exp.Expr):
            return self.term(value, scope)
        if isinstance(value, list):
            return tuple(self._value(each, scope) for each in value)
        return type(value).__name__, str(value)


def redundant(paren: exp.Paren) -> bool:
    """Whether leaving out the parentheses is sure to change nothing.

    Where operators meet whose precedence the parser may not know as the engine does, they count.
    """
    inner, parent = paren.this, paren.parent
    if (
        isinstance(parent, exp.Func)
        and not isinstance(parent, exp.Binary)
        and isinstance(inner, (exp.EQ, exp.JSONExtract, exp.Lambda))
    ):
        return False  # without them it could be a named argument or a function
    if isinstance(parent, (exp.Ordered, exp.Group)) and isinstance(inner, exp.Literal):
        return False  # a number there is a position
    if isinstance(inner, (exp.Paren, *_ATOMS)) or (isinstance(parent, _HOLDERS) and not isinstance(inner, exp.Tuple)):
        return True
    top: exp.Expr = paren
    while isinstance(top.parent, (exp.Paren, *_JOINTS)):
        top = top.parent
    return isinstance(top.parent, _HOLDERS) and _well_known(top, within=False)


def _well_known(node: exp.Expr, within: bool) -> bool:
    """Whether an expression has no operators but those that bind alike everywhere. `within`: below a comparison."""
    if isinstance(node, exp.Paren):
        return _well_known(node.this, within)
    if isinstance(node, _OPERATORS):
        compares = isinstance(node, _PREDICATES)
        if compares and within:
            return False
        if isinstance(node, (exp.In, exp.Is, exp.Between)):
            return _well_known(node.this, compares)
        return all(_well_known(child, compares) for child in node.iter_expressions())
    if isinstance(node, exp.Cast):
        return isinstance(node.this, (*_ATOMS, exp.Paren)) and _well_known(node.this, within)
    return isinstance(node, _ATOMS) or (isinstance(node, exp.Func) and NAME in node.meta)


def by_chance(node: exp.Expr) -> bool:
    """Whether two evaluations of the same call can differ."""
    return isinstance(node, _SAME_ROW) or (isinstance(node, exp.Anonymous) and _called(node, _CHANCE))


def by_clock(node: exp.Expr) -> bool:
    """Whether two runs of the same query can differ."""
    return isinstance(node, _CLOCK) or (isinstance(node, (exp.Anonymous, exp.Column)) and _called(node, _CLOCK_NAMES))


def _called(node: exp.Expr, beginnings: tuple[str, ...]) -> bool:
    return node.name.lower().startswith(beginnings) or node.name.lower().endswith(("_uuid", "random"))


def _choosy(star: exp.Star) -> bool:
    return any(star.args.values())


def parts_of(node: exp.Expr) -> Iterator[exp.Expr]:
    """An expression and its parts, without those of subqueries."""
    pending = [node]
    while pending:
        part = pending.pop()
        yield part
        if not isinstance(part, exp.Query) or part is node:
            pending.extend(part.iter_expressions())


def aggregates(node: exp.Expr) -> bool:
    """Whether an expression turns many rows into one."""
    return any(isinstance(part, exp.AggFunc) and not _windowed(part) for part in parts_of(node))


def _windowed(node: exp.Expr) -> bool:
    child, parent = node, node.parent
    while isinstance(parent, _BEFORE_WINDOW) and parent.this is child:
        child, parent = parent, parent.parent
    return isinstance(parent, exp.Window) and parent.this is child


def unknown_calls(node: exp.Expr) -> Iterator[exp.Expr]:
    """Calls that may yield many rows, or one for many: nobody knows what such a function does."""
    return (part for part in parts_of(node) if isinstance(part, _UNKNOWN) and not _windowed(part))
