"""A closer look at what differs: sample rows, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dataops.diff import samples, segments
from dataops.diff.counted import LOOKED_AT, Counted
from dataops.diff.facts import SampleRow, Segment
from dataops.diff.prepared import Prepared
from dataops.diff.request import Options
from dataops.diff.segments import Dimension
from dataops.warehouse import Warehouse

WIDEST = 60
"""Columns of a sample; a wider row is not read by anybody."""

_CELLS = 200_000
"""Values fetched to look for segments in, at most."""


def look(
    warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options
) -> tuple[list[SampleRow], list[Segment]]:
    """Samples and segments of a pair that was counted."""
    if counted.changed is None:
        return _whole(warehouse, prepared, counted, options), []
    return _Look(warehouse, prepared, counted, options).rows()


class _Look:
    def __init__(self, warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options) -> None:
        self.warehouse, self.counted, self.options = warehouse, counted, options
        self.key, self.sides, self.near = prepared.key.columns, prepared.sides, counted.near
        self.dimensions = segments.asked(prepared.sides, options.hidden)
        self.found: list[SampleRow] = []
        self.explained: list[Segment] = []

    def rows(self) -> tuple[list[SampleRow], list[Segment]]:
        rows = self.counted.rows
        if rows.modified:
            self._modified(rows.modified)
        for added, times in ((False, rows.removed), (True, rows.added)):
            if times:
                self._alone(added, times)
        return self.found, self.explained

    def _modified(self, times: int) -> None:
        changed = self.counted.changed or ()
        shown = [number for number, each in enumerate(changed) if each][:WIDEST]
        many = self._many(3 * len(shown))
        hashes = self.counted.collected(0) or [
            int(each[0]) for each in self.warehouse.rows(samples.hashes(self.near, many))
        ]
        some = samples.among(self.near, hashes[:many])
        answer = self.warehouse.rows(samples.modified(some, shown, self.dimensions, many))
        few = answer[: self.options.samples]
        self.found += samples.read_modified(self.sides, self.key, shown, few, self.options.hidden)
        self._explain(self.sides.before, answer, times, "modified")

    def _alone(self, added: bool, times: int) -> None:
        brief = replace(self.near, values=self.near.values[:WIDEST])
        many = self._many(len(brief.values))
        hashes = self.counted.collected(2 if added else 1)
        some = samples.among(brief, hashes[:many]) if hashes else brief
        answer = self.warehouse.rows(samples.alone(some, self.dimensions, added, many))
        self.found += samples.read_alone(brief, self.key, answer[: self.options.samples], added, self.options.hidden)
        own, kind = (self.sides.after, "added") if added else (self.sides.before, "removed")
        self._explain(own, answer, times, kind)

    def _explain(self, side: str, answer: Sequence[Sequence[str | None]], rows: int, kind: str) -> None:
        """What the rows of an answer have in common; their dimensions come last in it."""
        dimensions: list[Dimension] = self.dimensions
        candidates = segments.leading([row[len(row) - len(dimensions) :] for row in answer], dimensions)
        if candidates:
            counts = [int(each) for each in self.warehouse.rows(segments.usual(self.sides, side, candidates))[0]]
            self.explained += segments.explaining(candidates, counts, rows, kind)

    def _many(self, values: int) -> int:
        """How many rows of so many values, with their key and dimensions, are looked at."""
        width = max(1, self.sides.keys + values + len(self.dimensions))
        return max(self.options.samples, min(LOOKED_AT, _CELLS // width))


def _whole(warehouse: Warehouse, prepared: Prepared, counted: Counted, options: Options) -> list[SampleRow]:
    sides = prepared.sides
    shown = replace(sides, values=sides.values[:WIDEST])
    found: list[SampleRow] = []
    for added, times in ((False, counted.rows.removed), (True, counted.rows.added)):
        if times and sides.values:
            query = samples.whole(sides, counted.differing, added, options.samples)
            answer = [row[:WIDEST] for row in warehouse.rows(query)]
            found += samples.read_alone(shown, (), answer, added, options.hidden)
    return found
