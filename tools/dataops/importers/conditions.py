"""Names and row conditions of Great Expectations as SQL that means the same."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

_RESERVED = """
    all and any array as asc between by case cast check column create cross current_date current_timestamp default
    delete desc distinct drop else end except exists false fetch for foreign from full grant group having in inner
    intersect interval into is join lateral left like limit natural not null offset on or order outer over partition
    primary qualify references right rows select some table then to true union unique user using values when where
    window with
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that name a column only between quotes, in one warehouse or another."""


def needs_quotes(name: str) -> bool:
    """Whether a name is more than lower-case letters, digits and underscores, or a word of SQL."""
    return name in RESERVED or not re.fullmatch("[a-z_][a-z0-9_]*", name)


def as_column(name: str) -> str:
    """A column in SQL."""
    quoted = name.replace('"', '""')
    return f'"{quoted}"' if needs_quotes(name) else name


_COMPARISONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_NODES: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "IN",
    ast.NotIn: "NOT_IN",
}


class UntranslatableError(Exception):
    """A condition that has no counterpart; the text says which part."""


def as_sql(condition: Any, parser: str | None) -> str:
    """A row condition of a suite, a text or the mapping that 1.x stores, as SQL. Raises UntranslatableError."""
    if isinstance(condition, str):
        return _of_text(condition, parser)
    kind = condition.get("type") if isinstance(condition, dict) else None
    try:
        if kind == "comparison":
            return _compared(condition["column"]["name"], condition["operator"], condition["parameter"])
        if kind == "nullity":
            return f"{as_column(condition['column']['name'])} is {'' if condition['is_null'] else 'not '}null"
        if kind in ("and", "or"):
            return f" {kind} ".join(f"({as_sql(each, parser)})" for each in condition["conditions"])
        if kind == "pass_through":
            return _of_text(condition["pass_through_filter"], parser or "pandas")
    except (KeyError, TypeError) as error:
        raise UntranslatableError(f"row_condition lacks {error}") from error
    raise UntranslatableError(f"row_condition of type {kind}")


def _of_text(condition: str, parser: str | None) -> str:
    """The query language of pandas, and Great Expectations' own `col("a") > 1`, as far as Python can parse them."""
    if parser == "spark":
        raise UntranslatableError("row_condition for Spark")
    try:
        return _expression(ast.parse(condition.strip(), mode="eval").body)
    except (SyntaxError, ValueError) as error:
        raise UntranslatableError(f"row_condition {condition!r}") from error


def _expression(node: ast.expr) -> str:
    match node:
        case ast.BoolOp(op=op, values=values):
            joined = " and " if isinstance(op, ast.And) else " or "
            return joined.join(f"({_expression(each)})" for each in values)
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() as op, right=right):
            joined = " and " if isinstance(op, ast.BitAnd) else " or "
            return joined.join(f"({_expression(each)})" for each in (left, right))
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            # In pandas a comparison with null is false, so its opposite is true.
            return f"not coalesce({_expression(operand)}, false)"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _NODES:
            return _compared(_name(left), _NODES[type(op)], _literal(right))
        case ast.Call(func=ast.Attribute(value=value, attr=method), args=[], keywords=[]):
            if method in ("isnull", "isna"):
                return f"{as_column(_name(value))} is null"
            if method in ("notnull", "notna"):
                return f"{as_column(_name(value))} is not null"
    raise UntranslatableError(f"row_condition {ast.unparse(node)!r}")


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Call(func=ast.Name(id="col"), args=[ast.Constant(value=str() as name)], keywords=[]):
            return name
    raise UntranslatableError(f"row_condition {ast.unparse(node)!r}")


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        raise UntranslatableError(f"row_condition {ast.unparse(node)!r}") from error


def _compared(name: str, operator: str, value: Any) -> str:
    column = as_column(name)
    if operator in ("IN", "NOT_IN"):
        values = ", ".join(_value(each) for each in value)
        if operator == "IN":
            return f"{column} in ({values})" if values else "1 = 0"
        return f"({column} is null or {column} not in ({values}))" if values else "1 = 1"
    if operator not in _COMPARISONS or isinstance(value, list | tuple | dict):
        raise UntranslatableError(f"row_condition {name} {operator} {value}")
    compared = f"{column} {_COMPARISONS[operator]} {_value(value)}"
    return f"({column} is null or {compared})" if operator == "!=" else compared


def _value(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
    raise UntranslatableError(f"row_condition with {value!r}")
