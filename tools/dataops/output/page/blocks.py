"""The parts of a page as plain values: spans make lines, lines make blocks, blocks make sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

MOST = 1_000
"""Longest table of any page. Whatever is longer is counted, and is whole in the JSON."""


@dataclass(frozen=True)
class Span:
    """A piece of text. `style`: plain, strong, code (names and values), or aside (what stands in for a value)."""

    text: str
    style: str = "plain"


Line: TypeAlias = tuple[Span, ...]


@dataclass(frozen=True)
class Paragraph:
    """One line of text. `quiet`: of least interest, such as timings."""

    line: Line
    quiet: bool = False


@dataclass(frozen=True)
class Items:
    """A list. `more`: how many are left out of it."""

    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True)
class Table:
    """A table; its first column names its rows. `right`: columns of numbers. `more`: rows that are left out of it.

    `captioned`: its caption is needed for the eye; a heading near by says the same of any other.
    """

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: tuple[int, ...] = ()
    more: int = 0
    captioned: bool = False


@dataclass(frozen=True)
class Verbatim:
    """Text of several lines as it stands."""

    text: str


@dataclass(frozen=True)
class Folded:
    """Blocks under a title that a reader can fold. `detail`: one of many alike; some of them may go.

    `open`: they show at once; otherwise, when the reader asks for them.
    """

    title: Line
    blocks: tuple[Block, ...]
    detail: bool = False
    open: bool = False


Block: TypeAlias = Paragraph | Items | Table | Verbatim | Folded


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; no heading for what belongs to the section above.

    `weight`: what is kept longest when room is short. `name` is what it is called when it had to go.
    """

    name: str
    title: Line
    blocks: tuple[Block, ...]
    weight: int


@dataclass(frozen=True)
class Page:
    """A whole page. `more_in` holds the long version of what was shortened, `all_in` everything."""

    title: str
    good: bool | None
    summary: tuple[Line, ...]
    sections: tuple[Section, ...]
    more_in: str
    all_in: str


def line(*parts: str | Span | Line) -> Line:
    """Text, spans and other lines as one line."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, str):
            spans.append(Span(part))
        elif isinstance(part, Span):
            spans.append(part)
        else:
            spans += part
    return tuple(spans)


def joined(lines: Sequence[Line], between: str = ", ") -> Line:
    """Lines one after the other."""
    spans: list[Span] = []
    for index, each in enumerate(lines):
        spans += ([Span(between)] if index else []) + list(each)
    return tuple(spans)


def table(
    caption: str,
    heads: tuple[str, ...],
    rows: Sequence[tuple[Line, ...]],
    right: tuple[int, ...] = (),
    captioned: bool = False,
    total: int = 0,
) -> Table:
    """A table of at most `MOST` rows; the others are counted. `total`: how many, if `rows` are only the first."""
    shown = tuple(rows[:MOST])
    return Table(caption, heads, shown, right, max(total, len(rows)) - len(shown), captioned)


def items(lines: Sequence[Line]) -> Items:
    """A list of at most `MOST` lines; the others are counted."""
    return Items(tuple(lines[:MOST]), max(0, len(lines) - MOST))
