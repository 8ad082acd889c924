"""Types of columns, as far as the SQL or production's catalog says them, and whether two of them are the same type.

Never a guess: an expression that does not say its type itself has none here. Where one side says it and nobody knows
the other, the answer is "may".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError

Verdict = Literal["same", "differs", "may"]

_WHOLE = "INT"
# Where all whole numbers, and all floating ones, are one type under many names.
_ONE_NUMBER = ("Snowflake", "Oracle")
_NESTED = exp.DataType.NESTED_TYPES
_TEXTS = exp.DataType.TEXT_TYPES | {exp.DataType.Type.BPCHAR, exp.DataType.Type.FIXEDSTRING}


@dataclass(frozen=True)
class Type:
    """A type. `said`: by a cast or a catalog (`exact`), by a constant (`literal`), or by nobody: it is what a column is
    that differs in type from side to side (`moved`), or may (`doubtful`).
    """

    name: str
    said: Literal["exact", "literal", "moved", "doubtful"] = "exact"
    family: str = ""
    bare: bool = True


def said(node: exp.Expr, dialect: Dialect) -> Type | None:
    """The type of an expression that says it itself: a cast, or a constant."""
    if isinstance(node, exp.Cast):
        return _exact(node.args["to"], dialect)
    if isinstance(node, exp.Boolean):
        return _exact(exp.DataType.build("boolean"), dialect)
    if isinstance(node, (exp.RawString, exp.National)) or (isinstance(node, exp.Literal) and node.is_string):
        return Type("text", "literal", "text")
    number = node.this if isinstance(node, exp.Neg) else node
    if isinstance(number, exp.Literal) and not number.is_string:
        return Type("whole number" if number.name.isdigit() else "number", "literal", "number")
    return None


@lru_cache(maxsize=4096)
def stored(text: str, dialect: str) -> Type | None:
    """A type as a catalog writes it; None for one that the dialect's parser does not know."""
    found = parsed(text, dialect)
    return _exact(found, Dialect.get_or_raise(dialect)) if found else None


def parsed(text: str, dialect: str) -> exp.DataType | None:
    """The same as a syntax tree."""
    try:
        found = exp.DataType.build(text, dialect=Dialect.get_or_raise(dialect))
    except (SqlglotError, ValueError, RecursionError):
        return None
    unknown = (exp.DataType.Type.USERDEFINED, exp.DataType.Type.UNKNOWN)
    return found if isinstance(found, exp.DataType) and found.this not in unknown else None


def merged(one: Type | None, other: Type | None) -> Type | None:
    """The type of a column of a union, where both sides are of one type."""
    if one == other:
        return one
    unsure = next((each for each in (one, other) if each and each.said in ("moved", "doubtful")), None)
    return unsure and Type(unsure.name, "doubtful")


def compared(before: Type | None, after: Type | None, dialect: Dialect) -> Verdict:
    """Whether two types are the same. Of two that nobody says, nothing is claimed: only the expression differs."""
    if before is None or after is None:
        return "same" if before is after else "may"
    kinds = {before.said, after.said}
    if "doubtful" in kinds:
        return "may"
    if "moved" in kinds:
        return ("same" if before == after else "differs") if len(kinds) == 1 else "may"
    if before.family != after.family:
        return "differs" if before.family and after.family else "may"
    if "literal" in kinds:
        return _with_literal(before, after, dialect)
    if before.name == after.name:
        return "same"
    return _within_family(before, after, dialect)


def _with_literal(before: Type, after: Type, dialect: Dialect) -> Verdict:
    if before.said == after.said:
        return "same" if before.name == after.name else "differs"
    exact, constant = (before, after) if after.said == "literal" else (after, before)
    if constant.family == "text":
        return "same" if exact.bare else "may"
    whole = exp.DataType.build(_WHOLE).sql(dialect=dialect)
    return "same" if constant.name == "whole number" and exact.name == whole else "may"


def _within_family(before: Type, after: Type, dialect: Dialect) -> Verdict:
    """Lengths of texts, and what a name without its precision stands for, are the engine's own affair."""
    if before.family in ("text", "nested"):
        return "may"
    root, other = (each.name.split("(")[0] for each in (before, after))
    if root == other and before.bare != after.bare:
        return "may"
    unified = type(dialect).__name__ in _ONE_NUMBER
    if unified and (before.family == "number" or "TIMESTAMP" in (root, other)) and (before.bare or after.bare):
        return "may"
    return "differs"


def _exact(found: exp.DataType, dialect: Dialect) -> Type | None:
    """None for a type of the user's own."""
    if not isinstance(found, exp.DataType) or found.this in (exp.DataType.Type.USERDEFINED, exp.DataType.Type.UNKNOWN):
        return None
    return Type(found.sql(dialect=dialect), "exact", _family(found), not found.expressions)


def _family(found: exp.DataType) -> str:
    kind = found.this
    if kind in _TEXTS:
        return "text"
    if kind in exp.DataType.NUMERIC_TYPES:
        return "number"
    if kind in _NESTED:
        return "nested"
    return "time" if kind in exp.DataType.TEMPORAL_TYPES else str(kind.name).lower()


def logical(text: str, dialect: str) -> str:
    """What kind of values a type has, as the Open Data Contract Standard names it; empty for an unknown one."""
    found = parsed(text, dialect)
    if found is None:
        return ""
    kind = found.this
    if kind in exp.DataType.INTEGER_TYPES:
        return "integer"
    if kind in exp.DataType.NUMERIC_TYPES:
        return "number"
    if kind in (exp.DataType.Type.ARRAY, exp.DataType.Type.LIST):
        return "array"
    if kind in exp.DataType.NESTED_TYPES or kind in (exp.DataType.Type.JSON, exp.DataType.Type.VARIANT):
        return "object"
    if kind in (exp.DataType.Type.DATE, exp.DataType.Type.DATE32):
        return "date"
    if kind in (exp.DataType.Type.TIME, exp.DataType.Type.TIMETZ):
        return "time"
    if kind in exp.DataType.TEMPORAL_TYPES:
        return "timestamp"
    return {"boolean": "boolean"}.get(str(kind.name).lower(), "string" if kind in _TEXTS else "")
