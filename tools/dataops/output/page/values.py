"""Names, numbers and values of the data as text that a person can read, whatever is in them."""

from __future__ import annotations

import math
import unicodedata
from functools import lru_cache

from dataops.output.page.blocks import Line, Span, line
from dataops.output.page.personal import Hidden


def share(fraction: float) -> str:
    """`98.6 %`; with as many decimals as it takes not to round to all or to nothing."""
    if not math.isfinite(fraction):
        return "–"
    if fraction in (0, 1):
        return f"{fraction * 100:.0f} %"
    for digits in range(1, 7):
        text = f"{fraction * 100:.{digits}f}"
        if float(text) not in (0, 100):
            return f"{text} %"
    return "over 99.9999 %" if fraction > 0.5 else "under 0.0001 %"


def part(some: int, whole: int) -> str:
    """`312 (26 %)`; the number alone where there is no whole."""
    return f"{some:,} ({share(some / whole)})" if some and whole else f"{some:,}"


def number(value: float, digits: int = 6) -> str:
    """A number with `digits` significant figures, or more where its whole part has more."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not -6 <= size <= 15:
        text = f"{value:.{max(digits - 1, 0)}e}"
    else:
        text = f"{value:,.{max(digits - 1 - size, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−", 1) if value < 0 else text


def numbers(before: float, after: float) -> tuple[str, str]:
    """Both numbers, with as many figures as it takes to see that they differ."""
    for digits in (6, 9, 12, 17):
        words = number(before, digits), number(after, digits)
        if words[0] != words[1] or before == after:
            break
    return words


def drift(before: float | None, after: float | None) -> str:
    """`12.5 → 14 (+12.0 %)`, or the number alone when it stays."""
    if before is None and after is None:
        return ""
    if before is None or after is None:
        return " → ".join("–" if each is None else number(each) for each in (before, after))
    if before == after or (math.isnan(before) and math.isnan(after)):
        return number(before)
    old, new = numbers(before, after)
    if not (math.isfinite(before) and math.isfinite(after)) or before == 0:
        return f"{old} → {new}"
    relative = (after - before) / abs(before)
    if not 1e-6 <= abs(relative) < 10:
        return f"{old} → {new}"
    return f"{old} → {new} ({'+' if relative > 0 else '−'}{share(abs(relative))})"


def counts(before: int, after: int) -> str:
    """`1,204 → 1,198`, or the count alone when it stays."""
    return f"{before:,} → {after:,}" if before != after else f"{before:,}"


def rates(before: tuple[int, int] | None, after: tuple[int, int] | None) -> str:
    """Two shares, each as (some, whole): `0.5 % → 12 %`, or one of them when they are equal."""
    words = ["–" if each is None or not each[1] else share(each[0] / each[1]) for each in (before, after)]
    return words[0] if words[0] == words[1] else " → ".join(words)


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
        first = _common(old, new)
        start = max(0, first - _LONGEST // 3) if first > _LONGEST // 2 else 0
    return _excerpt(old, start), _excerpt(new, start)


def change(old: str | None, new: str | None) -> Line:
    """`old → new`."""
    before, after = pair(old, new)
    return line(before, " → ", after)


def _common(old: str, new: str) -> int:
    """How many characters both begin with; halving, as a value can have millions."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


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
