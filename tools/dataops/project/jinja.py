"""What a piece of Jinja reads, found without running it. Where the text leaves a doubt, the answer errs on more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_CODE = re.compile(r"""\{\{.*?\}\}|\{%.*?%\}""", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")
_NAMED = re.compile(r"""\b(?P<what>var|has_var|env_var)\s*\(\s*(?P<quote>['"])(?P<name>[^'"]*)(?P=quote)\s*[,)]""")
_ANY = re.compile(r"\b(?:var|has_var|env_var)\b")
_ADAPTER = re.compile(r"\badapter\b(?!\s*\.\s*(?:dispatch|quote|quote_as_configured|type)\b)")
_OWN_CONFIG = re.compile(r"\bmodel\b(?!\s*=)|\bconfig\s*\.")
_PLACE = re.compile(r"\bthis\s*[.\[|]")
_LITERAL_DISPATCH = re.compile(r"""\bdispatch\s*\(\s*(?:macro_name\s*=\s*)?['"]""")
_DISPATCH = re.compile(r"\bdispatch\s*\(")

_VOLATILE = frozenset({"run_started_at", "invocation_id", "utcnow", "now", "today", "thread_id", "random"})
_WAREHOUSE = frozenset(
    {"run_query", "statement", "load_result", "load_relation", "execute", "store_result", "is_incremental"}
)
_PLACE_WORDS = frozenset(
    {"target", "flags", "dbt_metadata_envs", "invocation_args_dict", "database_schemas", "schemas"}
)
_GRAPH = frozenset({"graph", "selected_resources"})

VOLATILE, INTROSPECTIVE, TARGET, GRAPH, OWN_CONFIG, ANY_VAR, ANY_ENV, ANY_MACRO = (
    1,
    2,
    4,
    8,
    16,
    32,
    64,
    128,
)
"""What a text depends on besides its words; as bits, since thousands of texts are asked at once.

VOLATILE: the moment of compiling. INTROSPECTIVE: the warehouse. TARGET: where it is built. GRAPH: all other nodes.
OWN_CONFIG: its node's own configuration, inert keys too. ANY_…: names that are computed, so any could be meant.
"""


@dataclass(frozen=True)
class Reads:
    """The names that a text mentions in Jinja, the variables among them, and its flags."""

    words: frozenset[str]
    variables: frozenset[str]
    environment: frozenset[str]
    flags: int


NOTHING = Reads(frozenset(), frozenset(), frozenset(), 0)


@lru_cache(maxsize=100_000)
def reads(text: str) -> Reads:
    """What `text` reads. Words in quotes count: `dispatch('concat')` names a macro."""
    pieces = _CODE.findall(text)
    if not pieces:
        return NOTHING
    # A quoted delimiter ends a piece early; the text after it then has to count as code.
    code = text if any(piece.count("'") % 2 or piece.count('"') % 2 for piece in pieces) else "\n".join(pieces)
    words = frozenset(_WORD.findall(code))
    variables: set[str] = set()
    environment: set[str] = set()
    flags = _flags(code, words)
    if words & {"var", "has_var", "env_var"}:
        literal = 0
        for found in _NAMED.finditer(code):
            literal += 1
            (environment if found["what"] == "env_var" else variables).add(found["name"])
        if literal < len(_ANY.findall(code)):
            flags |= ANY_VAR if words & {"var", "has_var"} else 0
            flags |= ANY_ENV if "env_var" in words else 0
    return Reads(words, frozenset(variables), frozenset(environment), flags)


def _flags(code: str, words: frozenset[str]) -> int:
    dispatched = len(_DISPATCH.findall(code)) > len(_LITERAL_DISPATCH.findall(code))
    found = {
        VOLATILE: words & _VOLATILE,
        INTROSPECTIVE: words & _WAREHOUSE or ("adapter" in words and _ADAPTER.search(code)),
        TARGET: words & _PLACE_WORDS or ("this" in words and _PLACE.search(code)),
        GRAPH: words & _GRAPH,
        OWN_CONFIG: words & {"model", "config"} and _OWN_CONFIG.search(code),
        TARGET | ANY_VAR | ANY_ENV: "builtins" in words,
        ANY_MACRO: "context" in words or dispatched,
    }
    flags = 0
    for flag, holds in found.items():
        flags |= flag if holds else 0
    return flags


def layout(text: str) -> str | None:
    """SQL with Jinja, without comments and layout; None where that cannot be told apart safely.

    Two texts of one layout compile to the same SQL, whatever their Jinja does.
    """
    out: list[str] = []
    for kind, piece in _pieces(text):
        if kind == "doubt":
            return None
        if kind == "space":
            # A gap stays a gap; how wide it is does not matter, and none is needed after a comma.
            if out and out[-1] not in (" ", ",", "("):
                out.append(" ")
        else:
            if piece in (",", ")") and out and out[-1] == " ":
                out.pop()
            out.append(piece)
    return "".join(out).strip()


_PIECE = re.compile(
    r"""(?P<jinja>\{\{.*?\}\}|\{%.*?%\})|(?P<note>\{\#.*?\#\})|(?P<string>'(?:[^'\\]|'')*'|"(?:[^"\\]|"")*"|`[^`]*`)"""
    r"""|(?P<space>\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)|(?P<other>.)""",
    re.DOTALL,
)


_CAPTURES = re.compile(r"\b(?:endset|call|endcall|filter|endfilter|macro|endmacro|raw)\b")
_TRIMS = re.compile(r"\{[{%#]-|-[}%#]\}")


def _pieces(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    # A tag that trims pulls what follows it up into a comment; captured text may end up in a literal.
    if ("--" in text and _TRIMS.search(text)) or ("{%" in text and any(map(_CAPTURES.search, _CODE.findall(text)))):
        return [("doubt", "")]
    for match in _PIECE.finditer(text):
        kind, piece = str(match.lastgroup), match.group()
        # Jinja in a comment still runs, hints to the optimiser are comments too, and a stray quote or a trimming
        # delimiter shifts what follows.
        if kind == "space" and ("{" in piece or piece.startswith("/*+")):
            return [("doubt", "")]
        if kind == "other" and piece in "'\"`\\$#":
            return [("doubt", "")]
        if kind == "string" and ("{%" in piece or "{#" in piece or "\n" in piece):
            return [("doubt", "")]
        if kind == "jinja" and (piece.count("'") % 2 or piece.count('"') % 2):
            return [("doubt", "")]
        if kind == "note" and (piece.startswith("{#-") or piece.endswith("-#}")):
            return [("doubt", "")]
        if kind != "note":
            found.append((kind, piece))
    kinds = [kind for kind, _ in found]
    # Two literals with a line break between them are one literal to some engines.
    if any(kinds[place : place + 3] == ["string", "space", "string"] for place in range(len(kinds))):
        return [("doubt", "")]
    return found
