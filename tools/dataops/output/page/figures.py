"""Numbers in words. A share never reads 100 % or 0 % unless it is, and two numbers that differ never read alike."""

from __future__ import annotations

import math


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
