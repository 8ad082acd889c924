"""Edits of a query: each kind takes the file's tokens and gives the file's new text, or None where it does not fit."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import sqlglot
from sqlglot.errors import SqlglotError

from bench.mutate.tokens import Select, Token, Tokens, closing, ctes, following, selects, spliced, with_text, write

Kind = Callable[[Tokens, random.Random], str | None]
KINDS: dict[str, Kind] = {}
"""Every kind of edit of a query, by name."""

_OPERATORS = {
    "=": ["<>", ">="], "<>": ["="], "!=": ["="], "<": ["<=", ">"], ">": [">=", "<"], "<=": ["<"], ">=": [">"],
    "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "and": ["or"], "or": ["and"],
    "sum": ["max", "min"], "min": ["max"], "max": ["min"], "count": ["max"], "avg": ["sum"],
    "row_number": ["rank"], "rank": ["dense_rank"], "coalesce": ["greatest"], "lower": ["upper"],
}  # fmt: skip
_JOINS = ("inner", "left", "right", "full")
_TYPES = ("varchar", "double", "decimal(18, 4)", "bigint")
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "select from where group by order having limit join left right inner full outer on using as and or not in is "
        "null case when then else end with union all distinct over partition between cast",
    )
)


def kind(name: str) -> Callable[[Kind], Kind]:
    """Make a function known as a kind of edit."""

    def add(function: Kind) -> Kind:
        KINDS[name] = function
        return function

    return add


def _pick(tokens: Tokens, dice: random.Random, wanted: Callable[[Token], bool]) -> int | None:
    places = [at for at, token in enumerate(tokens) if wanted(token)]
    return dice.choice(places) if places else None


def _one(tokens: Tokens, dice: random.Random, wanted: Callable[[Select], bool] = lambda _: True) -> Select | None:
    found = [each for each in selects(tokens) if wanted(each)]
    return dice.choice(found) if found else None


def _text(tokens: Tokens, span: tuple[int, int]) -> str:
    return write(tokens[span[0] : span[1]])


def _named(tokens: Tokens, span: tuple[int, int]) -> tuple[str, str] | None:
    """The expression of an item and the name of its column; None for a star or what has no plain name."""
    left, right = span
    last = tokens[right - 1]
    if last.kind not in ("word", "quoted"):
        return None
    before = following(tokens, right - 1, -1)
    if before is not None and before > left and tokens[before].low == "as":
        return write(tokens[left:before]).strip(), last.text
    if before is None or before < left or tokens[before].text == ".":
        return _text(tokens, span), last.text
    return None


@kind("literal")
def literal(tokens: Tokens, dice: random.Random) -> str | None:
    at = _pick(tokens, dice, lambda token: token.kind in ("number", "string"))
    if at is None:
        return None
    text = tokens[at].text
    if tokens[at].kind == "string":
        return with_text(tokens, at, text[:-1] + "x'")
    return with_text(tokens, at, str(int(text) + 1) if text.isdigit() else text + "1")


@kind("operator")
def operator(tokens: Tokens, dice: random.Random) -> str | None:
    places = [at for at, token in enumerate(tokens) if token.low in _OPERATORS and not _star(tokens, at)]
    at = dice.choice(places) if places else None
    return with_text(tokens, at, dice.choice(_OPERATORS[tokens[at].low])) if at is not None else None


def _star(tokens: Tokens, at: int) -> bool:
    """Whether this is a star for all columns or rows, no multiplication."""
    before = following(tokens, at, -1)
    return tokens[at].text == "*" and (before is None or tokens[before].low in ("select", "distinct", ".", "(", ","))


@kind("join type")
def join(tokens: Tokens, dice: random.Random) -> str | None:
    at = _pick(tokens, dice, lambda token: token.low == "join")
    if at is None:
        return None
    before = following(tokens, at, -1)
    if before is not None and tokens[before].low == "outer":
        before = following(tokens, before, -1)
    if before is not None and tokens[before].low in _JOINS:
        return with_text(tokens, before, dice.choice([word for word in _JOINS if word != tokens[before].low]))
    return with_text(tokens, at, f"{dice.choice(_JOINS[1:])} join")


@kind("filter added")
def filter_added(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    names = [_text(tokens, span) for span in each.items if all(tokens[at].kind != "mark" for at in range(*span))]
    plain = [name for name in names if " " not in name and "{" not in name]
    test = dice.choice([f"{name} is not null" for name in plain] + ["1 = 1", "1 = 0"])
    if "where" in each.clauses:
        return spliced(tokens, each.clauses["where"] + 1, each.clauses["where"] + 1, f" {test} and")
    at = each.clause_end("from")
    return spliced(tokens, at, at, f"\nwhere {test}\n")


@kind("filter removed")
def filter_removed(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice, lambda each: "where" in each.clauses)
    return spliced(tokens, each.clauses["where"], each.clause_end("where"), "") if each else None


@kind("filter changed")
def filter_changed(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice, lambda each: "where" in each.clauses)
    if each is None:
        return None
    start, end = each.clauses["where"] + 1, each.clause_end("where")
    return spliced(tokens, start, end, f" not ({write(tokens[start:end]).strip()})\n")


@kind("column added")
def column_added(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    at = each.items[dice.randrange(len(each.items))][1]
    value = dice.choice(("1", "null", "'new'"))
    return spliced(tokens, at, at, f",\n    {value} as added_{dice.randrange(100)}")


@kind("column renamed")
def column_renamed(tokens: Tokens, dice: random.Random) -> str | None:
    return _item(tokens, dice, lambda expression, name: f"{expression} as {name.strip(chr(34))}_renamed")


@kind("column retyped")
def column_retyped(tokens: Tokens, dice: random.Random) -> str | None:
    return _item(tokens, dice, lambda expression, name: f"cast({expression} as {dice.choice(_TYPES)}) as {name}")


@kind("column changed")
def column_changed(tokens: Tokens, dice: random.Random) -> str | None:
    return _item(tokens, dice, lambda expression, name: f"coalesce({expression}, {expression}) as {name}")


def _item(tokens: Tokens, dice: random.Random, change: Callable[[str, str], str]) -> str | None:
    """One column of a select, written otherwise."""
    choices = [
        (span, named) for each in selects(tokens) for span in each.items if (named := _named(tokens, span)) is not None
    ]
    if not choices:
        return None
    span, (expression, name) = dice.choice(choices)
    return spliced(tokens, *span, change(expression, name))


@kind("column dropped")
def column_dropped(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice, lambda each: len(each.items) > 1)
    if each is None:
        return None
    number = dice.randrange(len(each.items))
    if number:
        return spliced(tokens, each.items[number - 1][1], each.items[number][1], "")
    return spliced(tokens, each.items[0][0], each.items[1][0], "")


@kind("column reordered")
def column_reordered(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice, lambda each: len(each.items) > 1)
    if each is None:
        return None
    return _swapped(tokens, *sorted(dice.sample(each.items, 2)))


def _swapped(tokens: Tokens, first: tuple[int, int], second: tuple[int, int]) -> str:
    between = write(tokens[first[1] : second[0]])
    return spliced(tokens, first[0], second[1], _text(tokens, second) + between + _text(tokens, first))


@kind("select * written out")
def star_expanded(tokens: Tokens, dice: random.Random) -> str | None:
    """`select * from cte` where the CTE lists its columns."""
    lists = {tokens[cte.name].text: (cte.opens, cte.closes) for cte in ctes(tokens)}
    for each in selects(tokens):
        source = following(tokens, each.clauses["from"])
        if [_text(tokens, span) for span in each.items] != ["*"] or source is None:
            continue
        after = following(tokens, source)
        inside = lists.get(tokens[source].text)
        if inside is None or (after is not None and after < each.end and tokens[after].low not in ("where", "order")):
            continue
        last = [other for other in selects(tokens) if inside[0] < other.start < inside[1]]
        names = [_named(tokens, span) for span in last[0].items] if last else []
        if names and all(names):
            return spliced(tokens, *each.items[0], ",\n    ".join(named[1] for named in names if named))
    return None


@kind("CTE moved")
def cte_moved(tokens: Tokens, dice: random.Random) -> str | None:
    found = ctes(tokens)
    if len(found) < 2:
        return None
    number = dice.randrange(len(found) - 1)
    first, second = ((cte.name, cte.closes + 1) for cte in found[number : number + 2])
    return _swapped(tokens, first, second)


@kind("CTE renamed")
def cte_renamed(tokens: Tokens, dice: random.Random) -> str | None:
    found = ctes(tokens)
    if not found:
        return None
    name = tokens[dice.choice(found).name].text
    return write([Token(each.kind, f"{name}_cte") if each.text == name else each for each in tokens])


@kind("CTE inlined")
def cte_inlined(tokens: Tokens, dice: random.Random) -> str | None:
    found = ctes(tokens)
    if not found:
        return None
    cte = dice.choice(found)
    name = tokens[cte.name].text
    body = write(tokens[cte.opens : cte.closes + 1])
    for at in range(cte.closes, len(tokens)):
        before = following(tokens, at, -1)
        if tokens[at].text == name and before is not None and tokens[before].low in ("from", "join"):
            after = following(tokens, at)
            joins = after is not None and (tokens[after].low == "as" or tokens[after].kind == "word")
            aliased = joins and after is not None and tokens[after].low not in _KEYWORDS - {"as"}
            return spliced(tokens, at, at + 1, body if aliased else f"{body} as {name}")
    return None


@kind("alias renamed")
def alias_renamed(tokens: Tokens, dice: random.Random) -> str | None:
    names = []
    for at, token in enumerate(tokens):
        before = following(tokens, at, -1)
        if token.low == "as" and before is not None and tokens[before].kind in ("jinja", "word"):
            source, alias = following(tokens, before, -1), following(tokens, at)
            if source is not None and tokens[source].low in ("from", "join") and alias is not None:
                names.append(tokens[alias].text)
    if not names:
        return None
    name = dice.choice(names)
    return write([Token(each.kind, f"{name}_t") if each.text == name else each for each in tokens])


@kind("union")
def union(tokens: Tokens, dice: random.Random) -> str | None:
    at = _pick(tokens, dice, lambda token: token.low == "union")
    after = following(tokens, at) if at is not None else None
    if at is None or after is None:
        return None
    return spliced(tokens, at, after + 1, "union") if tokens[after].low == "all" else with_text(tokens, at, "union all")


@kind("distinct")
def distinct(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    after = following(tokens, each.start)
    if after is not None and tokens[after].low == "distinct":
        return spliced(tokens, after, after + 1, "")
    return spliced(tokens, each.start + 1, each.start + 1, " distinct")


@kind("limit")
def limit(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    if "limit" in each.clauses:
        return spliced(tokens, each.clauses["limit"], each.end, "")
    return spliced(tokens, each.end, each.end, f"\nlimit {dice.choice([2, 1_000_000])}\n")


@kind("order by")
def order_by(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    if "order" in each.clauses:
        return spliced(tokens, each.clauses["order"], each.clause_end("order"), "\n")
    at = each.clauses.get("limit", each.end)
    return spliced(tokens, at, at, f"\norder by {dice.randint(1, len(each.items))}\n")


@kind("group by")
def group_by(tokens: Tokens, dice: random.Random) -> str | None:
    each = _one(tokens, dice)
    if each is None:
        return None
    if "group" in each.clauses:
        at = each.clause_end("group")
        return spliced(tokens, at, at, "\nhaving count(*) > 1\n")
    at = each.clause_end("where" if "where" in each.clauses else "from")
    return spliced(tokens, at, at, "\ngroup by all\n")


@kind("window")
def window(tokens: Tokens, dice: random.Random) -> str | None:
    at = _pick(tokens, dice, lambda token: token.low == "over")
    opens = following(tokens, at) if at is not None else None
    closes = closing(tokens, opens) if opens is not None and tokens[opens].text == "(" else None
    if opens is None or closes is None:
        return None
    inside = write(tokens[opens + 1 : closes])
    if " desc" in inside:
        return spliced(tokens, opens + 1, closes, inside.replace(" desc", "", 1))
    if "order by" in inside and "rows" not in inside and dice.random() < 0.5:
        return spliced(tokens, closes, closes, " rows between 1 preceding and current row")
    return spliced(tokens, closes, closes, " desc" if "order by" in inside else " order by 1")


@kind("comment")
def comment(tokens: Tokens, dice: random.Random) -> str | None:
    at = _pick(tokens, dice, lambda token: token.kind == "space" and "\n" in token.text)
    text = dice.choice(["-- a remark, it's one\n", "/* a remark; select 1 */\n", "{# a remark #}\n"])
    return spliced(tokens, at, at, f"\n{text}") if at is not None else text + write(tokens)


@kind("layout")
def layout(tokens: Tokens, dice: random.Random) -> str | None:
    """Other white space between all words, and capitals for keywords."""
    space = dice.choice([" ", "\n", "\n        "])
    text = []
    for at, token in enumerate(tokens):
        remark = at > 0 and tokens[at - 1].kind == "comment"
        if token.kind == "space":
            text.append("\n" if remark else space)
        else:
            text.append(token.text.upper() if token.low in _KEYWORDS else token.text)
    return "".join(text)


@kind("parentheses and quotes")
def quoting(tokens: Tokens, dice: random.Random) -> str | None:
    def change(expression: str, name: str) -> str:
        return f'({expression}) as "{name}"' if '"' not in name else f"({expression}) as {name}"

    return _item(tokens, dice, change)


@kind("reformatting")
def reformatting(tokens: Tokens, dice: random.Random) -> str | None:
    """The whole file as sqlglot writes it, Jinja expressions put back in their places."""
    if any(token.text.startswith(("{%", "{#")) for token in tokens):
        return None
    kept: dict[str, str] = {}
    text, head = "", ""
    for token in tokens:
        if token.kind != "jinja":
            text += token.text
        elif "config(" in token.text:
            head += token.text + "\n"
        else:
            stand_in = f"jinja_{len(kept)}_"
            kept[stand_in] = token.text
            text += stand_in
    try:
        written = sqlglot.transpile(text, read="duckdb", write="duckdb", pretty=True)
    except SqlglotError:
        return None
    if len(written) != 1 or any(written[0].count(stand_in) != 1 for stand_in in kept):
        return None
    for stand_in, jinja in kept.items():
        written[0] = written[0].replace(stand_in, jinja)
    return head + written[0] + "\n"
