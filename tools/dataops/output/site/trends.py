"""The trend of production, day by day, as three small drawings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dataops.observe.site.facts import Day
from dataops.output.site import drawing, specs
from dataops.output.site.wording import took
from dataops.output.words import plural

_GOOD, _BAD = "var(--focus)", "var(--bad)"


@dataclass(frozen=True)
class Trend:
    """A drawing, what it shows, and the same in words."""

    svg: str
    caption: str
    words: str


@lru_cache(maxsize=2)
def trends(days: tuple[Day, ...]) -> tuple[Trend, ...]:
    """Invocations, their time and tests; none without days."""
    if not days:
        return ()
    span = f"{days[0].day} to {days[-1].day}"
    failed, failing = sum(each.failed for each in days), sum(each.failing for each in days)
    longest = max(days, key=lambda each: each.seconds)
    return (
        Trend(
            _bars([(each, each.invocations - each.failed, each.failed) for each in days]),
            "Invocations a day, failed ones in red",
            f"Invocations, {span}: {plural(sum(each.invocations for each in days), 'invocation')}, {failed} failed",
        ),
        Trend(
            _line(days),
            "Run time a day, in minutes",
            f"Run time, {span}: longest {took(longest.seconds)} on {longest.day}, last {took(days[-1].seconds)}",
        ),
        Trend(
            _bars([(each, 0, each.failing) for each in days]),
            "Tests that failed, a day",
            f"Failed tests, {span}: {plural(failing, 'failure')}, {days[-1].failing} on the last day",
        ),
    )


def _bars(rows: list[tuple[Day, int, int]]) -> str:
    parts: list[dict[str, Any]] = [
        {"day": f"{day.day}", "figure": figure, "part": part}
        for day, good, bad in rows
        for part, figure in (("good", good), ("bad", bad))
    ]
    return drawing.svg(specs.trend(parts, {"good": _GOOD, "bad": _BAD}, stacked=True))


def _line(days: tuple[Day, ...]) -> str:
    parts = [{"day": f"{each.day}", "figure": round(each.seconds / 60, 3), "part": "time"} for each in days]
    return drawing.svg(specs.trend(parts, {"time": _GOOD}, stacked=False))
