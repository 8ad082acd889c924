"""SQL with Jinja in it, as tokens whose text adds up to the file: an edit changes a few and leaves the rest alone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    r"""(?P<jinja>\{\{.*?\}\}|\{%.*?%\}|\{\#.*?\#\})
    |(?P<comment>--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<space>\s+)
    |(?P<mark><>|!=|<=|>=|\|\||::|.)""",
    re.VERBOSE | re.DOTALL,
)
_CLAUSES = ("from", "where", "group", "having", "qualify", "window", "order", "limit")
_SET_WORDS = ("union", "except", "intersect")


@dataclass(frozen=True)
class Token:
    """A piece of the file. `kind`: jinja, comment, string, quoted, number, word, space or mark."""

    kind: str
    text: str

    @property
    def low(self) -> str:
        """The text of a word in small letters; anything else as it is."""
        return self.text.lower() if self.kind == "word" else self.text

    @property
    def silent(self) -> bool:
        """Whether the token says nothing to the database."""
        return self.kind in ("space", "comment")


Tokens = tuple[Token, ...]


def read(text: str) -> Tokens:
    """The tokens of a file."""
    return tuple(Token(str(found.lastgroup), found.group()) for found in _TOKEN.finditer(text))


def write(tokens: Sequence[Token]) -> str:
    """The file again."""
    return "".join(token.text for token in tokens)


def with_text(tokens: Tokens, at: int, text: str) -> str:
    """The file with another text for one token."""
    return write([*tokens[:at], replace(tokens[at], text=text), *tokens[at + 1 :]])


def spliced(tokens: Tokens, start: int, end: int, text: str) -> str:
    """The file with `text` in the place of some tokens."""
    return write(tokens[:start]) + text + write(tokens[end:])


def following(tokens: Tokens, at: int, step: int = 1) -> int | None:
    """The next token (or, with -1, the one before) that is neither space nor comment."""
    at += step
    while 0 <= at < len(tokens):
        if not tokens[at].silent:
            return at
        at += step
    return None


def closing(tokens: Tokens, at: int) -> int | None:
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place].text == "(") - (tokens[place].text == ")")
        if depth == 0:
            return place
    return None


@dataclass(frozen=True)
class Select:
    """One `select` and where its parts are. `items`: first and last+1 token of each; `clauses`: where each begins."""

    start: int
    end: int
    items: tuple[tuple[int, int], ...]
    clauses: dict[str, int]

    def clause_end(self, name: str) -> int:
        """Where a clause ends: at the next one, or with the select."""
        return min((at for at in self.clauses.values() if at > self.clauses[name]), default=self.end)


def selects(tokens: Tokens) -> list[Select]:
    """Every select of the file that is read with certainty: one with a `from` and no Jinja block among its items."""
    found = (_select(tokens, at) for at, token in enumerate(tokens) if token.low == "select")
    return [each for each in found if each is not None]


def _select(tokens: Tokens, start: int) -> Select | None:
    clauses: dict[str, int] = {}
    commas: list[int] = []
    end = len(tokens)
    for at, token in _level(tokens, start):
        if token.text == ")" or token.text == ";" or token.low in _SET_WORDS:
            end = at
            break
        if token.low in _CLAUSES:
            clauses.setdefault(token.low, at)
        elif token.text == "," and "from" not in clauses:
            commas.append(at)
    if "from" not in clauses:
        return None
    first = following(tokens, start)
    word = first if first is not None and tokens[first].low in ("distinct", "all") else start
    borders = [word, *commas, clauses["from"]]
    items = tuple(_trimmed(tokens, left + 1, right) for left, right in itertools.pairwise(borders))
    blocks = any(token.text.startswith("{%") for token in tokens[start : clauses["from"]])
    if blocks or any(left >= right for left, right in items):
        return None
    while end > start and tokens[end - 1].silent:
        end -= 1
    return Select(start, end, items, clauses)


def _level(tokens: Tokens, start: int) -> Iterator[tuple[int, Token]]:
    """What follows at the same depth of brackets; a closing bracket of the depth above comes last."""
    depth = 0
    for at in range(start + 1, len(tokens)):
        token = tokens[at]
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
            if depth < 0:
                yield at, token
                return
        elif depth == 0:
            yield at, token


def _trimmed(tokens: Tokens, left: int, right: int) -> tuple[int, int]:
    while left < right and tokens[left].silent:
        left += 1
    while right > left and tokens[right - 1].silent:
        right -= 1
    return left, right


@dataclass(frozen=True)
class Cte:
    """One `name as ( … )` of a `with`: its name, the opening and the closing bracket."""

    name: int
    opens: int
    closes: int


def ctes(tokens: Tokens) -> list[Cte]:
    """The common table expressions of the first `with`, in order."""
    found: list[Cte] = []
    at = next((place for place, token in enumerate(tokens) if token.low == "with"), None)
    while at is not None:
        name = following(tokens, at)
        word = following(tokens, name) if name is not None else None
        opens = following(tokens, word) if word is not None else None
        if name is None or word is None or opens is None or tokens[name].kind != "word":
            break
        closes = closing(tokens, opens)
        if tokens[word].low != "as" or tokens[opens].text != "(" or closes is None:
            break
        found.append(Cte(name, opens, closes))
        comma = following(tokens, closes)
        at = comma if comma is not None and tokens[comma].text == "," else None
    return found
