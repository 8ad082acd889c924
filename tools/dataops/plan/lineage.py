"""What a node or one of its columns is made from, and what is made from it, however far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from dataops.errors import SettingsError

VERSION = 1
"""Version of the trace's JSON."""

Point = TypeVar("Point", bound=Hashable)
Column = tuple[str, str]
"""A node's key and the name of a column, in lower case."""


@dataclass(frozen=True)
class Relation:
    """A node of the lineage. `reads`: keys of its parents; `columns`: each with the columns that it is made from.

    A column's origins are pairs of a node's key and a column; `unclear` says why they are not known.
    """

    key: str
    name: str
    kind: str
    path: str
    description: str
    reads: tuple[str, ...]
    columns: Mapping[str, tuple[tuple[str, str], ...]]
    unclear: str | None = None


@dataclass(frozen=True)
class Reached:
    """A node so many steps away, and those of its columns that are reached; none where whole nodes are followed."""

    unique_id: str
    name: str
    kind: str
    distance: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Trace:
    """The lineage of a node, or of one column of it, the nearest first.

    `columns`: all that the node has, as far as they are known. `unclear`: nodes above and below whose columns cannot be
    followed, with the reason: a column may come from there or go there without being listed.
    """

    unique_id: str
    name: str
    kind: str
    file: str
    column: str | None
    columns: tuple[str, ...]
    upstream: tuple[Reached, ...]
    downstream: tuple[Reached, ...]
    unclear: Mapping[str, str]


def trace(relations: Iterable[Relation], name: str, column: str | None = None) -> Trace:
    """Follow a node, or a column of it, both ways.

    `name`: as in `ref()`, a source as `source.table`, or a unique id.

    Raises:
        SettingsError: no node has that name, several have, or the node has no such column.
    """
    graph = _Graph({each.key: each for each in relations})
    node = graph.named(name)
    above, below = graph.nodes(node.key, graph.parents), graph.nodes(node.key, graph.readers)
    unclear: Mapping[str, str] = {}
    asked = None
    if column is not None:
        asked = _known(node, column)
        unclear = {
            each.unique_id: why
            for each in (*above, graph.reached(node.key, 0), *below)
            if (why := graph.relations[each.unique_id].unclear)
        }
        above, below = graph.columns((node.key, asked.lower()), above, below)
    return Trace(node.key, node.name, node.kind, node.path, asked, tuple(node.columns), above, below, unclear)


class _Graph:
    """The lineage as links in both directions."""

    def __init__(self, relations: Mapping[str, Relation]) -> None:
        self.relations = relations
        self.parents = {key: [up for up in each.reads if up in relations] for key, each in relations.items()}
        self.readers = _turned(self.parents)

    def named(self, name: str) -> Relation:
        found = [each for each in self.relations.values() if name in (each.key, each.name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise SettingsError(
                f"`{name}` could be {', '.join(each.key for each in found)}", "name it by its unique id"
            )
        raise SettingsError(
            f"production has no node `{name}`", "name it as in ref(), a source as `source.table`, or release it first"
        )

    def nodes(self, key: str, links: Mapping[str, Iterable[str]]) -> tuple[Reached, ...]:
        found = _distances(key, lambda each: links.get(each, ()))
        return _near(self.reached(each, steps) for each, steps in found.items())

    def columns(
        self, start: Column, above: tuple[Reached, ...], below: tuple[Reached, ...]
    ) -> tuple[tuple[Reached, ...], tuple[Reached, ...]]:
        """Of the nodes `above` and `below` those that have a part in the column, with the columns by which."""
        origins = {
            (key, name.lower()): [(up, column.lower()) for up, column in come]
            for key, each in self.relations.items()
            for name, come in each.columns.items()
        }
        makes = _turned(origins)
        up, down = (_distances(start, lambda each, links=links: links.get(each, ())) for links in (origins, makes))  # type: ignore[misc]
        touched = {start[0], *(key for key, _ in down)}
        return _near(self._by_columns(up)), _near(
            [
                *self._by_columns(down),
                *(each for each in below if each.kind == "exposure" and touched & set(self.parents[each.unique_id])),
            ]
        )

    def _by_columns(self, found: Mapping[Column, int]) -> Iterable[Reached]:
        steps: dict[str, int] = {}
        names: dict[str, list[str]] = {}
        for (key, name), distance in found.items():
            steps[key] = min(distance, steps.get(key, distance))
            names.setdefault(key, []).append(name)
        for key, distance in steps.items():
            written = {name.lower(): name for name in self.relations[key].columns}
            yield self.reached(key, distance, tuple(sorted(written.get(name, name) for name in names[key])))

    def reached(self, key: str, distance: int, columns: tuple[str, ...] = ()) -> Reached:
        node = self.relations[key]
        return Reached(key, node.name, node.kind, distance, columns)


def _known(node: Relation, column: str) -> str:
    """The column as the warehouse writes it."""
    for name in node.columns:
        if name.lower() == column.lower():
            return name
    names = ", ".join(node.columns) or "none that is known"
    raise SettingsError(f"{node.name} has no column `{column}`", f"its columns: {names}")


def _turned(links: Mapping[Point, Iterable[Point]]) -> dict[Point, list[Point]]:
    turned: dict[Point, list[Point]] = {}
    for each, ends in links.items():
        for end in ends:
            turned.setdefault(end, []).append(each)
    return turned


def _distances(start: Point, onwards: Callable[[Point], Iterable[Point]]) -> dict[Point, int]:
    """How many steps each point is away that can be reached from `start`, which is none of them."""
    found = {start: 0}
    pending = deque([start])
    while pending:
        each = pending.popleft()
        for end in onwards(each):
            if end not in found:
                found[end] = found[each] + 1
                pending.append(end)
    del found[start]
    return found


def _near(found: Iterable[Reached]) -> tuple[Reached, ...]:
    return tuple(sorted(found, key=lambda each: (each.distance, each.unique_id)))
