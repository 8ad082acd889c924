"""The select list: each of its expressions, and each column that a `*` in it stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from sqlglot import exp

from dataops.sql import types
from dataops.sql.relation import Column, Relation, UnresolvedError, only
from dataops.sql.scope import Scope
from dataops.sql.terms import Terms


@dataclass(frozen=True)
class Projection:
    """One entry. `node` is its expression, None for a column out of `*`.

    `result` evaluates it where the SELECT has come to: to a column, or to a relation whose columns are not listed.
    """

    node: exp.Expr | None
    key: str
    result: Callable[[], Column | Relation]


def projections(select: exp.Select, scope: Scope, terms: Terms) -> list[Projection]:
    """The entries of the select list; their names become known to the scope as aliases."""
    found: list[Projection] = []
    for node in select.expressions:
        star = _star(node)
        if star is None:
            entry = _single(node, scope, terms)
            if isinstance(node, exp.Alias):
                scope.aliases.setdefault(entry.key, []).append(_guarded(node, scope, terms))
            found.append(entry)
        else:
            found.extend(_expanded(node, star, scope, terms))
    return found


def _star(node: exp.Expr) -> exp.Star | None:
    if isinstance(node, exp.Star):
        return node
    return node.this if isinstance(node, exp.Column) and isinstance(node.this, exp.Star) else None


def _single(node: exp.Expr, scope: Scope, terms: Terms) -> Projection:
    if isinstance(node, (exp.Aliases, exp.PropertyEQ)):
        raise UnresolvedError("gives one expression several names")
    inner = node.unalias()
    if isinstance(node, exp.Alias):
        identifier = node.args["alias"]
        name, key = scope.names.shown(identifier), scope.names.key(identifier)
    else:
        name, key = _implicit(inner, scope)
    return Projection(inner, key, partial(_evaluated, inner, name, key, scope, terms, inner is node))


def _implicit(node: exp.Expr, scope: Scope) -> tuple[str, str]:
    """The name of an expression that was given none. The engine makes it from the text, so the text is the name."""
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
        return scope.names.shown(node.this), scope.names.key(node.this)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return scope.names.shown(node.expression), scope.names.key(node.expression)
    text = node.sql(dialect=scope.names.dialect, comments=False)
    return text, scope.names.stored(text)


def _evaluated(node: exp.Expr, name: str, key: str, scope: Scope, terms: Terms, implicit: bool = False) -> Column:
    bare = node
    while isinstance(bare, exp.Paren):
        bare = bare.this
    if isinstance(bare, exp.Column) and isinstance(bare.this, exp.Identifier):
        found = terms.column(bare, scope)
        if implicit and scope.names.keeps_case_of_table:
            name = found.name
        return replace(found, name=name, key=key, origin=None, unnamed=False)
    return Column(name, key, terms.term(node, scope), types.said(bare, scope.names.dialect), unnamed=implicit)


def _guarded(node: exp.Alias, scope: Scope, terms: Terms) -> Callable[[], str]:
    """An alias's value, for those who name it. Inside its own expression, the name is not the alias."""
    key = scope.names.key(node.args["alias"])
    known: dict[object, str] = {}

    def value() -> str:
        hidden = scope.aliases.pop(key)
        state = scope.context, scope.aliases_first, frozenset(scope.aliases)
        try:
            if state not in known:
                known[state] = terms.term(node.this, scope)
            return known[state]
        finally:
            scope.aliases[key] = hidden

    return value


def _expanded(node: exp.Expr, star: exp.Star, scope: Scope, terms: Terms) -> Iterator[Projection]:
    if star.args.get("ilike"):
        raise UnresolvedError("selects columns by a pattern")
    relations = _relations(node, scope)
    excluded = frozenset(scope.names.key(_identifier(each)) for each in star.args.get("except_") or ())
    replaced = {scope.names.key(each.args["alias"]): each.this for each in star.args.get("replace") or ()}
    renamed = {scope.names.key(_identifier(each.this)): each.args["alias"] for each in star.args.get("rename") or ()}
    for relation in relations:
        kept = only(relation, excluded)
        terms.step(len(kept.columns or ()))
        if kept.columns is None:
            if replaced or renamed:
                raise UnresolvedError("changes columns of a `*` whose columns are not known")
            yield Projection(None, "", partial(_same, kept))
            continue
        for column in kept.columns:
            if column.key in replaced:
                yield Projection(
                    replaced[column.key], column.key,
                    partial(_evaluated, replaced[column.key], column.name, column.key, scope, terms),
                )  # fmt: skip
            elif column.key in renamed:
                name = renamed[column.key]
                new = replace(column, name=scope.names.shown(name), key=scope.names.key(name), origin=None)
                yield Projection(None, new.key, partial(_same, new))
            else:
                yield Projection(None, column.key, partial(_same, column))


def _same(result: Column | Relation) -> Column | Relation:
    return result


def _identifier(node: exp.Expr) -> exp.Identifier:
    found = node if isinstance(node, exp.Identifier) else node.find(exp.Identifier)
    if found is None or (isinstance(node, exp.Column) and len(node.parts) > 1):
        raise UnresolvedError(f"cannot tell which column {node.sql()} is")
    return found


def _relations(node: exp.Expr, scope: Scope) -> list[Relation]:
    """What a star stands for: one relation, or all that the SELECT reads, where columns of `using` appear once."""
    if isinstance(node, exp.Column):
        parts = scope.names.keys(node.parts[:-1])
        relation = scope.source(parts)
        if relation is None:
            raise UnresolvedError(f"cannot tell what {node.sql()} stands for")
        return [relation]
    return scope.starred()
