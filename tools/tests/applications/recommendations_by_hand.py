"""Sessions, bots and pairs worked out a second time from the raw rows: plain Python that walks from event to event."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise, permutations
from pathlib import Path

GAP_MS = 30 * 60 * 1000
HOUR_MS = 60 * 60 * 1000
Event = tuple[int, str, str, str, str]  # moment, visitor, type, item, order


def events(rows: Iterable[tuple[str, ...]], as_of_ms: int) -> set[Event]:
    """Events without a defect, each once."""
    kept = set()
    for at, visitor, kind, item, order in rows:
        if kind in ("view", "addtocart", "transaction") and int(at) <= as_of_ms and (kind != "transaction" or order):
            kept.add((int(at), visitor, kind, item, order or ""))
    return kept


def read(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row) for row in csv.reader(file)][1:]


def sessions(kept: Iterable[Event]) -> dict[tuple[str, int], list[Event]]:
    """A visitor's events by the moment at which their session starts."""
    found: dict[tuple[str, int], list[Event]] = {}
    by_visitor: dict[str, list[Event]] = defaultdict(list)
    for event in kept:
        by_visitor[event[1]].append(event)
    for visitor, own in by_visitor.items():
        start = previous = None
        for event in sorted(own):
            if previous is None or event[0] - previous > GAP_MS:
                start = event[0]
                found[visitor, start] = []
            assert start is not None
            found[visitor, start].append(event)
            previous = event[0]
    return found


def bots(found: dict[tuple[str, int], list[Event]]) -> set[str]:
    """Visitors who break one of the rules, at the limits that the project ships with."""
    guilty, hours = set(), Counter[tuple[str, int]]()
    viewed: dict[str, set[str]] = defaultdict(set)
    buyers = set()
    for (visitor, _), own in found.items():
        views = sorted(event[0] for event in own if event[2] == "view")
        fast = sum(1 for one, other in pairwise(views) if other - one < 1000)
        if len(own) > 200 or (len(views) >= 10 and fast >= 0.5 * (len(views) - 1)):
            guilty.add(visitor)
        for at, _, kind, item, _ in own:
            hours[visitor, at // HOUR_MS] += 1
            viewed[visitor].add(item)
            if kind != "view":
                buyers.add(visitor)
    guilty |= {visitor for (visitor, _), count in hours.items() if count > 150}
    guilty |= {visitor for visitor, items in viewed.items() if len(items) > 200 and visitor not in buyers}
    return guilty


def pairs(
    found: dict[tuple[str, int], list[Event]], guilty: set[str]
) -> dict[tuple[str, str], tuple[int, float, float]]:
    """Sessions, confidence and lift of each ordered pair that two sessions hold."""
    together: Counter[tuple[str, str]] = Counter()
    alone: Counter[str] = Counter()
    total = 0
    for (visitor, _), own in found.items():
        items = {event[3] for event in own}
        if visitor in guilty or len(items) > 50:
            continue
        total += 1
        alone.update(items)
        together.update(permutations(items, 2))
    return {
        (one, other): (count, count / alone[one], count * total / (alone[one] * alone[other]))
        for (one, other), count in together.items()
        if count >= 2
    }
