"""What a piece of Jinja reads, found without running it, by Jinja's own lexer. Where that fails, everything is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError
from jinja2.lexer import Token

_LEXER = Environment(autoescape=False).lexer  # noqa: S701 - nothing is rendered
_WORD = re.compile(r"\w+")
_VARIABLES = frozenset({"var", "has_var"})
_ENVIRONMENT = "env_var"
_NAMED = _VARIABLES | {_ENVIRONMENT}
_TELLING = _NAMED | {"adapter", "model", "config", "this", "dispatch"}
_BEGINS = {"variable_end": "variable_begin", "block_end": "block_begin"}
_DELIMITERS = frozenset({*_BEGINS, *_BEGINS.values()})
_ENDS = (["rparen"], ["comma"])
_HARMLESS = frozenset({"dispatch", "quote", "quote_as_configured", "type"})
"""Attributes of `adapter` that ask no warehouse."""

VOLATILE, INTROSPECTIVE, TARGET, GRAPH, OWN_CONFIG, ANY_VAR, ANY_ENV, ANY_MACRO, UNREADABLE = (
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    128,
    256,
)
"""What a text depends on besides its words; as bits, since thousands of texts are asked at once.

VOLATILE: the moment of compiling. INTROSPECTIVE: the warehouse. TARGET: where it is built. GRAPH: all other nodes.
OWN_CONFIG: its node's own configuration, inert keys too. ANY_…: names that are computed, so any could be meant.
UNREADABLE: it is no Jinja that can be taken apart, so that all of these may hold, and none may excuse a difference.
"""


_MEANING: dict[str, int] = {
    **dict.fromkeys(("run_started_at", "invocation_id", "utcnow", "now", "today", "thread_id", "random"), VOLATILE),
    **dict.fromkeys(
        ("run_query", "statement", "load_result", "load_relation", "execute", "store_result"), INTROSPECTIVE
    ),
    "is_incremental": INTROSPECTIVE,
    **dict.fromkeys(("target", "flags", "dbt_metadata_envs", "invocation_args_dict"), TARGET),
    **dict.fromkeys(("database_schemas", "schemas"), TARGET),
    **dict.fromkeys(("graph", "selected_resources"), GRAPH),
    "builtins": TARGET | ANY_VAR | ANY_ENV,
    "context": ANY_MACRO | OWN_CONFIG,
}
"""What a word tells wherever it stands."""


@dataclass(frozen=True)
class Reads:
    """The names that a text mentions in Jinja, the variables among them, and its flags."""

    words: frozenset[str]
    variables: frozenset[str]
    environment: frozenset[str]
    flags: int


NOTHING = Reads(frozenset(), frozenset(), frozenset(), 0)
EVERYTHING = Reads(frozenset(), frozenset(), frozenset(), 511)


@lru_cache(maxsize=100_000)
def reads(text: str) -> Reads:
    """What `text` reads. Words in quotes count: `dispatch('concat')` names a macro."""
    if "{{" not in text and "{%" not in text:
        return NOTHING
    code = _code(text)
    return EVERYTHING if code is None else _of(code)


def _code(text: str) -> list[Token] | None:
    """The tokens between delimiters; None where they are no Jinja."""
    try:
        found = [token for token in _LEXER.tokenize(text) if token.type != "data"]
    except TemplateSyntaxError:
        return None
    ends = [token.type for token in found if token.type in _DELIMITERS]
    return found if ends[::2] == [_BEGINS.get(end, end) for end in ends[1::2]] else None


def _together(*found: Reads) -> Reads:
    flags = 0
    for each in found:
        flags |= each.flags
    return Reads(
        frozenset().union(*(each.words for each in found)),
        frozenset().union(*(each.variables for each in found)),
        frozenset().union(*(each.environment for each in found)),
        flags,
    )


def _of(code: Sequence[Token]) -> Reads:
    # Strings may hold Jinja of their own: a hook, or what is rendered later.
    inner = [reads(each.value) for each in code if each.type == "string" and _is_template(each.value)]
    found = _plain(code)
    return _together(found, *inner) if inner else found


def _is_template(text: str) -> bool:
    return "{" in text and bool(_code(text))


def _plain(code: Sequence[Token]) -> Reads:
    words: set[str] = set()
    variables: set[str] = set()
    environment: set[str] = set()
    flags = 0
    for at, token in enumerate(code):
        if token.type == "string":
            spoken = _WORD.findall(token.value)
            words.update(spoken)
            if not _TELLING.isdisjoint(spoken) and not _is_template(token.value):
                for word in spoken:
                    flags |= _computed(word) | _flags(word, [])
        elif token.type == "name":
            words.add(token.value)
            if token.value in _TELLING:
                following = [(each.type, each.value) for each in code[at + 1 : at + 6]]
                if token.value in _NAMED and _called_with_a_string(following):
                    (environment if token.value == _ENVIRONMENT else variables).add(following[1][1])
                else:
                    flags |= _computed(token.value) | _flags(token.value, following)
    for word in words & _MEANING.keys():
        flags |= _MEANING[word]
    return Reads(frozenset(words), frozenset(variables), frozenset(environment), flags)


def _called_with_a_string(following: Sequence[tuple[str, str]]) -> bool:
    """Whether `(`, a string in plain quotes, and the end of the argument follow."""
    kinds = [kind for kind, _ in following[:3]]
    return kinds in (["lparen", "string", "rparen"], ["lparen", "string", "comma"])


def _computed(word: str) -> int:
    """Which names could be meant where one of these is not called with a name in plain quotes."""
    if word in _VARIABLES:
        return ANY_VAR
    return ANY_ENV if word == _ENVIRONMENT else 0


def _flags(word: str, following: Sequence[tuple[str, str]]) -> int:
    """What a word means by what follows it."""
    kinds = [kind for kind, _ in following]
    if word == "adapter":
        return 0 if kinds[:1] == ["dot"] and following[1][1] in _HARMLESS else INTROSPECTIVE
    if word == "model":
        return 0 if kinds[:1] == ["assign"] else OWN_CONFIG
    if word == "config":
        # Called, it says something; handed on to a macro, it may be asked there.
        return OWN_CONFIG if kinds and kinds[0] != "lparen" else 0
    if word == "this":
        return TARGET if kinds[:1] in (["dot"], ["lbracket"], ["pipe"]) else 0
    if word == "dispatch" and kinds[:1] == ["lparen"]:
        named = [*following[:1], *following[3:]] if following[1:2] == [("name", "macro_name")] else following
        return 0 if _called_with_a_string(named) else ANY_MACRO
    return 0


def layout(text: str) -> str | None:
    """SQL with Jinja, without comments and layout; None where that cannot be told apart safely.

    Two texts of one layout compile to the same SQL, whatever their Jinja does.
    """
    if _FIRST <= max(text, default="") <= _LAST:
        return None
    try:
        template = _Template.read(text)
    except TemplateSyntaxError:
        return None
    pieces = _pieces(template) if not template.captures else None
    if pieces is None:
        return None
    out: list[str] = []
    for place, (kind, piece) in enumerate(pieces):
        if kind == "space":
            # A gap stays a gap; how wide it is does not matter, and none is needed after a comma. Beside Jinja, which
            # may end in a comment, a line's end stays one.
            beside = any(each in template.code for _, each in pieces[max(place - 1, 0) : place + 2])
            gap = "\n" if beside and "\n" in piece else " "
            if out and out[-1] not in (" ", "\n", ",", "("):
                out.append(gap)
        else:
            if piece in (",", ")") and out and out[-1] in (" ", "\n"):
                out.pop()
            out.append(piece)
    return "".join(template.code.get(each, each) for each in "".join(out).strip())


_FIRST, _LAST = "\ue000", "\uf8ff"
"""Characters that Unicode leaves to private use: each stands for a piece of Jinja."""

_CAPTURES = frozenset({"call", "filter", "macro", "endset"})


@dataclass(frozen=True)
class _Template:
    """`sql`: a template with one character for each piece of Jinja, which `code` has by that character.

    `captures`: it gathers text, or has text that is no template; that may end up in a literal.
    """

    sql: str
    code: Mapping[str, str]
    captures: bool

    @classmethod
    def read(cls, text: str) -> _Template:
        sql: list[str] = []
        code: dict[str, str] = {}
        piece: list[str] = []
        captures = False
        for _, kind, value in _LEXER.tokeniter(text, None):
            if kind == "data":
                sql.append(value)
            elif kind.startswith("comment"):
                continue
            elif kind.startswith("raw"):
                captures = True
            elif kind in ("variable_end", "block_end"):
                mark = chr(ord(_FIRST) + len(code))
                code[mark] = "".join([*piece, value.rstrip()])
                sql.append(mark)
                piece = []
            else:
                piece.append(value)
                captures |= kind == "name" and value in _CAPTURES
        return cls("".join(sql), code, captures or len(code) > ord(_LAST) - ord(_FIRST))


_PIECE = re.compile(
    r"""(?P<string>'(?:[^'\\]|'')*'|"(?:[^"\\]|"")*"|`[^`]*`)|(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)|(?P<other>.)""",
    re.DOTALL,
)
"""What SQL is made of, as far as its layout goes."""


def _pieces(template: _Template) -> list[tuple[str, str]] | None:
    found: list[tuple[str, str]] = []
    for match in _PIECE.finditer(template.sql):
        kind, piece = str(match.lastgroup), match.group()
        within = [template.code[each] for each in piece if each in template.code] if kind != "other" else []
        # Jinja in a comment still runs, hints to the optimiser are comments too, and a stray quote shifts what follows.
        if kind == "space" and (within or piece.startswith("/*+")):
            return None
        if kind == "other" and piece in "'\"`\\$#":
            return None
        if kind == "string" and ("\n" in piece or any(each.startswith("{%") for each in within)):
            return None
        found.append((kind, piece))
    kinds = [kind for kind, _ in found]
    # Two literals with a line break between them are one literal to some engines.
    if any(kinds[place : place + 3] == ["string", "space", "string"] for place in range(len(kinds))):
        return None
    return found
