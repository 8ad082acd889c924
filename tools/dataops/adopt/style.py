"""The sqlfluff settings that fit the SQL that is there, each only where it finds no more than the default would.

A setting is what most of the project does, and is held against what sqlfluff does without it, on the same files. For
spelling that is not the same question: by default each file only has to agree with itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dataops.adopt.layout import Layout, laid_out
from dataops.adopt.tokens import JINJA, KEYWORDS, Spelled, Token, spelled, tokens, without_jinja

_CASES: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper, "capitalise": str.capitalize}

_CAPITALISATION = (
    # What it is of, sqlfluff's rule and its key, and how many of the cases the rule knows.
    ("keywords", "capitalisation.keywords", "capitalisation_policy", ("lower", "upper", "capitalise")),
    ("functions", "capitalisation.functions", "extended_capitalisation_policy", ("lower", "upper")),
    ("identifiers", "capitalisation.identifiers", "extended_capitalisation_policy", ("lower", "upper")),
    ("literals", "capitalisation.literals", "capitalisation_policy", ("lower", "upper", "capitalise")),
    ("types", "capitalisation.types", "extended_capitalisation_policy", ("lower", "upper")),
)

SHORTEST, LONGEST = 80, 160
"""Bounds of a line's length: sqlfluff's default, and where a reader has to scroll."""

_SHARE = 0.98


@dataclass(frozen=True)
class Style:
    """What was found: sections of a `.sqlfluff`, each with its keys, and of how many files."""

    files: int
    length: int
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def style(texts: Iterable[str]) -> Style:
    """The style of SQL files, given as they are written, Jinja included."""
    written = [text for text in texts if text.strip()]
    bare = [without_jinja(text) for text in written]
    read = [tokens(text) for text in bare]
    sections: dict[str, dict[str, str]] = {}
    for each in (_layout(laid_out(written, bare)), _commas(read), _aliases(read), _spelling(list(map(spelled, read)))):
        for section, key, value in each:
            sections.setdefault(section, {})[key] = value
    return Style(
        len(written), _length(written), tuple((name, tuple(keys.items())) for name, keys in sorted(sections.items()))
    )


Settings = list[tuple[str, str, str]]


def _length(texts: Sequence[str]) -> int:
    """The length that nearly all lines keep to, in tens."""
    lengths = sorted(len(line) for text in texts for line in text.splitlines() if line.strip())
    if not lengths:
        return SHORTEST
    reached = lengths[min(len(lengths) - 1, math.ceil(len(lengths) * _SHARE) - 1)]
    return max(SHORTEST, min(LONGEST, math.ceil(reached / 10) * 10))


def _spelling(files: Sequence[Spelled]) -> Settings:
    found: Settings = []
    for what, rule, key, policies in _CAPITALISATION:
        words = [getattr(file, what) for file in files]
        if not any(words):
            continue
        cost = {policy: sum(_CASES[policy](word) != word for file in words for word in file) for policy in policies}
        best = min(policies, key=lambda policy: cost[policy])
        if cost[best] <= sum(_inconsistent(file, policies) for file in words):
            found.append((f"rules:{rule}", key, best))
    return found


def _inconsistent(words: Sequence[str], policies: Sequence[str]) -> int:
    """How many words of a file sqlfluff finds by default: those unlike the ones before them."""
    possible, findings = list(policies), 0
    for word in words:
        fitting = [policy for policy in possible if _CASES[policy](word) == word]
        if fitting:
            possible = fitting
        else:
            findings += 1
    return findings


def _commas(files: Sequence[Sequence[Token]]) -> Settings:
    commas = [token for file in files for token in file if token.text == "," and token.opens != token.closes]
    leading = sum(token.opens for token in commas)
    if not commas:
        return []
    return [("layout:type:comma", "line_position", "leading" if 2 * leading > len(commas) else "trailing")]


def _aliases(files: Sequence[Sequence[Token]]) -> Settings:
    """Whether `as` is left out. Explicit is sqlfluff's default, and needs no setting."""
    found: Settings = []
    for what, counted in (("table", Counter(map(_of_table, _windows(files)))), ("column", _columns(files))):
        if counted["implicit"] > counted["explicit"]:
            found.append((f"rules:aliasing.{what}", "aliasing", "implicit"))
    return found


def _windows(files: Sequence[Sequence[Token]]) -> Iterable[list[Token]]:
    """What follows each `from` and `join`."""
    for file in files:
        for at, token in enumerate(file):
            if token.word in ("from", "join"):
                yield list(file[at + 1 : at + 9])


def _of_table(after: list[Token]) -> str:
    """How the relation that comes first is given another name, if it is."""
    at = 0
    while at + 1 < len(after) and _name(after[at]) and after[at + 1].text == ".":
        at += 2
    if at + 1 >= len(after) or not _name(after[at]):
        return ""
    if after[at + 1].word == "as":
        return "explicit"
    return "implicit" if _alias(after[at + 1]) and not after[at + 1].opens else ""


def _columns(files: Sequence[Sequence[Token]]) -> Counter[str]:
    """How columns are given names: `x as y` against `x y` before a comma."""
    counted: Counter[str] = Counter()
    for file in files:
        for value, between, name, end in zip(file, file[1:], file[2:], file[3:], strict=False):
            if between.word == "as" and _alias(name) and (end.text == "," or end.word == "from"):
                counted["explicit"] += 1
            elif end.text == "," and _valued(between) and _alias(name) and not name.opens and value.text != "::":
                counted["implicit"] += 1
    return counted


def _valued(token: Token) -> bool:
    return token.text == ")" or token.kind in ("number", "quoted") or token.word == "end" or _alias(token)


def _name(token: Token) -> bool:
    return token.kind in ("word", "quoted") and token.word not in KEYWORDS


def _alias(token: Token) -> bool:
    return token.kind == "word" and token.word not in KEYWORDS and JINJA not in token.text


def _layout(layout: Layout) -> Settings:
    found: Settings = []
    if layout.tabs:
        found.append(("indentation", "indent_unit", "tab"))
    elif layout.size:
        found.append(("indentation", "tab_space_size", str(layout.size)))
    found += [("indentation", key, str(value).lower()) for key, value in layout.choices]
    return found
