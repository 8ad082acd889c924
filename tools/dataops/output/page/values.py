"""Names and values of the data as text that a person can read, whatever is in them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import takewhile

from dataops.output.page.blocks import Line, Span, line
from dataops.output.page.personal import Hidden

NULL = Span("NULL", "aside")
EMPTY = Span("empty", "aside")
PERSONAL = Span("hidden", "aside")

_LONGEST = 80
_NAME = 120
_MESSAGE = 300
_MARKS = {"\n": "↵", "\r": "␍", "\t": "⇥"}
# Joiners that scripts and emoji are written with; every other mark without a shape of its own is spelt out.
_JOINERS = "\u200c\u200d"
_SHAPELESS = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


@lru_cache(maxsize=8_192)
def visible(text: str) -> str:
    """Text in which nothing is invisible: two values that differ look different."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_mark(char) for char in text)


def name(text: str) -> Span:
    """A name of something in the project or the warehouse."""
    return Span(_cut(visible(text[: 2 * _NAME]), _NAME) or "''", "code")


def message(text: str, most: int = _MESSAGE) -> str:
    """What a program said, on one line, cut where it gets long."""
    return _cut(visible(" ".join(text[: 8 * most].split())), most)


def prose(text: str) -> Line:
    """A sentence that a program wrote, with what stands between backticks as code."""
    parts = message(text).split("`")
    if len(parts) % 2 == 0:
        return line(message(text))
    return tuple(Span(part, "code" if index % 2 else "plain") for index, part in enumerate(parts) if part)


def value(text: str | None) -> Span:
    """One value; NULL, and text of length 0, are told from text that reads alike."""
    if text is None:
        return NULL
    return PERSONAL if isinstance(text, Hidden) else _excerpt(text, 0)


def pair(old: str | None, new: str | None) -> tuple[Span, Span]:
    """Two values that differ; of long ones, the part where they do."""
    if old is None or new is None or isinstance(old, Hidden) or isinstance(new, Hidden):
        return value(old), value(new)
    start = 0
    if max(len(old), len(new)) > _LONGEST:
        first = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(old, new, strict=False)))
        start = max(0, first - _LONGEST // 3) if first > _LONGEST // 2 else 0
    return _excerpt(old, start), _excerpt(new, start)


def change(old: str | None, new: str | None) -> Line:
    """`old → new`."""
    before, after = pair(old, new)
    return line(before, " → ", after)


def _excerpt(text: str, start: int) -> Span:
    if not text:
        return EMPTY
    part = text[start : start + _LONGEST]
    # Spaces at an end are what people miss.
    inner = part.strip(" ")
    lead = len(part) - len(part.lstrip(" ")) if inner else len(part)
    shown = "␣" * lead + visible(inner) + "␣" * (len(part) - lead - len(inner))
    left = len(text) - start - len(part)
    return Span(("…" if start else "") + shown + (f"… +{left:,} characters" if left else ""), "code")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + " …"


def _mark(char: str) -> str:
    if char in _MARKS:
        return _MARKS[char]
    if char == " " or char in _JOINERS:
        return char
    kind = unicodedata.category(char)
    return f"⟨U+{ord(char):04X}⟩" if kind in _SHAPELESS or kind == "Zs" else char
