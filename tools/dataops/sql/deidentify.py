"""The shapes in which SQL takes the person out of a value, recognised in the syntax tree and never by a name."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

# What a column may declare as `meta: {deidentified: KIND}`, and the shapes that make the declaration true. A
# comparison (`flag`) may stand beside the shape itself: `case when zip is null then '000' else left(zip, 3) end`.
ACCEPTED: dict[str, frozenset[str]] = {
    "hash": frozenset({"hash"}),
    "year": frozenset({"year", "flag"}),
    "age_band": frozenset({"age_band"}),
    "zip3": frozenset({"zip3", "flag"}),
    "offset": frozenset({"offset", "flag"}),
    "count": frozenset({"count", "flag"}),
    "flag": frozenset({"flag"}),
}

SALT_LENGTH = 8
_HASHES = (exp.SHA, exp.SHA1Digest, exp.SHA2, exp.SHA2Digest, exp.MD5, exp.MD5Digest)


def shapes(parent: exp.Expr, child: exp.Expr) -> frozenset[str]:
    """The shapes that `parent` gives to a value that reaches it through `child`."""
    found: set[str] = set()
    if isinstance(parent, _HASHES) and _is_salted(parent):
        found.add("hash")
    if isinstance(parent, exp.Year) or (
        isinstance(parent, exp.Extract) and _is_year(parent) and child is not parent.this
    ):
        found.add("year")
    if _is_first_three(parent, child):
        found.add("zip3")
    if _is_difference(parent):
        found.add("offset")
    if isinstance(parent, exp.Count):
        found.add("count")
    if isinstance(parent, exp.Predicate):
        found.add("flag")
    if isinstance(parent, exp.If) and child is parent.this and _is_age_band(parent.parent):
        found.add("age_band")
    return frozenset(found)


def _is_salted(call: exp.Expr) -> bool:
    """The hashed text has a literal joined to it that is long enough to be a salt."""
    texts = (text for joined in call.find_all(exp.DPipe, exp.Concat) for text in joined.find_all(exp.Literal))
    return any(text.is_string and len(text.this) >= SALT_LENGTH for text in texts)


def _is_year(call: exp.Extract) -> bool:
    return call.this.name.lower() in {"year", "y", "yyyy"}


def _is_first_three(call: exp.Expr, child: exp.Expr) -> bool:
    """`left(x, 3)` or `substring(x, 1, 3)` within a CASE that can also answer '000', for areas with few people."""
    if not isinstance(call, (exp.Left, exp.Substring)) or child is not call.this:
        return False
    first = call.args.get("start")
    length = call.args.get("length") if isinstance(call, exp.Substring) else call.expression
    if (first is not None and first.sql() != "1") or length is None or length.sql() != "3":
        return False
    case = call.find_ancestor(exp.Case)
    return case is not None and any(answer.name == "000" for answer in _answers(case))


def _is_difference(call: exp.Expr) -> bool:
    """Days between two columns. A difference from a constant, or from today, is the date in other words."""
    if isinstance(call, exp.DateDiff):
        unit = call.args.get("unit")
        if unit is not None and unit.name.lower() not in {"day", "week", "month", "quarter", "year"}:
            return False
    elif not (isinstance(call, exp.Sub) and all(_is_date(side) for side in (call.left, call.right))):
        return False
    return all(side is not None and side.find(exp.Column) for side in (call.this, call.expression))


def _is_date(side: exp.Expr) -> bool:
    cast = side.unnest()
    return isinstance(cast, exp.Cast) and cast.is_type("date")


def _is_age_band(case: exp.Expr | None) -> bool:
    """All answers are constants, and one of them holds every age of 90 and over."""
    if not isinstance(case, exp.Case):
        return False
    answers = tuple(_answers(case))
    return all(isinstance(answer, (exp.Literal, exp.Null)) for answer in answers) and any(
        answer.name == "90+" for answer in answers
    )


def _answers(case: exp.Case) -> Iterator[exp.Expr]:
    for branch in case.args["ifs"]:
        yield branch.args["true"]
    if case.args.get("default") is not None:
        yield case.args["default"]
