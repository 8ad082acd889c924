"""Whether a type holds every value of another: what tells a type that widens from one that narrows.

Values are meant, and what they are: a whole number that becomes a floating one, or a date that becomes a timestamp, is
of another type, even where no value is lost. Never a guess: of a type that nobody knows, nothing is claimed.
"""

from __future__ import annotations

import math
from typing import Literal

from sqlglot import exp

from dataops.sql.types import parsed

Verdict = Literal["same", "wider", "narrower", "other", "unknown"]
"""How the later type is to the earlier one. `other`: neither holds the other's values."""

_T = exp.DataType.Type
_BITS = {
    _T.TINYINT: 8, _T.SMALLINT: 16, _T.MEDIUMINT: 24, _T.INT: 32, _T.BIGINT: 64, _T.INT128: 128, _T.INT256: 256,
    _T.SERIAL: 32, _T.BIGSERIAL: 64, _T.SMALLSERIAL: 16,
}  # fmt: skip
_UNSIGNED = {
    _T.UTINYINT: 8, _T.USMALLINT: 16, _T.UMEDIUMINT: 24, _T.UINT: 32, _T.UBIGINT: 64, _T.UINT128: 128, _T.UINT256: 256,
}  # fmt: skip
_DECIMALS = (_T.DECIMAL, _T.BIGDECIMAL)
_FLOATS = (_T.FLOAT, _T.DOUBLE)
_TEXTS = (_T.VARCHAR, _T.TEXT, _T.NVARCHAR)
_FIXED = (_T.CHAR, _T.NCHAR, _T.BPCHAR)
_WITH_FRACTIONS = (_T.TIMESTAMP, _T.TIMESTAMPTZ, _T.TIMESTAMPNTZ, _T.TIMESTAMPLTZ, _T.TIME, _T.TIMETZ, _T.DATETIME2)

_ALL_DECIMAL = ("snowflake", "oracle")
"""Where every whole number is a decimal one of 38 digits."""
_WITHOUT_DIGITS = {
    ("bigquery", _T.DECIMAL): (38, 9),
    ("bigquery", _T.BIGDECIMAL): (76, 38),
    ("spark", _T.DECIMAL): (10, 0),
    ("databricks", _T.DECIMAL): (10, 0),
    ("redshift", _T.DECIMAL): (18, 0),
    ("tsql", _T.DECIMAL): (18, 0),
    ("trino", _T.DECIMAL): (38, 0),
    ("postgres", _T.DECIMAL): (math.inf, math.inf),
}
"""Digits, and those after the point, of a decimal number that does not say them."""
_WITHOUT_LENGTH = {("redshift", _T.VARCHAR): 256, ("tsql", _T.VARCHAR): 1, ("tsql", _T.NVARCHAR): 1}
_FRACTIONS = {"snowflake": 9, "tsql": 7, "trino": 3}
"""Digits of a second where a type does not say them; six elsewhere."""


def compared(before: str, after: str, dialect: str) -> Verdict:
    """How one type of a dialect is to an earlier one."""
    if _plain(before) == _plain(after):
        return "same"
    one, other = parsed(before, dialect), parsed(after, dialect)
    if one is None or other is None:
        return "unknown"
    wider, narrower = _holds(other, one, dialect), _holds(one, other, dialect)
    if wider:
        return "same" if narrower else "wider"
    return "narrower" if narrower else "other"


def _plain(text: str) -> str:
    return "".join(text.lower().split())


def _holds(wide: exp.DataType, narrow: exp.DataType, dialect: str) -> bool:
    """Whether every value of `narrow` is one of `wide`."""
    if wide.this in exp.DataType.NESTED_TYPES and wide.this is narrow.this:
        return _holds_parts(wide, narrow, dialect)
    if (ones := _decimal(narrow, dialect)) and (others := _decimal(wide, dialect)):
        return others[1] >= ones[1] and others[0] - others[1] >= ones[0] - ones[1] if others[0] < math.inf else True
    if whole := _range(narrow, dialect):
        return _holds_whole(wide, whole, dialect)
    if narrow.this in _FLOATS:
        return wide.this in _FLOATS and (wide.this is _T.DOUBLE or narrow.this is _T.FLOAT)
    if narrow.this in (*_TEXTS, *_FIXED) and wide.this in (*_TEXTS, *_FIXED):
        return _holds_text(wide, narrow, dialect)
    if narrow.this in _WITH_FRACTIONS and wide.this is narrow.this:
        return _fraction(wide, dialect) >= _fraction(narrow, dialect)
    return wide.this is narrow.this and wide.sql(dialect=dialect) == narrow.sql(dialect=dialect)


def _holds_parts(wide: exp.DataType, narrow: exp.DataType, dialect: str) -> bool:
    """Lists and maps by what is in them; structures by their fields, in order, to which others may have been added."""
    pairs = list(zip(wide.expressions, narrow.expressions, strict=False))
    if len(pairs) < len(narrow.expressions) or (not narrow.expressions and wide.expressions):
        return False
    if wide.this not in (_T.STRUCT, _T.OBJECT) and len(wide.expressions) != len(narrow.expressions):
        return False
    sizes = [[str(each) for each in side.args.get("values") or ()] for side in (wide, narrow)]
    return sizes[0] == sizes[1] and all(_holds_part(one, other, dialect) for one, other in pairs)


def _holds_part(wide: exp.Expr, narrow: exp.Expr, dialect: str) -> bool:
    if isinstance(wide, exp.ColumnDef) and isinstance(narrow, exp.ColumnDef):
        if wide.name.lower() != narrow.name.lower():
            return False
        wide, narrow = wide.args["kind"], narrow.args["kind"]
    if isinstance(wide, exp.DataType) and isinstance(narrow, exp.DataType):
        return _holds(wide, narrow, dialect)
    return wide == narrow


def _range(found: exp.DataType, dialect: str) -> tuple[int, int] | None:
    """The least and the greatest whole number of a type."""
    if found.this in _BITS:
        # BigQuery has one whole number, under many names.
        bits = 64 if dialect == "bigquery" else _BITS[found.this]
        return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return (0, 2 ** _UNSIGNED[found.this] - 1) if found.this in _UNSIGNED else None


def _holds_whole(wide: exp.DataType, whole: tuple[int, int], dialect: str) -> bool:
    if limits := _range(wide, dialect):
        return limits[0] <= whole[0] and whole[1] <= limits[1]
    digits = _decimal(wide, dialect)
    return digits is not None and (digits[0] == math.inf or 10 ** int(digits[0] - digits[1]) > max(map(abs, whole)))


def _decimal(found: exp.DataType, dialect: str) -> tuple[float, float] | None:
    """Digits in all, and those after the point."""
    if found.this in _BITS and dialect in _ALL_DECIMAL:
        return 38, 0
    if found.this not in _DECIMALS:
        return None
    said = _numbers(found)
    if not said:
        return _WITHOUT_DIGITS.get((dialect, found.this))
    return float(said[0]), float(said[1]) if len(said) > 1 else 0.0


def _holds_text(wide: exp.DataType, narrow: exp.DataType, dialect: str) -> bool:
    if wide.this in _FIXED:
        # What is padded to a length reads otherwise when it is padded to another.
        return narrow.this in _FIXED and _length(wide, dialect) == _length(narrow, dialect)
    if dialect == "tsql" and narrow.this is _T.NVARCHAR and wide.this is not _T.NVARCHAR:
        return False
    return _length(wide, dialect) >= _length(narrow, dialect)


def _length(found: exp.DataType, dialect: str) -> float:
    said = _numbers(found)
    if said:
        return said[0]
    if found.expressions:
        return math.inf
    if found.this in (_T.CHAR, _T.NCHAR):
        return 1
    return _WITHOUT_LENGTH.get((dialect, found.this), math.inf)


def _fraction(found: exp.DataType, dialect: str) -> float:
    said = _numbers(found)
    return said[0] if said else _FRACTIONS.get(dialect, 6)


def _numbers(found: exp.DataType) -> list[int]:
    """What a type says in brackets, as far as it is numbers."""
    names = [each.name for each in found.expressions]
    return [int(name) for name in names if name.isdigit()]
