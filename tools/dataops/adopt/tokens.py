"""The words of a SQL file as its author spelled them, with Jinja taken out: enough to tell style, far from a parse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KEYWORDS = frozenset(
    """
    select from where group by order having limit join left right inner outer full cross on using as with union all
    distinct case when then else end and or not in is like ilike between exists over partition qualify asc desc
    """.split()  # noqa: SIM905 - read as text
)
LITERALS = frozenset(("null", "true", "false"))
_EITHER = frozenset(
    """
    row rows range first last current preceding following unbounded nulls interval date time timestamp values set
    filter within ignore respect array struct table lateral view window recursive except replace exclude pivot unpivot
    for cast try_cast extract year month day hour minute second week quarter to at zone semi anti natural any some
    materialized current_date current_timestamp sample tablesample intersect escape rlike regexp flatten unnest
    """.split()  # noqa: SIM905 - read as text
)
"""Words that are keywords in some places and names in others: they tell nothing."""

JINJA = "\x00"
"""Stands for an expression of Jinja, whatever it gives."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TOKEN = re.compile(
    r"(?P<skipped>--[^\n]*|/\*.*?\*/)|(?P<quoted>'(?:[^'\\]|''|\\.)*'|\"[^\"\n]*\"|`[^`\n]*`|\$\$.*?\$\$)"
    r"|(?P<word>[A-Za-z_\x00][\w$\x00]*)|(?P<number>\d[\w.]*)|(?P<line>\n)|(?P<space>[^\S\n]+)|(?P<mark>::|.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, a quoted text, a number or a mark. `opens` and `closes`: it is the first, the last of its line."""

    kind: str
    text: str
    opens: bool
    closes: bool

    @property
    def word(self) -> str:
        """In lower case where it is a word that no Jinja has a part in; "" otherwise."""
        return self.text.lower() if self.kind == "word" and JINJA not in self.text else ""


def without_jinja(sql: str) -> str:
    """The text with as many lines as before: an expression is one mark, statements and comments are gone."""
    return _JINJA.sub(lambda found: (JINJA if found[0][1] == "{" else "") + "\n" * found[0].count("\n"), sql)


def tokens(sql: str) -> list[Token]:
    """The tokens of a text without Jinja. Comments are in none."""
    found: list[Token] = []
    for line in _lines(sql):
        last = len(line) - 1
        found += [Token(kind, text, at == 0, at == last) for at, (kind, text) in enumerate(line)]
    return found


def _lines(sql: str) -> Iterator[list[tuple[str, str]]]:
    line: list[tuple[str, str]] = []
    for each in _TOKEN.finditer(sql):
        kind = str(each.lastgroup)
        if kind == "line":
            yield line
            line = []
        elif kind not in ("skipped", "space"):
            line.append((kind, each[0]))
    yield line


@dataclass(frozen=True)
class Spelled:
    """Words of one file by what they are, each in the order in which they stand there."""

    keywords: tuple[str, ...]
    functions: tuple[str, ...]
    identifiers: tuple[str, ...]
    literals: tuple[str, ...]
    types: tuple[str, ...]


def spelled(found: list[Token]) -> Spelled:
    """Which of a file's words are keywords, functions, names, literals and types. What may be several is none."""
    kinds: dict[str, list[str]] = {name: [] for name in ("keywords", "functions", "identifiers", "literals", "types")}
    for before, here, after in _triples(found):
        if not here.word:
            continue
        call = after is not None and after.text == "("
        member = before is not None and before.text == "."
        if before is not None and before.text == "::":
            kinds["types"].append(here.text)
        elif member:
            kinds["identifiers"] += [] if call else [here.text]
        elif here.word in KEYWORDS and not (call and here.word in ("left", "right")):
            kinds["keywords"].append(here.text)
        elif here.word in LITERALS:
            kinds["literals"].append(here.text)
        elif here.word in _EITHER:
            continue
        elif call:
            kinds["functions"].append(here.text)
        elif not (before is not None and before.word in ("interval", "date", "timestamp")):
            kinds["identifiers"].append(here.text)
    return Spelled(**{name: tuple(words) for name, words in kinds.items()})


def _triples(found: list[Token]) -> Iterator[tuple[Token | None, Token, Token | None]]:
    for at, here in enumerate(found):
        yield (found[at - 1] if at else None), here, (found[at + 1] if at + 1 < len(found) else None)
